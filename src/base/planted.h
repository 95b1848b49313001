// SPDX-License-Identifier: Apache-2.0
// Bugs planted on purpose, for the simulation to find: what it does not find, its checker can't
// see.
//
// They exist in the build `planted` alone (./dev planted); elsewhere `planted` is false at compile
// time and nothing of them is left. Each is a mistake that somebody could make one day.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fors {

enum class Bug : uint8_t {
    none,
    // The journal.
    acknowledged_before_sync,
    segment_name_not_synced,
    directory_not_synced,
    directory_sync_not_checked,
    stale_batch_of_recycled_segment,
    last_batch_not_replayed,
    replay_stops_at_a_hole,
    batch_checksum_not_checked,
    block_checksum_not_checked,
    chunk_not_synced,
    chunk_leaves_a_run_out,
    failed_sync_tried_again,
    refused_batch_not_voided,
    answered_out_of_turn,
    overtaking_not_told,
    two_syncs_through_one_file,
    // The control log.
    command_applied_before_durable,
    snapshot_forgets_parents,
    snapshot_forgets_a_consumer,
    // Shards.
    end_told_before_settled,
    end_told_one_record_early,
    one_child_not_told,
    child_begins_a_second_early,
    split_leaves_a_gap,
    put_into_closed_shard,
    put_fails_at_times,
    // Retention.
    sweeper_trims_one_too_many,
    expired_records_are_given,
    closed_shard_forgotten,
    deletion_not_durable,
    // Reading.
    iterator_one_record_early,
    latest_is_one_record_late,
    next_iterator_skips_a_record,
    iterator_at_tip_skips_a_record,
    iterator_never_expires,
    iterator_key_made_anew,
    // Pushing.
    lost_wake_up,
    subscription_skips_a_record,
    seat_never_given_back,
    // Limits.
    token_bucket_never_refilled,
    throttled_entries_shift_answers,
    // Access and keys.
    signing_key_of_another_user,
    signature_not_compared,
    account_not_compared,
    iterator_serves_anybody,
    disabled_key_still_writes,
    disabled_key_still_reads,
    data_key_forgotten,
};

inline constexpr auto bug_names = std::to_array<std::string_view>({
    "none",
    "acknowledged_before_sync",
    "segment_name_not_synced",
    "directory_not_synced",
    "directory_sync_not_checked",
    "stale_batch_of_recycled_segment",
    "last_batch_not_replayed",
    "replay_stops_at_a_hole",
    "batch_checksum_not_checked",
    "block_checksum_not_checked",
    "chunk_not_synced",
    "chunk_leaves_a_run_out",
    "failed_sync_tried_again",
    "refused_batch_not_voided",
    "answered_out_of_turn",
    "overtaking_not_told",
    "two_syncs_through_one_file",
    "command_applied_before_durable",
    "snapshot_forgets_parents",
    "snapshot_forgets_a_consumer",
    "end_told_before_settled",
    "end_told_one_record_early",
    "one_child_not_told",
    "child_begins_a_second_early",
    "split_leaves_a_gap",
    "put_into_closed_shard",
    "put_fails_at_times",
    "sweeper_trims_one_too_many",
    "expired_records_are_given",
    "closed_shard_forgotten",
    "deletion_not_durable",
    "iterator_one_record_early",
    "latest_is_one_record_late",
    "next_iterator_skips_a_record",
    "iterator_at_tip_skips_a_record",
    "iterator_never_expires",
    "iterator_key_made_anew",
    "lost_wake_up",
    "subscription_skips_a_record",
    "seat_never_given_back",
    "token_bucket_never_refilled",
    "throttled_entries_shift_answers",
    "signing_key_of_another_user",
    "signature_not_compared",
    "account_not_compared",
    "iterator_serves_anybody",
    "disabled_key_still_writes",
    "disabled_key_still_reads",
    "data_key_forgotten",
});

#ifdef FORS_PLANTED
inline Bug planted_bug = Bug::none;  // set once, before any server starts
inline bool planted(Bug bug) { return planted_bug == bug; }
#else
constexpr bool planted(Bug) { return false; }
#endif

}  // namespace fors
