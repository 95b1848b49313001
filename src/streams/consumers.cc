// SPDX-License-Identifier: Apache-2.0
// Consumers of enhanced fan-out: registered, described, listed, deregistered. A consumer passes
// through CREATING and DELETING as streams do; what it subscribes to lies in subscribe.cc.
#include <algorithm>
#include <chrono>

#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr size_t page_max = 100;

// stream ARN, consumer's name.
struct ConsumerArn {
    std::string_view stream, name;
};
ConsumerArn split_consumer_arn(std::string_view arn) {
    constexpr std::string_view marker = "/consumer/";
    const size_t at = arn.rfind(marker);
    const size_t begin = at + marker.size();
    return {arn.substr(0, at), arn.substr(begin, arn.rfind(':') - begin)};
}

}  // namespace

std::string consumer_arn(const Stream& stream, std::string_view name, const Consumer& consumer) {
    return concat(stream.arn(), "/consumer/", name, ":",
                  std::to_string(consumer.created_ms / 1000));
}

std::string_view Streams::consumer_status(const Consumer& consumer, int64_t now_ms) const {
    if (consumer.deleting_ms) return "DELETING";
    return in_creation(consumer.created_ms, now_ms) ? "CREATING" : "ACTIVE";
}

ConsumerOut Streams::consumer_out(const Context& context, const Stream& stream,
                                  std::string_view name, const Consumer& consumer) const {
    return {.name = context.arena.copy(name),
            .arn = context.arena.copy(consumer_arn(stream, name, consumer)),
            .status = consumer_status(consumer, context.now_ms),
            .created = {consumer.created_ms / 1000 * 1000}};
}

Result<Streams::FoundConsumer> Streams::find_consumer(const Context& context,
                                                      const ConsumerReference& reference) {
    auto where = static_cast<const StreamReference&>(reference);
    std::string_view name = reference.consumer_name.value_or(std::string_view{});
    if (reference.consumer_arn) {
        const ConsumerArn arn = split_consumer_arn(*reference.consumer_arn);
        const bool consistent = (!reference.stream_arn || *reference.stream_arn == arn.stream) &&
                                (!reference.consumer_name || name == arn.name);
        if (!consistent)
            return fail(Code::invalid_argument,
                        "ConsumerARN, StreamARN and ConsumerName do not name the same consumer.");
        where.stream_arn = arn.stream;
        name = arn.name;
    } else if (!reference.stream_arn || name.empty()) {
        return fail(Code::invalid_argument,
                    "Either ConsumerARN, or StreamARN and ConsumerName must be provided.");
    }
    auto stream = locate(context, where);
    if (!stream) return std::unexpected(std::move(stream.error()));
    const auto at = (*stream)->consumers.find(name);
    const bool same = at != (*stream)->consumers.end() &&
                      (!reference.consumer_arn ||
                       consumer_arn(**stream, at->first, at->second) == *reference.consumer_arn);
    if (!same && (*stream)->account != context.caller.account)
        return std::unexpected(denied_silently(
            context, reference.consumer_arn.value_or(where.stream_arn.value_or(""))));
    FoundConsumer found{*stream, nullptr, nullptr};
    if (same) {
        found = {*stream, &at->first, &at->second};
        if (auto fault = authorize(context, found)) return std::unexpected(std::move(*fault));
    }
    // Only who may call uses up the calls.
    if (auto fault = take_call(context, *stream)) return std::unexpected(std::move(*fault));
    if (!same) return fail(Code::not_found, text_consumer_not_found(name, (*stream)->account));
    return found;
}

