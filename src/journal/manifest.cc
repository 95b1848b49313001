// SPDX-License-Identifier: Apache-2.0
#include "journal/manifest.h"

#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/concat.h"
#include "base/digest.h"

namespace fors::journal {

namespace {

constexpr std::string_view first_line = "fors-backup ";
constexpr std::string_view version = "1";
constexpr uint64_t bytes_max = 256 << 20;

std::string hex(uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof(text), "%08x", value);
    return text;
}

int64_t ms_of(std::string_view iso) {
    int year = 0, hour = 0, minute = 0, second = 0;
    unsigned month = 0, day = 0;
    const std::string text(iso);
    if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ", &year, &month, &day, &hour, &minute,
                    &second) != 6)
        return 0;
    const std::chrono::sys_days date{std::chrono::year(year) / std::chrono::month(month) /
                                     std::chrono::day(day)};
    const auto at = date + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                    std::chrono::seconds(second);
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// Takes the text up to `end` from the front of `rest`, and `end` with it.
std::string_view take(std::string_view& rest, char end) {
    const std::string_view taken = rest.substr(0, rest.find(end));
    rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
    return taken;
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc() && end == text.data() + text.size();
}

// Nothing but files of chunks, so that a manifest made by hand can't name others.
bool is_chunk(std::string_view path) {
    return path.starts_with("chunks/") && !path.contains("..") && path.find('/', 7) == path.npos &&
           path.ends_with(".chunk");
}

std::string line_of(std::string_view kind, const Manifest::File& file) {
    return concat(kind, " ", file.path, " ", std::to_string(file.bytes), " ", hex(file.crc32c),
                  "\n");
}

}  // namespace

std::string iso_time(int64_t ms) {
    const std::chrono::sys_seconds at{std::chrono::seconds(ms / 1000)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const auto rest = static_cast<int>((at - day).count());
    char text[64];
    std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), rest / 3600, rest / 60 % 60,
                  rest % 60);
    return text;
}

std::string Manifest::text() const {
    std::string text = concat(first_line, version, "\nmade ", iso_time(made_ms), "\n");
    for (const File& file : files) text += line_of("file", file);
    if (beside) text += line_of("beside", *beside);
    return text + "crc " + hex(crc32c(as_bytes(text))) + "\n";
}

Result<Manifest> Manifest::parse(std::string_view text) {
    const auto damaged = [] { return fail(Code::corrupt, "the backup's manifest is damaged"); };
    if (!text.starts_with(first_line)) return damaged();
    const std::string_view found =
        text.substr(first_line.size(), text.find('\n') - first_line.size());
    const size_t end = text.rfind("crc ");
    uint32_t crc = 0;
    if (end == text.npos || text.size() != end + 13 || !text.ends_with('\n') ||
        !read_number(text.substr(end + 4, 8), crc, 16) ||
        crc != crc32c(as_bytes(text.substr(0, end))))
        return damaged();
    if (found != version)
        return fail(
            Code::not_implemented,
            concat("the backup has format version ", found, ", and this fors knows version ",
                   version, ": it was made by another fors, which can read it"));
    Manifest manifest;
    std::string_view rest = text.substr(0, end);
    take(rest, '\n');
    while (!rest.empty()) {
        std::string_view line = take(rest, '\n');
        const std::string_view kind = take(line, ' ');
        if (kind == "made") manifest.made_ms = ms_of(line);
        if (kind != "file" && kind != "beside") continue;
        File file{.path = std::string(take(line, ' ')), .bytes = 0, .crc32c = 0};
        const bool fits = (kind == "beside" || is_chunk(file.path)) &&
                          read_number(take(line, ' '), file.bytes, 10) &&
                          read_number(line, file.crc32c, 16);
        if (!fits) return damaged();
        if (kind == "beside")
            manifest.beside = std::move(file);
        else
            manifest.files.push_back(std::move(file));
    }
    return manifest;
}

env::Task<Result<>> write_manifest(env::Disk& disk, Manifest manifest) {
    const std::string text = manifest.text();
    auto file = co_await disk.open(std::string(manifest_file), env::OpenMode::create_new);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto done = co_await (*file)->write_synced(0, as_bytes(text));
    if (done) done = co_await disk.sync_directory("");
    co_return done;
}

env::Task<Result<Manifest>> read_manifest(env::Disk& disk) {
    auto file = co_await disk.open(std::string(manifest_file), env::OpenMode::read);
    if (!file && file.error().code == Code::not_found)
        co_return fail(Code::not_found, "no backup of fors: it has no manifest");
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto size = co_await (*file)->size();
    if (!size) co_return std::unexpected(std::move(size.error()));
    if (*size > bytes_max) co_return fail(Code::corrupt, "the backup's manifest is damaged");
    std::string text(*size, '\0');
    auto got = co_await (*file)->read(0, std::as_writable_bytes(std::span(text)));
    if (!got) co_return std::unexpected(std::move(got.error()));
    co_return Manifest::parse(std::string_view(text).substr(0, *got));
}

}  // namespace fors::journal
