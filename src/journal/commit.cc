// SPDX-License-Identifier: Apache-2.0
// Group commit: appends gather in the open batch while those before are with the disk. Two at most
// are under way at once: the disk takes them side by side, and while half of the writers waits for
// it, the other half is answered and writes again.
#include <algorithm>
#include <bit>

#include "base/planted.h"
#include "journal/journal.h"

namespace fors::journal {

namespace {

constexpr size_t gather_bytes = 256 << 10;
constexpr size_t commits_max = 2;  // under way; the format allows no more (BatchHeader::unsynced)

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

    if (!open_.batch)
        open_.batch = BufferRef(std::make_unique<Batch>(memory_.open(last_batch_bytes_)));
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
    if (flush_scheduled_ || under_way_.size() == commits_max) return;
    flush_scheduled_ = true;
    parts_.home.at_turn_end([this] {
        flush_scheduled_ = false;
        gather(0);
    });
}

// A commit costs more than a few small records do, so others may still come into the batch as long
// as each turn brings some; `had`: waiters a turn ago. Beside a batch that is under way it waits
// until it has as many waiters, or until that one ends. Alone it waits for three quarters of those
// who were answered last and of those who came since, and no longer than the last commit took.
void Journal::gather(size_t had) {
    if (!open_.batch || flush_scheduled_) return;
    const size_t have = open_.waiters.size();
    const bool alone = under_way_.empty();
    const bool coming =
        have > had && open_batch().size() < gather_bytes &&
        (!alone || (have < invitation_.enough && parts_.clock.steady() < invitation_.until));
    if (coming) {
        flush_scheduled_ = true;
        parts_.home.post([this, have] {
            parts_.home.at_turn_end([this, have] {
                flush_scheduled_ = false;
                gather(have);
            });
        });
    } else if (alone || have >= under_way_.front().waiters.size() ||
               open_batch().size() >= gather_bytes) {
        flush();
    }
}

void Journal::flush() {
    if (!open_.batch || changing_segment_ || under_way_.size() == commits_max) return;
    const auto failed = [](const UnderWay& one) { return one.outcome && !*one.outcome; };
    if (std::ranges::any_of(under_way_, failed)) return;  // this one would fail with it
    const bool room = writer_.has_room(open_batch().sealed_bytes());
    if (!room && !under_way_.empty()) return;  // the next segment is put in use by one alone
    // Batches stay in memory until a chunk holds them: beyond three quarters of the cache the disk
    // must catch up first.
    if (figures_.tail_bytes > tail_bytes_max()) {
        if (!chunk_trouble_.empty())
            fail_waiting({Code::io_failed, chunk_trouble_});  // tried again by and by
        else
            consider_chunk();
        return;
    }
    const size_t unsynced = planted(Bug::overtaking_not_told) ? 0 : under_way_.size();
    open_batch().seal(next_batch_++, static_cast<uint32_t>(unsynced));
    last_batch_bytes_ = open_batch().size();
    memory_.close(open_batch().bytes());
    UnderWay& one = under_way_.emplace_back(std::exchange(open_, {}));
    if (planted(Bug::acknowledged_before_sync)) {
        publish(one.batch);
        for (Waiter* waiter : std::exchange(one.waiters, {})) waiter->set({});
    }
    changing_segment_ = !room;
    env::spawn(commit(one));
}

env::Task<void> Journal::commit(UnderWay& one) {
    auto& batch = static_cast<Batch&>(*one.batch.get());
    if (changing_segment_) {
        auto activated = co_await writer_.activate(batch.size(), batch.number());
        changing_segment_ = false;
        if (!activated) {
            one.outcome = std::move(activated);
            co_return commit_ended();
        }
    }
    const auto place = writer_.take_place(batch.size());
    one.offset = place.offset;
    env::Executor& log = *idle_log_.back();
    idle_log_.pop_back();
    co_await env::resume_on(log);
    const auto began = parts_.clock.steady();
    batch.stamp(place.generation, place.salt);
    auto outcome = co_await place.file->write_synced(place.offset, batch.bytes());
    if (!outcome && planted(Bug::failed_sync_tried_again)) outcome = co_await place.file->sync();
    const auto took = parts_.clock.steady() - began;
    co_await env::resume_on(parts_.home);
    idle_log_.push_back(&log);
    one.took = took;
    one.outcome = std::move(outcome);
    commit_ended();
}

// They are answered in their order.
void Journal::commit_ended() {
    const auto durable = [](const UnderWay& one) { return one.outcome && *one.outcome; };
    const auto next = [&] {
        return planted(Bug::answered_out_of_turn) ? std::ranges::find_if(under_way_, durable)
                                                  : under_way_.begin();
    };
    for (auto at = next(); at != under_way_.end() && durable(*at); at = next()) {
        const UnderWay one = std::move(*at);
        under_way_.erase(at);
        committed(one);
    }
    const auto ended = [](const UnderWay& one) { return one.outcome.has_value(); };
    if (!under_way_.empty() && std::ranges::all_of(under_way_, ended)) env::spawn(refuse());
    end_drain();
}

void Journal::committed(const UnderWay& one) {
    const auto& batch = static_cast<const Batch&>(*one.batch.get());
    writer_.written(batch.number());
    ++figures_.batches;
    figures_.records += batch.records();
    figures_.batch_bytes += batch.size();
    figures_.sync_ns_total += static_cast<uint64_t>(one.took.count());
    const auto us = static_cast<uint64_t>(one.took.count() / 1000);
    const auto slot = std::min<size_t>(std::bit_width(us), figures_.sync_us_log2.size() - 1);
    ++figures_.sync_us_log2[slot];
    write_trouble_.clear();
    set_trouble();
    if (!planted(Bug::acknowledged_before_sync)) publish(one.batch);
    answer(one, {});
}

// The first one failed, and so has what was under way behind it, whatever became of that. Their
// numbers are given again: before they are answered, what the disk may hold of them is made void.
env::Task<void> Journal::refuse() {
    changing_segment_ = true;
    const UnderWay& first = under_way_.front();
    const auto& batch = static_cast<const Batch&>(*first.batch.get());
    Error error = first.outcome->error();
    error.code = Code::io_failed;
    next_batch_ = batch.number();
    if (first.offset > 0) {
        const bool is_void = co_await writer_.make_void(first.offset, batch.size(), batch.number());
        if (!is_void)
            error = {Code::outcome_unknown, error.message + "; whether it is stored is not known"};
    }
    changing_segment_ = false;
    ++figures_.failures;
    if (write_trouble_ != error.message)  // said once, not for each batch
        options_.report("the journal cannot write: " + error.message);
    write_trouble_ = error.message;
    set_trouble();
    auto refused = std::exchange(under_way_, {});
    for (const UnderWay& one : refused) answer(one, std::unexpected(error));
    end_drain();
}

void Journal::answer(const UnderWay& one, const Result<>& outcome) {
    const size_t active = open_.waiters.size() + one.waiters.size();
    invitation_ = {.enough = active - active / 4, .until = parts_.clock.steady() + one.took};
    gather(0);  // a large one goes to the disk before the waiters go on
    for (Waiter* waiter : one.waiters) waiter->set(outcome);
    consider_chunk();
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
    end_drain();
}

env::Task<void> Journal::drain() {
    if (under_way_.empty() && !open_.batch) co_return;
    env::Completion<bool> done;
    draining_.push_back(&done);
    (void)co_await done;
}

void Journal::end_drain() {
    if (!under_way_.empty() || open_.batch) return;
    for (auto* waiting : std::exchange(draining_, {})) waiting->set(true);
}

}  // namespace fors::journal
