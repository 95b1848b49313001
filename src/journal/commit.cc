// SPDX-License-Identifier: Apache-2.0
// Group commit: appends gather in the open batch while the one before is with the log thread.
#include <algorithm>
#include <bit>

#include "base/planted.h"
#include "journal/journal.h"

namespace fors::journal {

namespace {

constexpr size_t gather_bytes = 256 << 10;

}  // namespace

env::Task<Result<>> Journal::append(std::span<log::Append> entries) {
    size_t bytes = 0;
    for (const log::Append& entry : entries) {
        const size_t record = entry.key.size() + entry.data.size();
        if (record > log::record_bytes_max)
            co_return fail(Code::too_large, "the record is too large");
        bytes += record + sizeof(RecordHead);
    }
    const size_t waiting = open_.batch ? open_batch().size() : 0;
    if (waiting > 0 && waiting + bytes > options_.batch_bytes_max)
        co_return fail(Code::unavailable, "the disk is behind: try again");

    if (!open_.batch) open_.batch = BufferRef(std::make_unique<Batch>(last_batch_bytes_));
    const int64_t now_ms = parts_.clock.wall_ms();
    // All are looked up before the first is used: the waits for memory overlap.
    found_.clear();
    for (const log::Append& entry : entries) found_.push_back(&index_[entry.shard.value]);
    for (size_t at = 0; at < entries.size(); ++at) {
        log::Append& entry = entries[at];
        ShardIndex& shard = *found_[at];
        entry.sequence = {shard.assigned++};
        entry.arrival_ms = shard.last_arrival_ms = std::max(shard.last_arrival_ms, now_ms);
        open_batch().add(entry);
    }
    Waiter waiter;
    open_.waiters.push_back(&waiter);
    schedule_flush();
    co_return co_await waiter;
}

// At the end of the turn, so that all requests that were ready share the batch.
void Journal::schedule_flush() {
    if (committing_ || flush_scheduled_) return;
    flush_scheduled_ = true;
    parts_.home.at_turn_end([this] {
        flush_scheduled_ = false;
        flush();
    });
}

// Few small records: a commit costs more than they do. Those who are answered now and write again
// at once still come into the batch: as long as each turn brings some of them, and for no longer
// than the last commit took.
void Journal::gather(Invitation invitation) {
    if (flush_scheduled_) return;
    flush_scheduled_ = true;
    parts_.home.post([this, invitation, had = open_.waiters.size()] {
        parts_.home.at_turn_end([this, invitation, had] {
            flush_scheduled_ = false;
            const size_t have = open_.waiters.size();
            const bool more = have > had && have < invitation.enough &&
                              open_batch().size() < gather_bytes &&
                              parts_.clock.steady() < invitation.until;
            if (more)
                gather(invitation);
            else
                flush();
        });
    });
}

void Journal::flush() {
    if (committing_ || !open_.batch) return;
    // Batches stay in memory until a chunk holds them: beyond three quarters of the cache the disk
    // must catch up first.
    if (figures_.tail_bytes > tail_bytes_max()) {
        if (!chunk_trouble_.empty())
            fail_waiting({Code::io_failed, chunk_trouble_});  // tried again by and by
        else
            consider_chunk();
        return;
    }
    committing_ = true;
    open_batch().seal(next_batch_++);
    last_batch_bytes_ = open_batch().size();
    Group group = std::exchange(open_, {});
    if (planted(Bug::acknowledged_before_sync)) {
        publish(group.batch);
        for (Waiter* waiter : std::exchange(group.waiters, {})) waiter->set({});
    }
    env::spawn(commit(std::move(group)));
}

env::Task<void> Journal::commit(Group group) {
    co_await env::resume_on(parts_.log);
    const auto began = parts_.clock.steady();
    auto outcome = co_await writer_.write(static_cast<Batch&>(*group.batch.get()));
    const auto took = parts_.clock.steady() - began;
    co_await env::resume_on(parts_.home);
    committed(std::move(group), std::move(outcome), took);
}

void Journal::committed(Group group, Result<> outcome, env::Nanoseconds took) {
    committing_ = false;
    const auto& batch = static_cast<const Batch&>(*group.batch.get());
    if (outcome) {
        ++figures_.batches;
        figures_.records += batch.records();
        figures_.batch_bytes += batch.size();
        figures_.sync_ns_total += static_cast<uint64_t>(took.count());
        const auto us = static_cast<uint64_t>(took.count() / 1000);
        const auto slot = std::min<size_t>(std::bit_width(us), figures_.sync_us_log2.size() - 1);
        ++figures_.sync_us_log2[slot];
        write_trouble_.clear();
        if (!planted(Bug::acknowledged_before_sync)) publish(group.batch);
    } else {
        // The number is given again: the next segment's header makes what the disk may hold under
        // it void.
        --next_batch_;
        ++figures_.failures;
        if (outcome.error().code != Code::outcome_unknown) outcome.error().code = Code::io_failed;
        if (write_trouble_ != outcome.error().message)  // said once, not for each batch
            options_.report("the journal cannot write: " + outcome.error().message);
        write_trouble_ = outcome.error().message;
    }
    set_trouble();
    if (open_.batch && open_batch().size() < gather_bytes)
        gather({.enough = open_.waiters.size() + group.waiters.size(),
                .until = parts_.clock.steady() + took});
    else
        flush();  // the disk has work again before the waiters go on
    for (Waiter* waiter : group.waiters) waiter->set(outcome);
    consider_chunk();
    if (!committing_ && !open_.batch)
        for (auto* waiting : std::exchange(draining_, {})) waiting->set(true);
}

// Makes a durable batch readable.
void Journal::publish(const BufferRef& buffer) {
    const auto& batch = static_cast<const Batch&>(*buffer.get());
    if (tail_.empty()) tail_since_ = parts_.clock.steady();
    tail_.push_back(buffer);
    figures_.tail_bytes += batch.size();
    found_.clear();
    for (const RunEntry& run : batch.runs()) {
        const auto at = index_.find(run.shard);
        const bool gone = at == index_.end();  // trimmed away while it was under way
        found_.push_back(gone || run.shard == notes_shard ? nullptr : &at->second);
    }
    for (size_t at = 0; at < found_.size(); ++at) {
        if (!found_[at]) continue;
        const RunEntry& run = batch.runs()[at];
        ShardIndex& shard = *found_[at];
        shard.tail.push_back({run, buffer});
        shard.next = std::max(shard.next, run.first_sequence + run.count);
        if (!shard.watchers.empty()) wake(shard);
    }
}

void Journal::wake(ShardIndex& shard) {
    std::vector<Watcher> later;
    for (Watcher& watcher : std::exchange(shard.watchers, {})) {
        if (watcher.from < shard.next)
            parts_.home.post(std::move(watcher.callback));
        else
            later.push_back(std::move(watcher));
    }
    shard.watchers = std::move(later);
}

void Journal::notify(log::ShardId shard, log::Sequence from, env::Callback callback) {
    ShardIndex& state = index_[shard.value];
    if (from.value < state.next)
        parts_.home.post(std::move(callback));
    else if (!planted(Bug::lost_wake_up) || state.next % 8 != 0)
        state.watchers.push_back({from.value, std::move(callback)});
}

void Journal::set_trouble() {
    figures_.trouble = write_trouble_.empty() ? chunk_trouble_ : write_trouble_;
    if (!figures_.trouble.empty() && held_) (void)let_go();  // space may be what is missing
}

void Journal::fail_waiting(const Error& error) {
    Group group = std::exchange(open_, {});
    for (Waiter* waiter : group.waiters) waiter->set(std::unexpected(error));
}

env::Task<void> Journal::drain() {
    if (!committing_ && !open_.batch) co_return;
    env::Completion<bool> done;
    draining_.push_back(&done);
    (void)co_await done;
}

}  // namespace fors::journal
