// SPDX-License-Identifier: Apache-2.0
// The file comes to be whole or not at all: written beside, synced, renamed. Files of a disk are
// readable by their owner only (host/disk.cc).
#include "kms/root_key.h"

#include <algorithm>
#include <string>

#include "base/base64.h"
#include "base/concat.h"

namespace fors::kms {

namespace {

constexpr size_t file_bytes_max = 1024;

env::Task<Result<>> write_new(env::Disk& disk, std::string text) {
    const std::string path(root_key_file);
    const std::string beside = path + ".new";
    auto file = co_await disk.open(beside, env::OpenMode::create);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto done = co_await (*file)->truncate(0);
    if (done) done = co_await (*file)->write_synced(0, as_bytes(text));
    if (done) done = co_await disk.rename(beside, path);
    if (done) done = co_await disk.sync_directory("");
    co_return done;
}

}  // namespace

Result<core::AesKey> parse_root_key(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const size_t first = std::min(text.find_first_not_of(space), text.size());
    text = text.substr(first, text.find_last_not_of(space) + 1 - first);
    std::string bytes(base64::decoded_size_max(text.size()), '\0');
    const auto decoded = base64::decode(text, reinterpret_cast<std::byte*>(bytes.data()));
    core::AesKey key{};
    if (decoded.fault != base64::Fault::none || decoded.size != key.size())
        return fail(Code::invalid_argument, "a root key has 32 bytes, in base64");
    std::ranges::copy_n(as_bytes(bytes).begin(), key.size(), key.begin());
    return key;
}

env::Task<Result<core::AesKey>> load_root_key(env::Disk& disk, env::Random& random, bool may_make) {
    auto names = co_await disk.list("");
    if (!names) co_return std::unexpected(std::move(names.error()));
    if (std::ranges::find(*names, root_key_file) == names->end()) {
        if (!may_make)
            co_return fail(Code::not_found, concat(root_key_file,
                                                   " is missing: what was encrypted can't be read "
                                                   "without it. Put it back, or give it by "
                                                   "FORS_ROOT_KEY or --root-key-file."));
        core::AesKey key{};
        random.fill(key);
        std::string text;
        base64::encode(Bytes(key), text);
        auto written = co_await write_new(disk, text + "\n");
        if (!written) co_return std::unexpected(std::move(written.error()));
        co_return key;
    }
    co_return co_await read_root_key(disk);
}

env::Task<Result<core::AesKey>> read_root_key(env::Disk& disk) {
    auto file = co_await disk.open(std::string(root_key_file), env::OpenMode::read);
    if (!file) co_return std::unexpected(std::move(file.error()));
    std::string text(file_bytes_max, '\0');
    auto size = co_await (*file)->read(
        0, std::span(reinterpret_cast<std::byte*>(text.data()), text.size()));
    if (!size) co_return std::unexpected(std::move(size.error()));
    auto key = parse_root_key(std::string_view(text).substr(0, *size));
    if (!key)
        co_return fail(Code::invalid_argument,
                       concat(root_key_file, " can't be read: ", key.error().message));
    co_return key;
}

}  // namespace fors::kms
