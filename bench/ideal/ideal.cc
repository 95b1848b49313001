// SPDX-License-Identifier: Apache-2.0
// The ideal server of ./dev bench: what a durable, verified put can't do without, and nothing else.
//
// For PutRecord and PutRecords (JSON, HTTP/1.1 keep-alive) one thread receives, takes the SHA-256
// of the body, verifies Signature Version 4 with a cached signing key, walks the JSON, takes the
// MD5 of each partition key and decodes the data straight into the open batch. A second thread
// writes a batch with its checksum into a prewritten file, one direct and synced write each; then
// all who wait for it get their answers, which are shaped as fors' are.
//
// Left out, and what fors pays for being a server:
// - streams: any name is a stream of four shards; no catalogue, limits, policies, tags, encryption
// - validation: a request that is not as the SDKs send it gets a bare 400; no member is checked
//   against its limits; the age of a signature is not looked at
// - reading: the file is a ring that overwrites itself; nothing is indexed, cached, sorted into
//   chunks, expired, recovered; each record is written once
// - HTTP: no chunked bodies, no HTTP/2, TLS, CBOR; an answer blocks the requests behind it
// - metrics, logs, time-outs, limits of connections; a batch that is full ends the program
//
// bench_ideal FOLDER listens on a free port of loopback, says "ready PORT" and ends by a signal.
// Credentials come from FORS_ACCESS_KEY_ID and FORS_SECRET_ACCESS_KEY.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log.h"
#include "puts.h"
#include "request.h"

namespace ideal {

constexpr size_t request_bytes_max = 16 << 20;
constexpr size_t gather_bytes = 256 << 10;  // smaller batches wait a turn for those just answered

struct Connection {
    int socket;
    std::unique_ptr<char[]> in;
    size_t room = 0;
    size_t have = 0;
    size_t request = 0;  // bytes of the one at the front, once its head is there
    size_t head = 0;
    std::string out;
    size_t sent = 0;
    bool waiting = false;  // for the log
    bool gone = false;

    void grow(size_t to) {
        auto larger = std::make_unique_for_overwrite<char[]>(to + simdjson::SIMDJSON_PADDING);
        std::memcpy(larger.get(), in.get(), have);
        in = std::move(larger);
        room = to;
    }
};

class Server {
public:
    Server(Log& log, Verifier verifier) : log_(log), verifier_(std::move(verifier)) {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        auto* at = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, at, length) != 0 || listen(listener_, 4096) != 0) die("listen");
        getsockname(listener_, at, &length);
        watch(listener_, EPOLL_CTL_ADD, EPOLLIN, &listener_);
        watch(log_.done(), EPOLL_CTL_ADD, EPOLLIN, &log_);
        std::printf("ready %d\n", ntohs(address.sin_port));
        std::fflush(stdout);
    }

    void turn() {
        std::array<epoll_event, 256> events;
        const int count = epoll_wait(epoll_, events.data(), 256, flush_next_turn_ ? 0 : -1);
        bool flush = std::exchange(flush_next_turn_, false) || !in_flight_;
        for (const epoll_event& event :
             std::span(events).first(static_cast<size_t>(std::max(count, 0)))) {
            if (event.data.ptr == &listener_) {
                accept();
            } else if (event.data.ptr == &log_) {
                written();
                flush = open_->size >= gather_bytes;
                flush_next_turn_ = !flush;
            } else {
                ready(*static_cast<Connection*>(event.data.ptr), event.events);
            }
        }
        dead_.clear();
        if (!flush || in_flight_ || open_->waiters.empty()) return;
        in_flight_ = std::exchange(open_, spare_);
        log_.write(*in_flight_);
    }

