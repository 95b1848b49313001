// SPDX-License-Identifier: Apache-2.0
// Router: from an HTTP request to the operation it means and back: front-end checks, access,
// parsing, errors.
//
// One a reactor. The order of checks is AWS's (reference, section 2.5).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/auth.h"
#include "core/administration.h"
#include "core/front_end.h"
#include "core/meter.h"
#include "core/service.h"
#include "env/env.h"
#include "http/message.h"

namespace fors::core {

// A page of the server's own under /_fors/, made on the home thread.
struct Page {
    std::string_view path;
    std::function<http::Response()> make;
};

// The rest of an answer that comes in pieces. On the reactor of its connection.
class Body {
public:
    virtual ~Body() = default;
    // Waits for the next piece; none: the end.
    virtual env::Task<std::optional<std::string>> next() = 0;
    // Nobody reads any more: next() gives none soon.
    virtual void cancel() = 0;
};

struct Answer {
    http::Response response;
    std::shared_ptr<Body> body;  // null: the response is whole
};

struct RouterOptions {
    bool strict = false;            // refuse unknown members instead of ignoring them
    env::Executor* home = nullptr;  // where services live; null: on this reactor
    std::vector<AdminPage> administration;
    std::string root_access_key_id;  // whose signatures they need; empty: open mode
};

class Router {
public:
    // All references outlive the router.
    Router(env::Env env, auth::Verifier& verifier, std::vector<Service*> services,
           std::vector<Page> pages, Meter& meter, RouterOptions options);

    ~Router();

    // Never fails: every fault has an answer. The request lives in the task.
    env::Task<Answer> handle(http::Request request);

private:
    struct Route;
    class Call;
    class EventBody;
    struct Target {
        Service* service = nullptr;
        const Operation* operation = nullptr;
        Route* route = nullptr;
        std::string_view missing;  // known by name, not built
    };

    // A request's body as it was before its client compressed it.
    using Plain = Result<std::string_view>;

    static Plain unpack(const http::Request& request, std::string& unpacked);
    Target find(std::string_view target);
    Target find(const http::Request& request, Media media, const Plain& body);
    static std::string in_query_answer(const Target& target, const http::Response& response,
                                       std::string_view id);
    env::Task<Answer> handle_operation(http::Request& request);
    env::Task<http::Response> handle_page(const http::Request& request);
    env::Task<http::Response> handle_administration(const http::Request& request,
                                                    const AdminPage& page);
    // `packed`: the body is still to be unpacked.
    env::Task<Result<>> run(const http::Request& request, Plain body, bool packed,
                            const Target& target, wire::Format format, Answer& answer);
    void answer_error(const Error& error, const Target& target, wire::Format format,
                      http::Response& response);

    std::string request_id();
    std::string_view date();
    void add_cors(const http::Request& request, http::Response& response);

    env::Env env_;
    auth::Verifier& verifier_;
    std::vector<Service*> services_;
    std::vector<Page> pages_;
    RouterOptions options_;
    std::unordered_map<std::string_view, std::unique_ptr<Route>> routes_;  // by target
    Counter& bytes_in_;
    Counter& bytes_out_;
    uint64_t random_state_;
    int64_t date_s_ = 0;
    std::string date_;
};

// The server's own error names, for services whose table doesn't have one of its own.
ErrorName error_name(Code code, const Service* service);

}  // namespace fors::core
