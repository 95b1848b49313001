// SPDX-License-Identifier: Apache-2.0
// For tests: events that write down what came, and answer at once if told how.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/http.h"

namespace fors::http {

struct SeenRequest {
    StreamId stream;
    Request request;
};

class TestEvents final : public Connection::Events {
public:
    void on_request(StreamId stream, Request request) override {
        seen.push_back({stream, std::move(request)});
        if (answer) answer(stream, seen.back().request);
    }
    void on_cancelled(StreamId stream) override { cancelled.push_back(stream); }

    std::vector<SeenRequest> seen;
    std::vector<StreamId> cancelled;
    std::function<void(StreamId, const Request&)> answer;
};

inline Response text_response(int status, std::string body) {
    Response response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
}

}  // namespace fors::http