Streams::Answer<RegisterStreamConsumerResult> Streams::register_consumer(
    Context& context, const RegisterStreamConsumer& in) {
    auto stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    const auto& consumers = (*stream)->consumers;
    const auto creating = std::ranges::count_if(consumers, [&](const auto& each) {
        return consumer_status(each.second, context.now_ms) == "CREATING";
    });
    const size_t most =
        (*stream)->on_demand && committed(context) ? consumers_max_committed : consumers_max;
    const bool known = consumers.contains(*in.consumer_name);
    if (!known && (consumers.size() >= most || creating >= consumers_creating_max))
        co_return fail(Code::limit_exceeded,
                       concat("Consumer limit exceeded for stream ", (*stream)->name,
                              " under account ", (*stream)->account, "."));
    const uint64_t generation = (*stream)->generation;
    auto done = co_await control_.submit(register_command(
        generation, *in.consumer_name, in.tags.value_or(wire::Map()), context.now_ms));
    if (!done) co_return std::unexpected(std::move(done.error()));
    const Stream* now = catalog_.find(generation);
    const auto at = now ? now->consumers.find(*in.consumer_name) : consumers.end();
    if (!now || at == now->consumers.end()) co_return fail(Code::not_found, "The stream is gone.");
    co_return RegisterStreamConsumerResult{.consumer =
                                               consumer_out(context, *now, at->first, at->second)};
}

Streams::Answer<DescribeStreamConsumerResult> Streams::describe_consumer(
    Context& context, const DescribeStreamConsumer& in) {
    auto found = find_consumer(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    DescribeStreamConsumerResult result;
    static_cast<ConsumerOut&>(result.description) =
        consumer_out(context, *found->stream, *found->name, *found->consumer);
    result.description.stream_arn = context.arena.copy(found->stream->arn());
    co_return result;
}

Streams::Answer<> Streams::deregister_consumer(Context& context,
                                               const DeregisterStreamConsumer& in) {
    auto found = find_consumer(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    if (found->consumer->deleting_ms) co_return core::Nothing{};
    const uint64_t generation = found->stream->generation;
    const std::string name = *found->name;
    auto begun = co_await control_.submit(deregister_command(generation, name, context.now_ms));
    if (!begun) co_return std::unexpected(std::move(begun.error()));
    wake_subscribers(generation);
    if (transition_ms() > 0)
        schedule_consumer_removal(generation, name, transition_ms());
    else
        co_await remove_consumer(generation, name);
    co_return core::Nothing{};
}

void Streams::schedule_consumer_removal(uint64_t generation, std::string name, int64_t delay_ms) {
    env_.executor.after(std::chrono::milliseconds(delay_ms),
                        [this, generation, name = std::move(name)] {
                            if (!stopping_) env::spawn(remove_consumer(generation, name));
                        });
}

env::Task<void> Streams::remove_consumer(uint64_t generation, std::string name) {
    auto removed = co_await control_.submit(remove_consumer_command(generation, name));
    const Stream* stream = catalog_.find(generation);
    if (removed && !(stream && stream->consumers.contains(name))) remove_seats(generation, name);
    if (!removed && !stopping_ && removed.error().code != Code::not_found)
        schedule_consumer_removal(generation, std::move(name), 1000);  // a full disk, say
}

// Token content: generation and the last name given.
Streams::Answer<ListStreamConsumersResult> Streams::list_consumers(Context& context,
                                                                   const ListStreamConsumers& in) {
    auto stream = find(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    if (in.stream_created && in.next_token)
        co_return fail(Code::invalid_argument,
                       "NextToken and StreamCreationTimestamp cannot be provided together.");
    if (in.stream_created && in.stream_created->ms / 1000 != (*stream)->created_ms / 1000)
        co_return fail(Code::not_found, text_stream_not_found((*stream)->name, (*stream)->account));
    const std::string owner = std::to_string((*stream)->generation) + " ";
    auto at = (*stream)->consumers.begin();
    if (in.next_token) {
        auto opened = open_token("ListStreamConsumers", *in.next_token, context);
        if (!opened) co_return std::unexpected(std::move(opened.error()));
        if (!opened->starts_with(owner))
            co_return fail(Code::invalid_argument, "The NextToken is of another stream.");
        at = (*stream)->consumers.upper_bound(opened->substr(owner.size()));
    }
    const size_t limit = std::min(page_max, static_cast<size_t>(in.max_results.value_or(page_max)));
    ListStreamConsumersResult result;
    for (; at != (*stream)->consumers.end() && result.consumers.size() < limit; ++at)
        result.consumers.push_back(consumer_out(context, **stream, at->first, at->second));
    if (at != (*stream)->consumers.end() && !result.consumers.empty())
        result.next_token = seal_token("ListStreamConsumers",
                                       owner + std::string(result.consumers.back().name), context);
    co_return result;
}

}  // namespace fors::streams