private:
    void watch(int fd, int what, uint32_t events, void* owner) {
        epoll_event event{.events = events, .data = {.ptr = owner}};
        epoll_ctl(epoll_, what, fd, &event);
    }

    void accept() {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        const int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        auto* connection = new Connection{.socket = fd};
        connection->grow(16 << 10);
        watch(fd, EPOLL_CTL_ADD, EPOLLIN, connection);
    }

    void ready(Connection& connection, uint32_t events) {
        if (events & EPOLLOUT) send(connection);
        if (!(events & ~EPOLLOUT) || connection.gone) return;
        if (connection.have == connection.room) connection.grow(2 * connection.room);
        const ssize_t got = recv(connection.socket, connection.in.get() + connection.have,
                                 connection.room - connection.have, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) return lose(connection);
        connection.have += static_cast<size_t>(got);
        serve(connection);
    }

    void serve(Connection& connection) {
        while (!connection.waiting && !connection.gone && take_request(connection)) continue;
        if (connection.have > 2 * request_bytes_max) lose(connection);
    }

    // Whether a whole request was at the front of the buffer.
    bool take_request(Connection& connection) {
        if (connection.have < connection.request) return false;
        const string_view all(connection.in.get(), connection.have);
        const size_t end = all.find("\r\n\r\n");
        if (end == all.npos) return false;
        Request request;
        size_t length = 0;
        const bool parsed = request.parse(all.substr(0, end));
        const string_view digits = request.header("content-length");
        std::from_chars(digits.data(), digits.data() + digits.size(), length);
        connection.request = end + 4 + length;
        if (!parsed || connection.request > request_bytes_max) return lose(connection), false;
        if (connection.request > connection.room) connection.grow(connection.request);
        if (connection.have < connection.request) return false;
        request.body = all.substr(end + 4, length);
        handle(connection, request);
        connection.have -= connection.request;
        if (connection.have > 0)
            std::memmove(connection.in.get(), connection.in.get() + connection.request,
                         connection.have);
        connection.request = 0;
        return true;
    }

    void handle(Connection& connection, const Request& request) {
        string_view operation = request.header("x-amz-target");
        take(operation, ".");
        const size_t before = open_->size;
        answer_.clear();
        bool good = verifier_.verify(request);
        if (operation == "PutRecord")
            good = good && puts_.put_record(request.body, *open_, answer_);
        else
            good = good && puts_.put_records(request.body, *open_, answer_);
        connection.out = good ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 400 Bad Request\r\n";
        connection.out += "content-type: application/x-amz-json-1.1\r\nx-amzn-requestid: ";
        append_request_id(connection.out);
        connection.out += "\r\nx-amz-id-2: ";
        connection.out.append(100, 'A').append("\r\ndate: ").append(date());
        connection.out += "\r\ncontent-length: ";
        connection.out += std::to_string(good ? answer_.size() : 0);
        connection.out += "\r\n\r\n";
        if (!good) {
            open_->size = before;
            return send(connection);
        }
        connection.out += answer_;
        connection.waiting = true;
        open_->waiters.push_back(&connection);
    }

    void append_request_id(std::string& out) {
        std::array<char, 37> text;
        std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012llx", ++requests_);
        out.append(text.data(), 36);
    }

    const std::string& date() {
        const std::time_t now = std::time(nullptr);
        if (now == dated_) return date_;
        dated_ = now;
        date_.resize(29);
        std::strftime(date_.data(), 30, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&now));
        return date_;
    }

    // What waited for the log gets its answers.
    void written() {
        eventfd_t count;
        eventfd_read(log_.done(), &count);
        Batch& batch = *std::exchange(in_flight_, nullptr);
        for (Connection* connection : batch.waiters) {
            connection->waiting = false;
            if (connection->gone) {
                dead_.emplace_back(connection);
                continue;
            }
            send(*connection);
            serve(*connection);
        }
        batch.waiters.clear();
        batch.size = batch_head_bytes;
        spare_ = &batch;
    }

    void send(Connection& connection) {
        const bool was_blocked = connection.sent > 0;
        while (connection.sent < connection.out.size()) {
            const ssize_t sent = ::send(connection.socket, connection.out.data() + connection.sent,
                                        connection.out.size() - connection.sent, MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) return lose(connection);
            if (sent < 0)
                return watch(connection.socket, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT, &connection);
            connection.sent += static_cast<size_t>(sent);
        }
        connection.out.clear();
        connection.sent = 0;
        if (was_blocked) watch(connection.socket, EPOLL_CTL_MOD, EPOLLIN, &connection);
    }

    // Events of this turn may still name it, and the batch under way: it goes when none does.
    void lose(Connection& connection) {
        if (connection.gone) return;
        connection.gone = true;
        close(connection.socket);
        if (!connection.waiting) dead_.emplace_back(&connection);
    }

    Log& log_;
    Verifier verifier_;
    Puts puts_;
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    int listener_ = -1;
    std::array<Batch, 2> batches_;
    Batch* open_ = &batches_[0];
    Batch* spare_ = &batches_[1];
    Batch* in_flight_ = nullptr;
    bool flush_next_turn_ = false;
    std::vector<std::unique_ptr<Connection>> dead_;
    std::string answer_;
    unsigned long long requests_ = 0;
    std::time_t dated_ = 0;
    std::string date_;
};

}  // namespace ideal

int main(int count, char** arguments) {
    const char* key_id = std::getenv("FORS_ACCESS_KEY_ID");
    const char* secret = std::getenv("FORS_SECRET_ACCESS_KEY");
    if (count != 2 || !key_id || !secret) {
        std::fputs("usage: bench_ideal FOLDER, with FORS_ACCESS_KEY_ID, FORS_SECRET_ACCESS_KEY\n",
                   stderr);
        return 2;
    }
    ideal::Log log(std::string(arguments[1]) + "/log");
    ideal::Server server(log, ideal::Verifier(key_id, secret));
    for (;;) server.turn();
}
