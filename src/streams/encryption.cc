// SPDX-License-Identifier: Apache-2.0
// StartStreamEncryption, StopStreamEncryption, and the data keys that records are sealed with
// (developer guide, "Data protection in Amazon Kinesis Data Streams").
#include <algorithm>

#include "core/access.h"
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

// A data key seals what is put within a day.
constexpr int64_t data_key_ms = day_ms;

std::optional<Error> check_type(std::string_view type) {
    if (type == "KMS") return std::nullopt;
    return Error{Code::invalid_argument, "EncryptionType must be KMS."};
}

std::optional<Error> check_rate(const Stream& stream, const std::vector<int64_t>& calls,
                                int64_t now_ms) {
    const auto today =
        std::ranges::count_if(calls, [&](int64_t ms) { return ms > now_ms - day_ms; });
    if (today < encryption_changes_a_day_max) return std::nullopt;
    return Error{
        Code::limit_exceeded,
        concat("Encryption of stream ", stream.name, " under account ", stream.account,
               " has been changed 25 times within the last 24 hours, which is the limit.")};
}

}  // namespace

core::KeyUse Streams::key_use(const auth::Caller& caller, const Stream& stream,
                              std::string_view arn) const {
    return {.caller = caller,
            .now_ms = env_.clock.wall_ms(),
            .service = name(),
            .resource = arn,
            .account = stream.account,
            .region = stream.region};
}

Streams::Answer<> Streams::start_encryption(Context& context, const StartStreamEncryption& in) {
    if (auto fault = check_type(*in.type)) co_return std::unexpected(std::move(*fault));
    auto stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    const uint64_t generation = (*stream)->generation;
    const std::string arn = (*stream)->arn();
    const std::string account = (*stream)->account;
    const std::string region = (*stream)->region;
    core::KeyUse use = key_use(context.caller, **stream, arn);
    use.account = account;  // the stream may be gone when the key is there
    use.region = region;
    auto prepared = co_await keys_.prepare(use, *in.key_id);
    if (!prepared) co_return std::unexpected(std::move(prepared.error()));
    stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    if (options_.limits)
        if (auto fault = check_rate(**stream, (*stream)->encryption_starts, context.now_ms))
            co_return std::unexpected(std::move(*fault));
    auto made = keys_.generate(use, *in.key_id);
    if (!made) co_return std::unexpected(std::move(made.error()));
    auto started = co_await control_.submit(
        encrypt_command(generation, *in.key_id, made->wrapped, context.now_ms, careful_.now_ms()));
    if (!started) co_return std::unexpected(std::move(started.error()));
    learn_key(generation, *made);
    co_await settle(generation);
    co_return core::Nothing{};
}

Streams::Answer<> Streams::stop_encryption(Context& context, const StopStreamEncryption& in) {
    if (auto fault = check_type(*in.type)) co_return std::unexpected(std::move(*fault));
    auto found = find_active(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    if (!stream.encryption_key)
        co_return fail(Code::invalid_argument, concat("Stream ", stream.name, " under account ",
                                                      stream.account, " is not encrypted."));
    if (options_.limits)
        if (auto fault = check_rate(stream, stream.encryption_stops, context.now_ms))
            co_return std::unexpected(std::move(*fault));
    const uint64_t generation = stream.generation;
    co_return co_await change(generation, decrypt_command(generation, context.now_ms));
}

void Streams::learn_key(uint64_t generation, const core::DataKey& made) {
    const Stream* stream = catalog_.find(generation);
    if (!stream) return;
    const auto key = std::ranges::find(stream->data_keys, made.wrapped, &WrappedKey::wrapped);
    if (key != stream->data_keys.end()) cipher_.learn(*stream, *key, made.key);
}

// Whether the stream's newest data key will do for what this caller puts now; an error when the
// caller may not use the KMS key. A new one is due when the old one has had its day, when the KMS
// key has been rotated, and after a start: who may only write can't unwrap the old one.
Result<bool> Streams::has_data_key(const Context& context, uint64_t generation) const {
    const Stream* stream = catalog_.find(generation);
    if (!stream || !stream->encryption_key) return true;  // nothing to seal any more
    const WrappedKey& newest = stream->data_keys.back();
    const std::string arn = stream->arn();
    auto current = keys_.is_current(key_use(context.caller, *stream, arn), *stream->encryption_key,
                                    newest.wrapped);
    if (!current) return current;
    return *current && cipher_.knows(*stream, newest) &&
           context.now_ms - newest.made_ms < data_key_ms;
}

env::Task<Result<>> Streams::ready_to_encrypt(const Context& context, uint64_t generation) {
    auto ready = has_data_key(context, generation);
    if (ready && *ready) co_return Result<>{};
    const auto turn = co_await renewals_.enter();
    ready = has_data_key(context, generation);  // those before may have made one
    if (!ready) co_return std::unexpected(std::move(ready.error()));
    if (*ready) co_return Result<>{};
    const Stream& stream = *catalog_.find(generation);
    const std::string arn = stream.arn();
    auto made = keys_.generate(key_use(context.caller, stream, arn), *stream.encryption_key);
    if (!made) co_return std::unexpected(std::move(made.error()));
    auto stored = co_await control_.submit(
        data_key_command(generation, made->wrapped, context.now_ms, careful_.now_ms()));
    if (!stored) co_return stored;
    learn_key(generation, *made);
    co_return Result<>{};
}

// What was read, as the caller may see it.
Result<> Streams::open_records(const auth::Caller& caller, uint64_t generation, log::ShardId shard,
                               log::Batch& batch) {
    const auto sealed = [](const log::Record& record) { return record.flags & flag_encrypted; };
    if (std::ranges::none_of(batch.records, sealed)) return {};
    const Stream* stream = catalog_.find(generation);  // anew: the read may have waited
    if (!stream) return fail(Code::not_found, "The stream has been deleted.");
    const std::string arn = stream->arn();
    auto opened = cipher_.open(key_use(caller, *stream, arn), *stream, shard, batch);
    if (!opened && opened.error().code == Code::key_access_denied)
        return fail(Code::key_access_denied,
                    concat("User ", core::principal_arn(caller),
                           " is not authorized to decrypt records in stream ", stream->account, ":",
                           stream->name));
    return opened;
}

}  // namespace fors::streams
