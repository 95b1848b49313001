// SPDX-License-Identifier: Apache-2.0
// A client of HTTP/1.1: a request is one string, llhttp reads the answers.
#include <llhttp.h>

#include "base/assert.h"
#include "http/client.h"

namespace fors::http {

namespace {

constexpr size_t head_bytes = 768;  // what a signed request's head needs
constexpr int first_final_status = 200;

class Http1Client final : public ClientConnection {
public:
    explicit Http1Client(Events& events) : events_(events) {
        llhttp_init(&parser_, HTTP_RESPONSE, settings());
        parser_.data = this;
    }

    size_t room() const override { return busy_ || over_ ? 0 : 1; }

    StreamId post(const Post& request) override {
        FORS_ASSERT(room() > 0);
        busy_ = true;
        std::string text;
        text.reserve(head_bytes + request.body.size());
        text.append("POST ").append(request.path).append(" HTTP/1.1\r\nhost: ");
        text.append(request.authority).append("\r\n");
        for (const Header& header : request.headers)
            text.append(header.name).append(": ").append(header.value).append("\r\n");
        text.append("content-length: ").append(std::to_string(request.body.size()));
        text.append("\r\n\r\n").append(request.body);
        output_.push_back(std::move(text));
        return ++stream_;
    }

    bool feed(Bytes in) override {
        if (over_) return false;
        const llhttp_errno_t result =
            llhttp_execute(&parser_, reinterpret_cast<const char*>(in.data()), in.size());
        // An answer nobody asked for is as bad as one that can't be read.
        if (result != HPE_OK) end(false);
        return !over_;
    }

    void close() override {
        over_ = true;
        if (!busy_) return;
        // An answer without a length ends with the connection.
        llhttp_finish(&parser_);
        end(false);
    }

    void take_pieces(std::vector<std::string>& pieces) override {
        for (std::string& piece : output_) pieces.push_back(std::move(piece));
        output_.clear();
    }

    std::string_view protocol() const override { return "http/1.1"; }

private:
    static Http1Client& self(llhttp_t* parser) { return *static_cast<Http1Client*>(parser->data); }
    bool provisional() const { return parser_.status_code < first_final_status; }

    static int on_head(llhttp_t* parser) {
        Http1Client& client = self(parser);
        if (!client.busy_) return -1;
        if (!client.provisional()) client.events_.on_head(client.stream_, parser->status_code);
        return 0;
    }
    static int on_body(llhttp_t* parser, const char* at, size_t size) {
        Http1Client& client = self(parser);
        client.events_.on_body(client.stream_, as_bytes({at, size}));
        return 0;
    }
    static int on_whole(llhttp_t* parser) {
        Http1Client& client = self(parser);
        if (client.provisional()) return 0;
        if (llhttp_should_keep_alive(parser) == 0) client.over_ = true;
        client.busy_ = false;
        client.events_.on_end(client.stream_, true);
        return 0;
    }
    static const llhttp_settings_t* settings() {
        static const llhttp_settings_t all = [] {
            llhttp_settings_t made;
            llhttp_settings_init(&made);
            made.on_headers_complete = on_head;
            made.on_body = on_body;
            made.on_message_complete = on_whole;
            return made;
        }();
        return &all;
    }

    void end(bool whole) {
        over_ = true;
        if (!busy_) return;
        busy_ = false;
        events_.on_end(stream_, whole);
    }

    Events& events_;
    llhttp_t parser_{};
    std::vector<std::string> output_;
    StreamId stream_ = 0;
    bool busy_ = false;
    bool over_ = false;
};

}  // namespace

std::unique_ptr<ClientConnection> make_http1_client(ClientConnection::Events& events) {
    return std::make_unique<Http1Client>(events);
}

}  // namespace fors::http
