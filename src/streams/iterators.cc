// SPDX-License-Identifier: Apache-2.0
// GetShardIterator: the five types and their edges (reference, section 4.6); iterators as sealed
// positions.
#include <cstring>

#include "base/planted.h"
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

// The fixed part of a sealed position; the stream's name and account follow, parted by a blank.
struct StoredPosition {
    uint64_t generation;
    uint64_t sequence;
    int64_t issued_ms;
    uint64_t shard_index;
};

std::string mismatch(std::string_view type, bool number_given) {
    return concat(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        "Request specified ",
        type, number_given ? " and also a" : " and no", " StartingSequenceNumber.");
}

}  // namespace

// Checks that need no stream.
std::optional<Error> check_start(const StartingPosition& start, int64_t now_ms) {
    const std::string_view type = *start.type;
    const bool wants_number = type.ends_with("_SEQUENCE_NUMBER");
    if (wants_number != start.sequence_number.has_value())
        return Error{Code::invalid_argument, mismatch(type, !wants_number)};
    if (type != "AT_TIMESTAMP") return std::nullopt;
    if (!start.timestamp)
        return Error{Code::invalid_argument,
                     "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                     "Current request has no timestamp parameter."};
    if (start.timestamp->ms > now_ms)
        return Error{Code::invalid_argument,
                     concat("The timestampInMillis parameter cannot be greater than the "
                            "currentTimestampInMillis. timestampInMillis: ",
                            std::to_string(start.timestamp->ms),
                            ", currentTimestampInMillis: ", std::to_string(now_ms))};
    return std::nullopt;
}

std::string_view Streams::seal_position(const Position& position, Arena& arena) {
    const StoredPosition fixed{position.generation, position.sequence, position.issued_ms,
                               position.shard_index};
    std::string content(reinterpret_cast<const char*>(&fixed), sizeof(fixed));
    content.append(position.account).append(" ").append(position.stream);
    return arena.copy(seal_->seal("iterator", content));
}

std::optional<Streams::Position> Streams::open_position(std::string_view token) {
    // People paste iterators with the quotes of the CLI's output; AWS takes those too.
    if (token.size() >= 2 && token.front() == '"' && token.back() == '"')
        token = token.substr(1, token.size() - 2);
    const auto content = seal_->open("iterator", token);
    StoredPosition fixed{};
    if (!content || content->size() < sizeof(fixed)) return std::nullopt;
    std::memcpy(&fixed, content->data(), sizeof(fixed));
    const std::string names = content->substr(sizeof(fixed));
    const size_t blank = names.find(' ');
    if (blank == std::string::npos) return std::nullopt;
    return Position{.generation = fixed.generation,
                    .shard_index = static_cast<uint32_t>(fixed.shard_index),
                    .sequence = fixed.sequence,
                    .issued_ms = fixed.issued_ms,
                    .stream = names.substr(blank + 1),
                    .account = names.substr(0, blank)};
}

Streams::Answer<GetShardIteratorResult> Streams::get_shard_iterator(Context& context,
                                                                    const GetShardIterator& in) {
    const StartingPosition start{in.type, in.starting_sequence_number, in.timestamp};
    if (auto fault = check_start(start, context.now_ms))
        co_return std::unexpected(std::move(*fault));
    auto name = named(context, in);
    if (!name) co_return std::unexpected(std::move(name.error()));
    // The shard id is looked at before the stream (reference, section 3.3).
    const auto index = parse_shard_id(*in.shard_id);
    if (!index)
        co_return fail(Code::not_found,
                       text_shard_malformed(*in.shard_id, name->name, name->account));
    auto found = find(context, in);
    if (!found && found.error().code == Code::access_denied)
        co_return std::unexpected(std::move(found.error()));
    if (!found || status(**found, context.now_ms) == Status::creating)
        co_return fail(Code::not_found, text_shard_missing(*index, name->name, name->account));
    const Stream& stream = **found;
    const Shard* shard = stream.shards.find(*index);
    if (!shard)
        co_return fail(Code::not_found, text_shard_missing(*index, stream.name, stream.account));
    if (options_.limits && !throttles_.of(shard->log_id).iterator_calls.take(1, steady_ns()))
        co_return fail(Code::throttled, text_shard_rate(*index, stream.name, stream.account));

    Position position{.generation = stream.generation,
                      .shard_index = shard->index,
                      .issued_ms = context.now_ms,
                      .stream = stream.name,
                      .account = stream.account};
    auto sequence = co_await starting_sequence(stream, *shard, start, "GetShardIterator");
    if (!sequence) co_return std::unexpected(std::move(sequence.error()));
    if (in.dry_run.value_or(false))
        co_return fail(Code::dry_run, "Request would have succeeded, but DryRun flag is set.");
    position.sequence = *sequence;
    co_return GetShardIteratorResult{seal_position(position, context.arena)};
}

env::Task<Result<uint64_t>> Streams::starting_sequence(const Stream& stream, const Shard& shard,
                                                       const StartingPosition& start,
                                                       std::string_view operation) {
    const std::string_view type = *start.type;
    if (type == "TRIM_HORIZON") co_return 0;
    if (type == "LATEST")
        co_return log_.bounds(shard.log_id).next.value +
            (planted(Bug::latest_is_one_record_late) ? 1 : 0);
    if (type == "AT_TIMESTAMP") {
        auto sequence = co_await log_.find(shard.log_id, start.timestamp->ms);
        if (!sequence) co_return std::unexpected(std::move(sequence.error()));
        co_return sequence->value;
    }
    co_return sequence_after_number(stream, shard, start, operation);
}

// A number that was never given out stands between two that were.
Result<uint64_t> Streams::sequence_after_number(const Stream& stream, const Shard& shard,
                                                const StartingPosition& start,
                                                std::string_view operation) const {
    const auto number = parse_sequence_number(*start.sequence_number);
    const std::string used = concat("StartingSequenceNumber ", *start.sequence_number, " used in ",
                                    operation, " on shard ", shard_name(shard.index), " in stream ",
                                    stream.name, " under account ", stream.account, " is invalid");
    if (!number) return fail(Code::invalid_argument, used + ".");
    if (number->shard_index != shard.index)
        return fail(
            Code::invalid_argument,
            concat("Invalid StartingSequenceNumber. It encodes ", shard_name(number->shard_index),
                   ", while it was used in a call to a shard with ", shard_name(shard.index)));
    if (number->shard_created_s != shard.created_s)
        return fail(Code::invalid_argument, used + " because it did not come from this stream.");
    if (number->index == 0) return uint64_t{0};
    const bool after =
        *start.type == "AFTER_SEQUENCE_NUMBER" && !planted(Bug::iterator_one_record_early);
    return number->index == index_at_end || after ? number->index : number->index - 1;
}

}  // namespace fors::streams
