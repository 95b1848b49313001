// SPDX-License-Identifier: Apache-2.0
// Commands and snapshots are records of its shard, told apart by the record's flags.
#include "core/control_log.h"

#include "base/planted.h"

namespace fors::core {

namespace {

constexpr uint16_t kind_command = 0;
constexpr uint16_t kind_snapshot = 1;
constexpr log::ReadLimits read_limits{.records_max = 1000, .bytes_max = 8 << 20};

}  // namespace

env::Task<Result<>> ControlLog::open() {
    log::Sequence at = log_.bounds(shard_).first;
    while (at < log_.bounds(shard_).next) {
        auto batch = co_await log_.read(shard_, at, read_limits);
        if (!batch) co_return std::unexpected(std::move(batch.error()));
        for (const log::Record& record : batch->records) {
            if (record.flags == kind_snapshot) {
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

env::Task<Result<>> ControlLog::submit(std::string command) {
    const auto turn = co_await turnstile_.enter();
    if (planted(Bug::command_applied_before_durable)) {
        auto early = fold_.apply(command);
        if (early) env::spawn(append_later(std::move(command)));
        co_return early;
    }
    log::Append entry{.shard = shard_, .key = {}, .data = as_bytes(command), .flags = kind_command};
    auto appended = co_await log_.append(std::span(&entry, 1));
    if (!appended) co_return appended;
    auto outcome = fold_.apply(command);
    if (++since_snapshot_ >= snapshot_every_) co_await take_snapshot();
    co_return outcome;
}

// A snapshot that can't be written costs time at the next start, nothing else.
// Of a planted bug alone.
env::Task<void> ControlLog::append_later(std::string command) {
    log::Append entry{.shard = shard_, .key = {}, .data = as_bytes(command), .flags = kind_command};
    (void)co_await log_.append(std::span(&entry, 1));
}

env::Task<void> ControlLog::take_snapshot() {
    since_snapshot_ = 0;
    const std::string content = fold_.snapshot();
    log::Append entry{
        .shard = shard_, .key = {}, .data = as_bytes(content), .flags = kind_snapshot};
    auto written = co_await log_.append(std::span(&entry, 1));
    if (written) log_.trim(shard_, entry.sequence);
}

}  // namespace fors::core
