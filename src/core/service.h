// SPDX-License-Identifier: Apache-2.0
// Service and Operation: a service is a table of operations; input and output shapes come from the
// handlers' signatures.
//
//     Task<Result<PutRecordResult>> put_record(core::Context&, const PutRecord&);
//     static constexpr auto table = std::array{core::operation<&Streams::put_record>("PutRecord"),
//     ...};
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/auth.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/result.h"
#include "env/env.h"
#include "wire/wire.h"

namespace fors::core {

// What a handler may know of the request it serves. Lives until the answer is serialised.
struct Context {
    Arena& arena;  // for texts of the answer
    const auth::Caller& caller;
    int64_t now_ms;               // wall time at which the request was taken up
    std::vector<BufferRef> held;  // what the answer's views point into
    int64_t bytes_in = 0;
    std::string_view operation = {};  // "PutRecord"
    std::string_view source_ip = {};
    bool encrypted = false;  // came over TLS
};

// The output of operations that answer with an empty body.
struct Nothing {};

// An answer in events (SubscribeToShard). All calls on the home thread, where it is destroyed, too.
class EventSource {
public:
    struct Event {
        std::string_view type;  // a literal
        const wire::Table* shape;
        const void* value;
    };

    virtual ~EventSource() = default;
    // Waits for the next event, which stays as it is until the next call; none: the stream ends. It
    // ends with an error, too: the exception is the last that the client hears.
    virtual env::Task<Result<std::optional<Event>>> next() = 0;
    // Nobody listens any more: next() gives none from now on, the one that waits at once.
    virtual void cancel() = 0;
};
using Events = std::shared_ptr<EventSource>;

// One request's way between wire and handler; the router's side of Operation::serve.
class Exchange {
public:
    virtual ~Exchange() = default;
    virtual Result<> read(const wire::Table& shape, void* input) = 0;
    virtual void write(const wire::Table& shape, const void* output) = 0;
    virtual void write(Events events) = 0;
    // Go to the thread that owns the services' state, and back to the connection's.
    virtual env::Executor* home() = 0;    // null: already there
    virtual env::Executor* origin() = 0;  // null: stay
};

class Service;

struct Operation {
    std::string_view name;
    const wire::Table* input;
    const wire::Table* output;  // null: empty body, or events
    const wire::Table* event;   // null: not answered in events
    env::Task<Result<>> (*serve)(Service& service, Context& context, Exchange& exchange);
};

// How a service names an error on the wire.
struct ErrorName {
    Code code;
    std::string_view name;
    int status;
    std::string_view query_name = {};  // in the query protocol, where it differs
};

// Of services that began with AWS's query protocol.
struct QueryProtocol {
    std::string_view version;        // "2010-08-01": names the service, too
    std::string_view xml_namespace;  // of answers
};

// Its operations run on the home thread, which owns all service state.
class Service {
public:
    virtual ~Service() = default;
    virtual std::string_view name() const = 0;           // as requests are signed for: "kinesis"
    virtual std::string_view target_prefix() const = 0;  // "Kinesis_20131202"
    virtual std::span<const Operation> operations() const = 0;
    // Names of the service's model that this release doesn't build: they answer an error naming
    // themselves.
    virtual std::span<const std::string_view> operations_missing() const = 0;
    virtual std::span<const ErrorName> errors() const = 0;
    // Such a service speaks query, JSON 1.0 and Smithy RPC's CBOR; the others JSON 1.1 and the
    // older CBOR.
    virtual std::optional<QueryProtocol> query_protocol() const { return std::nullopt; }
};

namespace detail {

template <class M>
struct HandlerOf;
template <class S, class In, class Out>
struct HandlerOf<env::Task<Result<Out>> (S::*)(Context&, const In&)> {
    using Serves = S;
    using Input = In;
    using Output = Out;
};

template <auto handler>
env::Task<Result<>> serve(Service& service, Context& context, Exchange& exchange) {
    using Handler = HandlerOf<decltype(handler)>;
    typename Handler::Input input{};
    if (auto read = exchange.read(wire::table_of<typename Handler::Input>, &input); !read)
        co_return std::unexpected(std::move(read.error()));
    if (auto* home = exchange.home()) co_await env::resume_on(*home);
    auto output =
        co_await (static_cast<typename Handler::Serves&>(service).*handler)(context, input);
    if (auto* origin = exchange.origin()) co_await env::resume_on(*origin);
    if (!output) co_return std::unexpected(std::move(output.error()));
    if constexpr (std::is_same_v<typename Handler::Output, Events>)
        exchange.write(std::move(*output));
    else if constexpr (!std::is_same_v<typename Handler::Output, Nothing>)
        exchange.write(wire::table_of<typename Handler::Output>, &*output);
    co_return {};
}

template <class Out>
constexpr const wire::Table* output_table() {
    if constexpr (std::is_same_v<Out, Nothing> || std::is_same_v<Out, Events>)
        return nullptr;
    else
        return &wire::table_of<Out>;
}

}  // namespace detail

template <auto handler>
constexpr Operation operation(std::string_view name) {
    using Handler = detail::HandlerOf<decltype(handler)>;
    return {name, &wire::table_of<typename Handler::Input>,
            detail::output_table<typename Handler::Output>(), nullptr, &detail::serve<handler>};
}

// One that answers in events of that shape.
template <auto handler, class Event>
constexpr Operation operation_in_events(std::string_view name) {
    Operation made = operation<handler>(name);
    made.event = &wire::table_of<Event>;
    return made;
}

}  // namespace fors::core
