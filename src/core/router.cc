// SPDX-License-Identifier: Apache-2.0
// The way of a request through the front end.
#include "core/router.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/base64.h"
#include "base/concat.h"
#include "core/event_stream.h"
#include "core/front_end.h"
#include "core/gunzip.h"

namespace fors::core {

namespace {

// Outcomes that metrics tell apart.
constexpr std::array<std::string_view, 3> outcomes{"ok", "client_error", "server_error"};

// Of the plain bodies of services that began with the query protocol: a form takes several times
// its size in memory. CloudWatch takes requests of 1 MB.
constexpr size_t plain_bytes_max = 4 << 20;

// Two ids, the date, two for browsers.
constexpr size_t headers_about = 5;

std::string label(std::string_view name, std::string_view value) {
    std::string text(name);
    text.append("=\"").append(value).append("\"");
    return text;
}

constexpr std::array front_end_errors = {
    ErrorName{Code::validation, "ValidationException", 400},
    ErrorName{Code::serialization, "SerializationException", 400},
    ErrorName{Code::access_denied, "AccessDeniedException", 400},
    ErrorName{Code::missing_authentication, "MissingAuthenticationTokenException", 400,
              "MissingAuthenticationToken"},
    ErrorName{Code::incomplete_signature, "IncompleteSignatureException", 400,
              "IncompleteSignature"},
    ErrorName{Code::invalid_signature, "InvalidSignatureException", 400, "SignatureDoesNotMatch"},
    ErrorName{Code::unknown_access_key, "UnrecognizedClientException", 400, "InvalidClientTokenId"},
    ErrorName{Code::unknown_operation, "UnknownOperationException", 400},
    ErrorName{Code::not_implemented, "NotImplementedException", 501},
    ErrorName{Code::unavailable, "ServiceUnavailable", 503},
    ErrorName{Code::too_large, "RequestEntityTooLargeException", 413},
};

}  // namespace

// What an exception within a stream of events carries.
struct ExceptionBody {
    std::string_view message;
};

}  // namespace fors::core

namespace fors::wire {

template <>
struct Shape<fors::core::ExceptionBody> {
    static constexpr std::string_view name = "Exception";
    static constexpr Field fields[] = {
        field<&fors::core::ExceptionBody::message>("message"),
    };
};

}  // namespace fors::wire

namespace fors::core {

ErrorName error_name(Code code, const Service* service) {
    if (service)
        for (const ErrorName& name : service->errors())
            if (name.code == code) return name;
    for (const ErrorName& name : front_end_errors)
        if (name.code == code) return name;
    return {code, "InternalFailure", 500};
}

namespace {

// What a client is told of an error. What went wrong inside is for the log; that a disk is full or
// fails is the one thing its owner should hear.
std::string_view told_of(const Error& error, const ErrorName& name) {
    const bool inside =
        name.status == 500 && error.code != Code::io_failed && error.code != Code::outcome_unknown;
    return inside ? std::string_view() : error.message;
}

// Amidst events there is but one name for what is not the client's fault.
std::string_view name_amidst_events(const ErrorName& name) {
    return name.status < 500 ? name.name : "InternalFailureException";
}

}  // namespace

// An operation with its counters.
struct Router::Route {
    std::string target;
    Service* service;
    const Operation* operation;
    std::array<Counter*, outcomes.size()> requests;
    Histogram* latency;
};

// Events on their way from the home thread into frames.
class Router::EventBody final : public Body {
public:
    EventBody(Router& router, const Service& service, Events events)
        : origin_(router.env_.executor),
          home_(router.options_.home ? *router.options_.home : origin_),
          bytes_out_(router.bytes_out_),
          service_(service),
          events_(std::move(events)) {}
    ~EventBody() override {
        home_.post([events = std::move(events_)] {});  // to be destroyed there
    }

    env::Task<std::optional<std::string>> next() override {
        if (over_) co_return std::nullopt;
        if (&home_ != &origin_) co_await env::resume_on(home_);
        auto coming = events_->next();
        auto event = co_await std::move(coming);
        if (&home_ != &origin_) co_await env::resume_on(origin_);
        if (event && !*event) co_return std::nullopt;
        if (event) {
            EventFrame frame = EventFrame::event((*event)->type);
            wire::encode(wire::Format::json, *(*event)->shape, (*event)->value, frame.payload());
            bytes_out_.add(frame.payload().size());
            co_return std::move(frame).finish();
        }
        over_ = true;
        const ErrorName name = error_name(event.error().code, &service_);
        EventFrame frame = EventFrame::exception(name_amidst_events(name));
        const ExceptionBody body{told_of(event.error(), name)};
        wire::encode(wire::Format::json, wire::table_of<ExceptionBody>, &body, frame.payload());
        co_return std::move(frame).finish();
    }

