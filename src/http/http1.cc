// SPDX-License-Identifier: Apache-2.0
// Http1: requests may be answered in any order; the answers leave in the order of the requests.
//
// The queue of exchanges is the whole state: the front one writes to the output, the others into
// their own `held`, and whatever is done at the front is taken off. Ids are running numbers, so an
// id finds its exchange by subtraction.
#include "http/http1.h"

#include <utility>

#include "base/assert.h"

namespace fors::http {

namespace {

// Of answers that were not taken yet; beyond it, requests wait.
constexpr size_t output_bytes_max = 4 << 20;

}  // namespace

Http1::Http1(const Limits& limits, Events& events)
    : limits_(limits), events_(events), parser_(limits) {}

bool Http1::feed(Bytes in) {
    FORS_ASSERT(!parsing_);  // not from inside on_request()
    if (finished()) return false;
    if (deaf_) return true;
    if (backlog_.empty()) parse(in);
    append(backlog_, in);
    // Deaf to wants_input(): a peer that never reads its answers must not fill our memory.
    if (backlog_.size() > limits_.head_bytes_max + limits_.body_bytes_max + (1 << 20)) close();
    return !finished();
}

std::span<std::byte> Http1::input_space() {
    if (closed_ || !wants_input()) return {};
    return parser_.body_space();
}

bool Http1::wants_input() const { return backlog_.empty() && has_room(); }

bool Http1::has_room() const {
    return exchanges_.size() < limits_.pipelined_max && output_.size() < output_bytes_max;
}

// Parses until `in` is used up or must wait.
void Http1::parse(Bytes& in) {
    parsing_ = true;
    while (!in.empty() && has_room()) {
        if (closed_ && !swallowing()) break;
        const Http1Parser::Event event = parser_.parse(in);
        if (parser_.refused()) answer_refusal();
        if (event == Http1Parser::Event::request) {
            deliver();
        } else if (event == Http1Parser::Event::over) {
            in = {};  // after a last request, or after nonsense: not ours to interpret
        }
    }
    continue_if_wanted();
    parsing_ = false;
}

void Http1::deliver() {
    if (shutting_down_ && !exchanges_.empty()) return;  // the answer before it will be the last
    Exchange& exchange = exchanges_.emplace_back();
    exchange.keep_alive = parser_.keep_alive();
    exchange.without_body = parser_.head_method();
    exchange.http10 = parser_.http10();
    ++under_way_;
    const auto id = static_cast<StreamId>(front_id_ + exchanges_.size() - 1);
    events_.on_request(id, parser_.take_request());
}

void Http1::answer_refusal() {
    if (std::exchange(refusal_answered_, true)) return;
    if (shutting_down_ && !exchanges_.empty()) return;
    Exchange& exchange = exchanges_.emplace_back();
    exchange.keep_alive = false;
    exchange.refused = true;
    Response response;
    response.status = parser_.refused();
    put_response(exchange, std::move(response));
    settle(exchange);
}

// "100 Continue" must not come between the parts of an earlier answer, so it waits until those are
// out.
void Http1::continue_if_wanted() {
    if (!exchanges_.empty() || closed_ || !parser_.arriving() || !parser_.wants_continue()) return;
    output_.tail() += "HTTP/1.1 100 Continue\r\n\r\n";
    parser_.continued();
}

// Waits for room for many requests, since what is left over is moved to the front each time.
void Http1::parse_backlog() {
    if (backlog_.empty() || exchanges_.size() > limits_.pipelined_max / 2 || !has_room()) return;
    std::string waiting = std::exchange(backlog_, {});
    Bytes in = as_bytes(waiting);
    parse(in);
    if (closed_) return;
    waiting.erase(0, waiting.size() - in.size());
    backlog_ = std::move(waiting);
}

void Http1::close() {
    closed_ = true;
    exchanges_.clear();
    backlog_.clear();
    under_way_ = 0;
}

void Http1::respond(StreamId stream, Response response) {
    Exchange* exchange = find(stream);
    if (!exchange || exchange->state != State::waiting) return;
    put_response(*exchange, std::move(response));
    --under_way_;
    settle(*exchange);
}

bool Http1::begin(StreamId stream, Response head) {
    Exchange* exchange = find(stream);
    if (!exchange || exchange->state != State::waiting) return false;
    exchange->state = State::streaming;
    exchange->kind = exchange->http10 ? BodyKind::until_close : BodyKind::chunked;
    if (exchange->http10) exchange->keep_alive = false;
    if (!may_have_body(head.status)) {
        exchange->kind = BodyKind::fixed;
        exchange->without_body = true;
    }
    append_head(output_of(*exchange).tail(), head, exchange->kind, keep_alive_of(*exchange));
    put_piece(*exchange, std::move(head.body));
    return true;
}

void Http1::write(StreamId stream, std::string piece) {
    Exchange* exchange = find(stream);
    if (exchange && exchange->state == State::streaming) put_piece(*exchange, std::move(piece));
}

void Http1::end(StreamId stream) {
    Exchange* exchange = find(stream);
    if (!exchange || exchange->state != State::streaming) return;
    if (exchange->kind == BodyKind::chunked && !exchange->without_body)
        output_of(*exchange).tail() += "0\r\n\r\n";
    --under_way_;
    settle(*exchange);
}

size_t Http1::held_bytes(StreamId stream) const {
    const size_t index = stream - front_id_;
    return stream >= front_id_ && index < exchanges_.size() ? exchanges_[index].held.size() : 0;
}

// What is taken makes room for requests that waited; what those are answered at once leaves, too.
void Http1::take_pieces(std::vector<std::string>& pieces) {
    output_.take_pieces(pieces);
    if (parsing_ || backlog_.empty()) return;
    parse_backlog();
    output_.take_pieces(pieces);
}

// Complete requests in the backlog were not begun: their clients may repeat them. The last one in
// it may go on in what comes later.
void Http1::shut_down() {
    shutting_down_ = true;
    deaf_ = deaf_ || !backlog_.empty();
    backlog_.clear();
}

bool Http1::finished() const {
    if (!exchanges_.empty()) return false;
    if (closed_) return !swallowing();
    return shutting_down_ && !request_arriving();
}

bool Http1::request_arriving() const { return parser_.arriving() && !deaf_; }

// The body of a refused request still comes and is thrown away.
bool Http1::swallowing() const { return parser_.refused() != 0 && parser_.arriving(); }

Http1::Exchange* Http1::find(StreamId stream) {
    const size_t index = stream - front_id_;
    if (stream < front_id_ || index >= exchanges_.size()) return nullptr;
    return exchanges_[index].refused ? nullptr : &exchanges_[index];
}

Output& Http1::output_of(Exchange& exchange) {
    return is_front(exchange) ? output_ : exchange.held;
}

// Decides whether this answer is the connection's last, once, when its head is written.
KeepAlive Http1::keep_alive_of(Exchange& exchange) const {
    const bool is_last = &exchange == &exchanges_.back();
    if (!exchange.keep_alive || (shutting_down_ && is_last)) {
        exchange.closes = true;
        return KeepAlive::close;
    }
    return exchange.http10 ? KeepAlive::announced : KeepAlive::implied;
}

void Http1::put_response(Exchange& exchange, Response&& response) {
    Output& output = output_of(exchange);
    append_head(output.tail(), response, BodyKind::fixed, keep_alive_of(exchange));
    if (!exchange.without_body && may_have_body(response.status))
        output.append(std::move(response.body));
}

void Http1::put_piece(Exchange& exchange, std::string&& piece) {
    if (piece.empty() || exchange.without_body) return;  // an empty chunk would be the end
    Output& output = output_of(exchange);
    if (exchange.kind == BodyKind::chunked) append_chunk_size(output.tail(), piece.size());
    output.append(std::move(piece));
    if (exchange.kind == BodyKind::chunked) output.tail() += "\r\n";
}

void Http1::settle(Exchange& exchange) {
    exchange.state = State::done;
    if (!is_front(exchange)) return;
    release_done();
    if (parsing_) return;
    parse_backlog();
    continue_if_wanted();
}

// Takes finished answers off the front and lets the first unfinished one write to the output.
void Http1::release_done() {
    while (!exchanges_.empty()) {
        Exchange& front = exchanges_.front();
        output_.append(std::move(front.held));
        if (front.state != State::done) return;
        if (front.closes) return close();
        exchanges_.pop_front();
        ++front_id_;
    }
}

}  // namespace fors::http
