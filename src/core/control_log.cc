// SPDX-License-Identifier: Apache-2.0
// Commands and snapshots are records of its shard, told apart by the low byte of the record's
// flags; the high byte is the version that wrote it, less one.
#include "core/control_log.h"

#include <algorithm>

#include "base/concat.h"
#include "base/planted.h"

namespace fors::core {

namespace {

constexpr uint16_t kind_command = 0;
constexpr uint16_t kind_snapshot = 1;
constexpr uint16_t kind_mask = 0xFF;
constexpr int version_shift = 8;
constexpr uint32_t tried_again_after = 50;  // commands
constexpr log::ReadLimits read_limits{.records_max = 1000, .bytes_max = 8 << 20};

}  // namespace

env::Task<Result<>> ControlLog::open() {
    log::Sequence at = log_.bounds(shard_).first;
    while (at < log_.bounds(shard_).next) {
        auto batch = co_await log_.read(shard_, at, read_limits);
        if (!batch) co_return std::unexpected(std::move(batch.error()));
        for (const log::Record& record : batch->records) {
            auto readable = check_version(record);
            if (!readable) co_return readable;
            if ((record.flags & kind_mask) == kind_snapshot) {
                auto restored = fold_.restore(as_text(record.data));
                if (!restored) co_return restored;
                since_snapshot_ = 0;
            } else {
                // A refusal is part of history too: the same command was refused when it was new.
                (void)fold_.apply(as_text(record.data));
                ++since_snapshot_;
            }
        }
        at = batch->next;
    }
    co_return {};
}

// What can't be read is not passed over: a command that is not applied is a stream that is not
// known.
Result<> ControlLog::check_version(const log::Record& record) const {
    const int version = (record.flags >> version_shift) + 1;
    const int kind = record.flags & kind_mask;
    if (kind <= kind_snapshot && version <= fold_.version()) return {};
    const std::string what =
        kind == kind_command    ? concat("a command of format version ", std::to_string(version))
        : kind == kind_snapshot ? concat("a snapshot of format version ", std::to_string(version))
                                : concat("a record of kind ", std::to_string(kind));
    return fail(
        Code::not_implemented,
        concat("the control log of ", fold_.name(), " (log shard ", std::to_string(shard_.value),
               ") has ", what, " at ", std::to_string(record.sequence.value),
               ", and this fors knows version ", std::to_string(fold_.version()),
               ": it was written by another fors, which can read it"));
}

uint16_t ControlLog::flags_of(uint16_t kind) const {
    return static_cast<uint16_t>(kind | (fold_.version() - 1) << version_shift);
}

env::Task<Result<>> ControlLog::submit(std::string command) {
    const auto turn = co_await turnstile_.enter();
    if (planted(Bug::command_applied_before_durable)) {
        auto early = fold_.apply(command);
        if (early) env::spawn(append_later(std::move(command)));
        co_return early;
    }
    log::Append entry{
        .shard = shard_, .key = {}, .data = as_bytes(command), .flags = flags_of(kind_command)};
    auto appended = co_await log_.append(std::span(&entry, 1));
    if (!appended) co_return appended;
    auto outcome = fold_.apply(command);
    if (++since_snapshot_ >= snapshot_every_) co_await take_snapshot();
    co_return outcome;
}

// Of a planted bug alone.
env::Task<void> ControlLog::append_later(std::string command) {
    log::Append entry{
        .shard = shard_, .key = {}, .data = as_bytes(command), .flags = flags_of(kind_command)};
    (void)co_await log_.append(std::span(&entry, 1));
}

env::Task<void> ControlLog::take_snapshot() {
    since_snapshot_ = 0;
    const std::string content = fold_.snapshot();
    log::Append entry{
        .shard = shard_, .key = {}, .data = as_bytes(content), .flags = flags_of(kind_snapshot)};
    auto written = co_await log_.append(std::span(&entry, 1));
    if (written) {
        log_.trim(shard_, entry.sequence);
        co_return;
    }
    ++snapshot_failures_;
    // There may just have been no room beside others.
    since_snapshot_ = snapshot_every_ - std::min(snapshot_every_, tried_again_after);
}

}  // namespace fors::core
