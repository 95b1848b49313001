// SPDX-License-Identifier: Apache-2.0
#include "root_key_copy.h"

#include <algorithm>

#include "journal/file_copy.h"
#include "kms/root_key.h"
#include "offline.h"

namespace fors {

Result<std::optional<journal::Manifest::File>> copy_root_key(env::Disk& from, env::Disk& to) {
    auto names = run_here(from.list(""));
    if (!names) return std::unexpected(std::move(names.error()));
    const std::string name(kms::root_key_file);
    if (std::ranges::find(*names, name) == names->end()) return std::nullopt;
    journal::FullSpeed pace;
    auto copied = run_here(journal::copy_file(from, name, to, name, pace));
    if (!copied) return std::unexpected(std::move(copied.error()));
    auto synced = run_here(to.sync_directory(""));
    if (!synced) return std::unexpected(std::move(synced.error()));
    return journal::Manifest::File{name, copied->bytes, copied->crc32c};
}

}  // namespace fors
