// SPDX-License-Identifier: Apache-2.0
#include "given_root_key.h"

#include "files.h"
#include "kms/root_key.h"

namespace fors {

Result<std::optional<core::AesKey>> given_root_key(const ServeOptions& options) {
    std::string text = options.root_key;
    if (!options.root_key_file.empty()) {
        if (!text.empty())
            return fail(Code::invalid_argument,
                        "--root-key (FORS_ROOT_KEY) and --root-key-file exclude each other");
        auto read = read_file(options.root_key_file);
        if (!read) return std::unexpected(std::move(read.error()));
        text = std::move(*read);
    } else if (text.empty()) {
        return std::nullopt;
    }
    auto key = kms::parse_root_key(text);
    if (key) return *key;
    const std::string& file = options.root_key_file;
    return fail(key.error().code, (file.empty() ? "" : file + ": ") + key.error().message);
}

}  // namespace fors
