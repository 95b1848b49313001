// SPDX-License-Identifier: Apache-2.0
// Connections: bytes to requests, answers to bytes, time-outs, and the orderly end.
#include "server/server.h"

#include <map>
#include <vector>

namespace fors::server {

namespace {

// "127.0.0.1:51234" without its port.
std::string address_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace

// A client's connection. It may be gone when an answer comes: answers find it by its number.
class Server::Connection final : public env::Socket::Events, public http::Connection::Events {
public:
    Connection(Server& server, uint64_t id, std::unique_ptr<env::Socket> socket)
        : server_(server),
          id_(id),
          socket_(std::move(socket)),
          http_(http::make_server_connection(server.options_.http, server.tls_, *this)),
          last_progress_(server.env_.clock.steady_coarse()),
          answers_progress_(last_progress_) {}

    ~Connection() override { cancel_streams(); }

    void start() { socket_->start(*this); }

    void refuse() {
        socket_->send(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        end();
    }

    void on_data(Bytes data) override {
        if (ending_) return;
        if (!http_->request_arriving()) last_progress_ = server_.env_.clock.steady_coarse();
        if (!http_->feed(data)) ending_ = true;
        flush_later();
    }

    std::span<std::byte> input_space() override {
        return ending_ ? std::span<std::byte>() : http_->input_space();
    }

    void on_sent() override {
        last_progress_ = server_.env_.clock.steady_coarse();
        if (std::exchange(full_, false)) return flush_later();
        resume_streams();
        if (ending_ && !flush_scheduled_) server_.close(id_);
    }

    void on_closed() override { server_.close(id_); }

    void on_request(http::StreamId stream, http::Request request) override {
        last_progress_ = server_.env_.clock.steady_coarse();
        if (peer_.empty()) peer_ = address_of(socket_->peer());
        request.peer = peer_;
        request.encrypted = http_->encrypted();
        env::spawn(server_.answer(id_, stream, std::move(request)));
    }

    void on_cancelled(http::StreamId stream) override { cancel_stream(stream); }

    void respond(http::StreamId stream, http::Response response) {
        http_->respond(stream, std::move(response));
        flush_later();
    }

    // False: the client has taken its request back.
    bool begin(http::StreamId stream, http::Response head, std::shared_ptr<core::Body> body) {
        if (!http_->begin(stream, std::move(head))) return false;
        streams_.insert_or_assign(stream, Stream{.body = std::move(body)});
        flush_later();
        return true;
    }

    // `room` is set once more may be written: true, or false when nobody reads on.
    void write(http::StreamId stream, std::string piece, env::Completion<bool>& room) {
        const auto at = streams_.find(stream);
        if (at == streams_.end()) return room.set(false);
        http_->write(stream, std::move(piece));
        at->second.room = &room;
        at->second.waiting_since = server_.env_.clock.steady_coarse();
        waiting_.push_back(stream);
        flush_later();
    }

    void end(http::StreamId stream) {
        streams_.erase(stream);
        http_->end(stream);
        flush_later();
    }

    // What has been sent to us already is answered.
    void shut_down() {
        socket_->take_arrived();
        http_->shut_down();
        for (auto& [stream, each] : streams_) each.body->cancel();
        flush_later();
    }

    // Once a second. What the client lets stand still is ended, and what goes on is noticed.
    void watch(env::Nanoseconds now) {
        const size_t unsent = socket_->unsent_bytes();
        if (unsent < unsent_before_) last_progress_ = now;
        unsent_before_ = unsent;
        const http::Connection::Held held = http_->answers_held();
        if (held.bytes == 0 || held.left != answers_left_) answers_progress_ = now;
        answers_left_ = held.left;
        for (http::StreamId stream : std::vector(waiting_)) {
            const auto at = streams_.find(stream);
            if (at == streams_.end() ||
                now - at->second.waiting_since < server_.options_.stall_timeout)
                continue;
            cancel_stream(stream);
            http_->end(stream);
            flush_later();
        }
    }

    bool busy() const {
        return http_->requests_under_way() > 0 || http_->answers_held().bytes > 0 ||
               flush_scheduled_ || full_ || socket_->unsent_bytes() > 0 ||
               (http_->request_arriving() && !ending_);
    }

    bool timed_out(env::Nanoseconds now) const {
        const auto quiet = now - last_progress_;
        const Options& options = server_.options_;
        if (socket_->unsent_bytes() > 0) return quiet > options.send_timeout;
        // Whatever else the client says: answers that it doesn't let out are not kept for ever.
        if (http_->answers_held().bytes > 0) return now - answers_progress_ > options.send_timeout;
        if (http_->requests_under_way() > 0) return false;
        if (ending_) return quiet > std::chrono::seconds(5);
        if (http_->request_arriving()) return quiet > options.request_timeout;
        return quiet > options.idle_timeout;
    }

private:
    // An answer in pieces.
    struct Stream {
        std::shared_ptr<core::Body> body;
        env::Completion<bool>* room = nullptr;  // of the piece last written
        env::Nanoseconds waiting_since{};
    };

    void resume(Stream& stream, bool goes_on) {
        server_.env_.executor.post(
            [room = std::exchange(stream.room, nullptr), goes_on] { room->set(goes_on); });
    }

    // Back pressure: the next event is asked for once the last one is on its way and the socket
    // isn't full.
    void resume_streams() {
        if (waiting_.empty() || socket_->unsent_bytes() > server_.options_.stream_unsent_max)
            return;
        std::erase_if(waiting_, [&](http::StreamId id) {
            const auto at = streams_.find(id);
            if (at == streams_.end()) return true;
            if (http_->held_bytes(id) > 0) return false;
            resume(at->second, true);
            return true;
        });
    }

    void cancel_stream(http::StreamId id) {
        const auto at = streams_.find(id);
        if (at == streams_.end()) return;
        at->second.body->cancel();
        if (at->second.room) resume(at->second, false);
        std::erase(waiting_, id);
        streams_.erase(at);
    }

    void cancel_streams() {
        while (!streams_.empty()) cancel_stream(streams_.begin()->first);
    }

    // All answers of a turn leave together.
    void flush_later() {
        if (flush_scheduled_) return;
        flush_scheduled_ = true;
        server_.env_.executor.at_turn_end([&server = server_, id = id_] {
            if (Connection* connection = server.find(id)) connection->flush();
            server.check_drained();
        });
    }

    // While the socket is full the answers stay in http_, where they are counted.
    void flush() {
        flush_scheduled_ = false;
        if (full_) return;
        std::vector<std::string>& pieces = server_.pieces_;
        http_->take_pieces(pieces);
        for (std::string& piece : pieces) socket_->send(std::move(piece));
        pieces.clear();
        if (http_->finished()) ending_ = true;
        if (ending_) return end();
        full_ = socket_->unsent_bytes() > server_.options_.unsent_bytes_max;
        read_while(!full_ && http_->wants_input());
        resume_streams();
    }

    void read_while(bool wanted) {
        if (std::exchange(reading_, wanted) != wanted) socket_->pause_reading(!wanted);
    }

    // What still comes is read, and thrown away: so the end of the other side is seen.
    void end() {
        ending_ = true;
        read_while(true);
        if (socket_->unsent_bytes() == 0) {
            server_.close(id_);
            return;
        }
        socket_->finish();
    }

    Server& server_;
    uint64_t id_;
    std::unique_ptr<env::Socket> socket_;
    std::unique_ptr<http::Connection> http_;
    std::string peer_;
    std::map<http::StreamId, Stream> streams_;
    std::vector<http::StreamId> waiting_;  // those with a room to be set
    env::Nanoseconds last_progress_;
    env::Nanoseconds answers_progress_;  // when the client last let out of what http_ holds
    uint64_t answers_left_ = 0;
    size_t unsent_before_ = 0;
    bool flush_scheduled_ = false;
    bool full_ = false;  // the socket; it is filled up again once all was sent
    bool reading_ = true;
    bool ending_ = false;
};

Server::Server(env::Env env, core::Router& router, http::TlsContext* tls, core::Meter& meter,
               Options options)
    : env_(env),
      router_(router),
      tls_(tls),
      options_(options),
      accepted_(meter.counter("fors_connections_accepted_total", "Connections accepted.")),
      timed_out_(
          meter.counter("fors_connections_timed_out_total", "Connections closed by time-out.")) {}

Server::~Server() { env_.executor.cancel(timeout_timer_); }

Result<env::Endpoint> Server::listen(const env::Endpoint& at) {
    auto listener = env_.network.listen(at, *this);
    if (!listener) return std::unexpected(std::move(listener.error()));
    listener_ = std::move(*listener);
    check_timeouts();
    return listener_->endpoint();
}

void Server::on_connection(std::unique_ptr<env::Socket> socket) {
    accepted_.add();
    const uint64_t id = ++last_connection_;
    auto connection = std::make_unique<Connection>(*this, id, std::move(socket));
    Connection& placed = *connection;
    connections_.emplace(id, std::move(connection));
    open_.store(connections_.size(), std::memory_order_relaxed);
    placed.start();
    if (connections_.size() > options_.connections_max) placed.refuse();
}

env::Task<void> Server::answer(uint64_t connection, http::StreamId stream, http::Request request) {
    auto handling = router_.handle(std::move(request));
    auto answer = co_await std::move(handling);
    Connection* to = find(connection);
    if (!to) {
        if (answer.body) answer.body->cancel();
    } else if (answer.body) {
        auto streaming = this->stream(connection, stream, std::move(answer));
        co_await std::move(streaming);
    } else {
        to->respond(stream, std::move(answer.response));
    }
}

// Event by event; the connection may be gone after each wait.
env::Task<void> Server::stream(uint64_t connection, http::StreamId stream, core::Answer answer) {
    const std::shared_ptr<core::Body> body = answer.body;
    if (!find(connection)->begin(stream, std::move(answer.response), body)) {
        body->cancel();
        co_return;
    }
    if (stopping_) body->cancel();
    for (;;) {
        auto coming = body->next();
        auto piece = co_await std::move(coming);
        Connection* to = find(connection);
        if (!to) co_return;
        if (!piece) co_return to->end(stream);
        env::Completion<bool> room;
        to->write(stream, std::move(*piece), room);
        if (!co_await room) co_return;
    }
}

Server::Connection* Server::find(uint64_t connection) {
    const auto at = connections_.find(connection);
    return at == connections_.end() ? nullptr : at->second.get();
}

// Destroyed in a later turn: the caller may be the connection itself.
void Server::close(uint64_t connection) {
    const auto at = connections_.find(connection);
    if (at == connections_.end()) return;
    auto leaving = std::make_shared<std::unique_ptr<Connection>>(std::move(at->second));
    connections_.erase(at);
    open_.store(connections_.size(), std::memory_order_relaxed);
    env_.executor.post([leaving] { leaving->reset(); });
    check_drained();
}

void Server::check_timeouts() {
    const auto now = env_.clock.steady();
    std::vector<uint64_t> late;
    for (const auto& [id, connection] : connections_) {
        connection->watch(now);
        if (connection->timed_out(now)) late.push_back(id);
    }
    for (uint64_t id : late) {
        timed_out_.add();
        close(id);
    }
    check_drained();
    timeout_timer_ = env_.executor.after(std::chrono::seconds(1), [this] { check_timeouts(); });
}

void Server::shut_down(std::function<void()> drained) {
    stopping_ = true;
    if (listener_) listener_->take_waiting();
    listener_.reset();
    std::vector<uint64_t> ids;
    ids.reserve(connections_.size());
    for (const auto& [id, connection] : connections_) ids.push_back(id);
    for (uint64_t id : ids)
        if (Connection* connection = find(id)) connection->shut_down();
    drained_ = std::move(drained);  // not before all were asked for what has arrived
    env_.executor.post([this] { check_drained(); });
}

void Server::check_drained() {
    if (!stopping_ || !drained_) return;
    for (const auto& [id, connection] : connections_)
        if (connection->busy()) return;
    std::exchange(drained_, nullptr)();
}

}  // namespace fors::server
