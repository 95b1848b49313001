// SPDX-License-Identifier: Apache-2.0
// As little of HTTP as the simulation needs.
#include "client_protocol.h"

#include <cstdlib>

#include "http/test_http2_client.h"

namespace fors::test {

namespace {

class Http1 final : public ClientProtocol {
public:
    std::string request(const Headers& headers, const std::string& content) override {
        status = 0;
        body.clear();
        ended = false;
        received_.clear();
        std::string text = "POST / HTTP/1.1\r\n";
        for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
        return text + "content-length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
    }

    std::string feed(Bytes data) override {
        append(received_, data);
        if (status == 0) take_head();
        if (status == 0 || ended) return {};
        if (!chunked_) {
            body += std::exchange(received_, {});
            ended = body.size() >= length_;
        } else {
            take_chunks();
        }
        return {};
    }

private:
    void take_head() {
        const size_t end = received_.find("\r\n\r\n");
        if (end == std::string::npos) return;
        status = std::atoi(received_.c_str() + 9);
        const std::string head = received_.substr(0, end + 2);
        received_.erase(0, end + 4);
        const size_t length = head.find("content-length: ");
        chunked_ = length == std::string::npos;
        length_ = chunked_ ? 0 : std::strtoul(head.c_str() + length + 16, nullptr, 10);
    }

    void take_chunks() {
        while (true) {
            const size_t line = received_.find("\r\n");
            if (line == std::string::npos) return;
            const size_t size = std::strtoul(received_.c_str(), nullptr, 16);
            ended = size == 0;
            if (ended || received_.size() < line + 2 + size + 2) return;
            body += received_.substr(line + 2, size);
            received_.erase(0, line + 2 + size + 2);
        }
    }

    std::string received_;
    size_t length_ = 0;
    bool chunked_ = false;
};

class Http2 final : public ClientProtocol {
public:
    std::string request(const Headers& headers, const std::string& content) override {
        status = 0;
        body.clear();
        ended = false;
        Headers more;
        for (const auto& each : headers)
            if (each.first != "host") more.push_back(each);
        stream_ = client_.request("POST", "/", more, content);
        return client_.take_output();
    }

    std::string feed(Bytes data) override {
        client_.feed(std::string(reinterpret_cast<const char*>(data.data()), data.size()));
        http::Http2Answer& answer = client_.answers[stream_];
        if (!answer.statuses.empty()) status = answer.statuses.back();
        body += std::exchange(answer.body, {});
        ended = answer.ended || answer.closed;
        return client_.take_output();
    }

private:
    http::Http2Client client_;
    int32_t stream_ = 0;
};

}  // namespace

std::unique_ptr<ClientProtocol> make_http1_client() { return std::make_unique<Http1>(); }
std::unique_ptr<ClientProtocol> make_http2_client() { return std::make_unique<Http2>(); }

}  // namespace fors::test