    void cancel() override {
        home_.post([events = events_] { events->cancel(); });
    }

private:
    env::Executor& origin_;
    env::Executor& home_;
    Counter& bytes_out_;
    const Service& service_;
    Events events_;
    bool over_ = false;
};

// One request on its way through Operation::serve.
class Router::Call final : public Exchange {
public:
    Call(Router& router, std::string_view body, const Target& target, wire::Format format,
         Arena& arena, Answer& answer)
        : router_(router),
          body_(body),
          target_(target),
          format_(format),
          arena_(arena),
          answer_(answer) {}

    Result<> read(const wire::Table& shape, void* input) override {
        const wire::DecodeOptions options{.strict = router_.options_.strict};
        auto decoded = wire::decode(format_, body_, arena_, shape, input, options);
        if (!decoded) return decoded;
        if (auto fault = wire::validate(shape, input))
            return fail(Code::validation, std::move(*fault));
        return {};
    }
    void write(const wire::Table& shape, const void* output) override {
        wire::encode(format_, shape, output, answer_.response.body);
    }
    void write(Events events) override {
        EventFrame first = EventFrame::event("initial-response");
        first.payload() += "{}";
        answer_.response.body = std::move(first).finish();
        answer_.body = std::make_shared<EventBody>(router_, *target_.service, std::move(events));
    }
    env::Executor* home() override { return router_.options_.home; }
    env::Executor* origin() override {
        return router_.options_.home ? &router_.env_.executor : nullptr;
    }

private:
    Router& router_;
    std::string_view body_;
    const Target& target_;
    wire::Format format_;
    Arena& arena_;
    Answer& answer_;
};

Router::Router(env::Env env, auth::Verifier& verifier, std::vector<Service*> services,
               std::vector<Page> pages, Meter& meter, RouterOptions options)
    : env_(env),
      verifier_(verifier),
      services_(std::move(services)),
      pages_(std::move(pages)),
      options_(std::move(options)),
      bytes_in_(meter.counter("fors_request_body_bytes_total", "Bytes of request bodies.")),
      bytes_out_(meter.counter("fors_response_body_bytes_total", "Bytes of answers' bodies.")),
      random_state_(env.random.next()) {
    for (Service* service : services_) {
        for (const Operation& operation : service->operations()) {
            std::string target(service->target_prefix());
            target.append(".").append(operation.name);
            auto route = std::make_unique<Route>(Route{target, service, &operation, {}, nullptr});
            const std::string labels =
                label("service", service->name()) + "," + label("operation", operation.name);
            for (size_t at = 0; at < outcomes.size(); ++at)
                route->requests[at] = &meter.counter("fors_requests_total",
                                                     "Requests by service, operation and outcome.",
                                                     labels + "," + label("outcome", outcomes[at]));
            route->latency = &meter.histogram(
                "fors_request_seconds", "Time from a request's arrival to its answer.", labels);
            const std::string_view key = route->target;
            routes_.emplace(key, std::move(route));
        }
    }
}

Router::~Router() = default;

env::Task<Answer> Router::handle(http::Request request) {
    bytes_in_.add(request.body.size());
    Answer answer;
    if (request.path.starts_with("/_fors/")) {
        auto page = handle_page(request);
        answer.response = co_await std::move(page);
    } else {
        auto operation = handle_operation(request);
        answer = co_await std::move(operation);
        add_cors(request, answer.response);
    }
    answer.response.headers.push_back({"date", std::string(date())});
    bytes_out_.add(answer.response.body.size());
    co_return answer;
}

env::Task<http::Response> Router::handle_page(const http::Request& request) {
    http::Response response;
    const auto& administration = options_.administration;
    const auto admin = std::ranges::find(administration, request.path, &AdminPage::path);
    if (admin != administration.end()) co_return co_await handle_administration(request, *admin);
    const auto page = std::ranges::find(pages_, request.path, &Page::path);
    if (page == pages_.end() || request.method != "GET") {
        response.status = page == pages_.end() ? 404 : 405;
        co_return response;
    }
    if (options_.home) co_await env::resume_on(*options_.home);
    response = page->make();
    if (options_.home) co_await env::resume_on(env_.executor);
    co_return response;
}

env::Task<http::Response> Router::handle_administration(const http::Request& request,
                                                        const AdminPage& page) {
    const auto allowed =
        may_administer(request, verifier_, options_.root_access_key_id, env_.clock.wall_ms());
    if (!allowed) {
        const Error& error = allowed.error();
        co_return refusal(403, error_name(error.code, nullptr).name, error.message);
    }
    if (options_.home) co_await env::resume_on(*options_.home);
    http::Response response = page.answer(request.method, request.body);
    if (options_.home) co_await env::resume_on(env_.executor);
    co_return response;
}

env::Task<Answer> Router::handle_operation(http::Request& request) {
    Answer answer;
    http::Response& response = answer.response;
    response.headers.reserve(headers_about);
    response.headers.push_back({"x-amzn-requestid", request_id()});
    const bool preflight = request.method == "OPTIONS" && request.header("origin").data();
    if (preflight) co_return Answer{preflight_answer(request, std::move(response)), nullptr};
    response.headers.push_back({"x-amz-id-2", extended_request_id(random_state_)});
    if (request.method != "POST") co_return Answer{unroutable_answer(std::move(response)), nullptr};

    const std::string_view target_text = request.header("x-amz-target");
    Media media = media_of(request.header("content-type"));
    const bool newer = media == Media::json_1_0 || media == Media::rpc_cbor || media == Media::form;
    // What is packed waits for its sender to be known; but forms say inside where they go.
    std::string unpacked;
    Plain body = std::string_view(request.body);
    bool packed = newer && request.header("content-encoding") == "gzip";
    if (packed && media == Media::form) {
        body = unpack(request, unpacked);
        packed = false;
    }
    const Target target = find(request, media, body);
    // Each service has its own formats.
    const bool spoken = target.service && target.service->query_protocol().has_value();
    if (newer != spoken && (newer || target.service)) media = Media::other;
    const wire::Format format = format_of(media);
    const bool known = target.operation || !target.missing.empty();
    if (request.body.empty() && !spoken) {
        // An empty body is answered as CBOR unless the content type is JSON 1.1.
        const auto empty_format = media == Media::json ? wire::Format::json : wire::Format::cbor;
        answer_error({known ? Code::serialization : Code::unknown_operation, ""}, target,
                     empty_format, response);
        co_return answer;
    }
    if (media == Media::other)
        co_return Answer{target_text.data() ? unknown_media_answer(std::move(response))
                                            : unroutable_answer(std::move(response)),
                         nullptr};
    if (media == Media::plain_json)
        co_return Answer{
            plain_json_answer(parses(wire::Format::json, request.body), std::move(response)),
            nullptr};

    const auto began = env_.clock.steady();
    auto running = run(request, body, packed, target, format, answer);
    auto outcome = co_await std::move(running);
    if (!outcome)
        answer_error(outcome.error(), target, format, response);
    else
        response.content_type = answer.body ? event_stream_type : wire::content_type(format);
    if (format == wire::Format::rpc_cbor)
        response.headers.push_back({"smithy-protocol", "rpc-v2-cbor"});
    if (format == wire::Format::query)
        response.body =
            in_query_answer(target, response, response.headers.front().value);  // the id
    if (target.route) {
        const size_t kind = response.status < 400 ? 0 : response.status < 500 ? 1 : 2;
        target.route->requests[kind]->add();
        target.route->latency->observe(env_.clock.steady() - began);
    }
    co_return answer;
}

Router::Plain Router::unpack(const http::Request& request, std::string& unpacked) {
    auto plain = gunzip(request.body, plain_bytes_max);
    if (!plain) return std::unexpected(std::move(plain.error()));
    unpacked = std::move(*plain);
    return unpacked;
}

// The signature is of the body as it came, all else of the plain one.
env::Task<Result<>> Router::run(const http::Request& request, Plain body, bool packed,
                                const Target& target, wire::Format format, Answer& answer) {
    // What can't be parsed is a SerializationException even when the operation or its sender is
    // unknown; of the services with newer formats nothing is said, and nothing is parsed for
    // nobody.
    const bool newer = target.service && target.service->query_protocol();
    const bool looked_at = !packed && !newer;
    const auto parsed = [&] { return !looked_at || (body && parses(format, *body)); };
    if (body && !target.operation && target.missing.empty()) {
        if (!parsed()) co_return fail(Code::serialization, "");
        co_return fail(Code::unknown_operation, "");
    }
    const int64_t now_ms = env_.clock.wall_ms();
    auto caller = verifier_.verify(request, now_ms);
    if (!caller) {
        if (!parsed()) co_return fail(Code::serialization, "");
        co_return std::unexpected(std::move(caller.error()));
    }
    std::string unpacked;
    if (packed) body = unpack(request, unpacked);
    if (body && newer && body->size() > plain_bytes_max) co_return fail(Code::too_large, "");
    if (!body) co_return std::unexpected(body.error());
    if (!target.operation)
        co_return fail(Code::not_implemented, "The operation " + std::string(target.missing) +
                                                  " is not implemented by this version of fors.");
    if (target.operation->event && format != wire::Format::json)
        co_return fail(Code::serialization, std::string(target.operation->name) +
                                                " is served as application/x-amz-json-1.1 only.");
    Arena arena;
    Context context{.arena = arena,
                    .caller = *caller,
                    .now_ms = now_ms,
                    .held = {},
                    .operation = target.operation->name,
                    .source_ip = request.peer,
                    .encrypted = request.encrypted};
    Call call(*this, *body, target, format, arena, answer);
    auto served = target.operation->serve(*target.service, context, call);
    co_return co_await std::move(served);
}

Router::Target Router::find(const http::Request& request, Media media, const Plain& body) {
    if (media == Media::rpc_cbor) return find(rpc_target(request.path));
    if (media != Media::form) return find(request.header("x-amz-target"));
    const std::string_view version = body ? form_parameter(*body, "Version") : "";
    for (Service* service : services_) {
        const auto protocol = service->query_protocol();
        if (!protocol) continue;
        // What can't be unpacked names nobody: one that is spoken to in forms says so.
        if (!body) return {service, nullptr, nullptr, {}};
        if (protocol->version != version) continue;
        std::string target(service->target_prefix());
        return find(target.append(".").append(form_parameter(*body, "Action")));
    }
    return {};
}

// XML as the query protocol frames it.
std::string Router::in_query_answer(const Target& target, const http::Response& response,
                                    std::string_view id) {
    const std::string_view space = target.service->query_protocol()->xml_namespace;
    const std::string_view name = target.operation ? target.operation->name : target.missing;
    if (response.status >= 400)
        return concat("<ErrorResponse xmlns=\"", space, "\">", response.body, "<RequestId>", id,
                      "</RequestId></ErrorResponse>");
    FORS_ASSERT(target.operation);  // nothing else is answered without an error
    const std::string result =
        target.operation->output
            ? concat("<", name, "Result>", response.body, "</", name, "Result>")
            : std::string();
    return concat("<", name, "Response xmlns=\"", space, "\">", result,
                  "<ResponseMetadata><RequestId>", id, "</RequestId></ResponseMetadata></", name,
                  "Response>");
}

Router::Target Router::find(std::string_view target) {
    if (const auto at = routes_.find(target); at != routes_.end()) {
        Route& route = *at->second;
        return {route.service, route.operation, &route, {}};
    }
    const size_t dot = target.rfind('.');
    if (dot == target.npos) return {};
    const std::string_view prefix = target.substr(0, dot);
    const std::string_view name = target.substr(dot + 1);
    for (Service* service : services_) {
        if (service->target_prefix() != prefix) continue;
        for (std::string_view missing : service->operations_missing())
            if (missing == name) return {service, nullptr, nullptr, missing};
    }
    return {};
}

void Router::answer_error(const Error& error, const Target& target, wire::Format format,
                          http::Response& response) {
    const ErrorName name = error_name(error.code, target.service);
    response.status = name.status;
    response.content_type = wire::content_type(format);
    const bool from_query = target.service && target.service->query_protocol();
    const std::string_view query_name = name.query_name.empty() ? name.name : name.query_name;
    const wire::Side side = name.status < 500 ? wire::Side::sender : wire::Side::receiver;
    response.headers.push_back({"x-amzn-errortype", std::string(name.name)});
    if (from_query)
        response.headers.push_back(
            {"x-amzn-query-error",
             concat(query_name, side == wire::Side::sender ? ";Sender" : ";Receiver")});
    response.body.clear();
    wire::encode_error(format, format == wire::Format::query ? query_name : name.name,
                       told_of(error, name), response.body, side);
}

std::string Router::request_id() { return uuid(random_state_); }

std::string_view Router::date() {
    const int64_t now_s = env_.clock.wall_ms() / 1000;
    if (now_s != date_s_) {
        const std::time_t seconds = now_s;
        std::tm parts{};
        gmtime_r(&seconds, &parts);
        char text[40];
        std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        date_ = text;
        date_s_ = now_s;
    }
    return date_;
}

void Router::add_cors(const http::Request& request, http::Response& response) {
    if (!request.header("origin").data()) return;
    response.headers.push_back({"access-control-allow-origin", "*"});
    if (request.method == "OPTIONS") return;
    response.headers.push_back(
        {"access-control-expose-headers",
         "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date"});
}

}  // namespace fors::core
