// SPDX-License-Identifier: Apache-2.0
// Http1Parser: llhttp finds the parts; they are gathered into one head buffer, which the request's
// views point into.
#include "http/http1_parser.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "http/target.h"

namespace fors::http {

namespace {

constexpr size_t body_space_min = 16 << 10;  // less is copied, together with what comes behind it

// Without a branch or a table, so that the compiler makes it wide.
constexpr char lower(char c) {
    const auto letter = static_cast<unsigned char>(c - 'A') < 26;
    return static_cast<char>(c + (letter << 5));
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
    return std::ranges::equal(text, lower_case, {}, lower);
}

// Takes scheme and authority off the front of an absolute-form target ("http://host/path"): the
// authority, empty for other forms.
std::string_view take_authority(std::string_view& target) {
    for (std::string_view scheme : {"http://", "https://"}) {
        if (target.size() < scheme.size()) continue;
        if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        const size_t path = std::min(target.find_first_of("/?", scheme.size()), target.size());
        const std::string_view authority = target.substr(scheme.size(), path - scheme.size());
        target = path == target.size() ? std::string_view("/") : target.substr(path);
        return authority;
    }
    return {};
}

}  // namespace

// llhttp calls these; they only note what was found. Requests are delivered outside of them.
struct Http1Callbacks {
    static Http1Parser& self(llhttp_t* parser) { return *static_cast<Http1Parser*>(parser->data); }

    template <int (Http1Parser::*method)(std::string_view)>
    static int piece(llhttp_t* parser, const char* at, size_t size) {
        return (self(parser).*method)({at, size});
    }
    static int value_complete(llhttp_t* parser) { return self(parser).on_value_complete(); }
    static int head_complete(llhttp_t* parser) { return self(parser).on_head(); }
    static int chunk_size(llhttp_t* parser) { return self(parser).on_chunk_size(); }
    static int message_complete(llhttp_t* parser) {
        self(parser).whole_ = true;
        return HPE_PAUSED;
    }

    static const llhttp_settings_t* settings() {
        static const llhttp_settings_t all = [] {
            llhttp_settings_t s;
            llhttp_settings_init(&s);
            s.on_url = piece<&Http1Parser::on_url>;
            s.on_header_field = piece<&Http1Parser::on_name>;
            s.on_header_value = piece<&Http1Parser::on_value>;
            s.on_header_value_complete = value_complete;
            s.on_headers_complete = head_complete;
            s.on_chunk_header = chunk_size;
            s.on_body = piece<&Http1Parser::on_body>;
            s.on_message_complete = message_complete;
            return s;
        }();
        return &all;
    }
};

Http1Parser::Http1Parser(const Limits& limits) : limits_(limits) {
    llhttp_init(&parser_, HTTP_REQUEST, Http1Callbacks::settings());
    parser_.data = this;
}

Http1Parser::Event Http1Parser::parse(Bytes& in) {
    if (phase_ == Phase::over) return Event::over;
    while (!in.empty()) {
        if (phase_ == Phase::between) begin();
        const bool in_head = phase_ == Phase::head;
        const size_t size =
            in_head ? std::min(in.size(), limits_.head_bytes_max - head_seen_) : in.size();
        if (size == 0) return stop(431);

        const char* const data = as_text(in).data();
        const size_t body_before = body_seen_;
        piece_begin_ = data;
        const bool in_lines = in_head || phase_ == Phase::trailer;
        if (in_lines && !lines_end_properly({data, size})) return stop(400);
        value_end_ = nullptr;
        const llhttp_errno_t result = llhttp_execute(&parser_, data, size);
        const bool paused = result == HPE_PAUSED;
        if (result != HPE_OK && !paused) return stop(refused_ ? refused_ : 400);
        const size_t used =
            paused ? static_cast<size_t>(llhttp_get_error_pos(&parser_) - data) : size;
        if (used > 0) last_byte_ = data[used - 1];
        line_end_pending_ = part_ == Part::name && line_end_before(data + used);
        in = in.subspan(used);

        const bool ended = in_head ? phase_ != Phase::head : whole_;
        if (in_lines && ended != lines_over_) return stop(400);  // two readings of where they end
        if (phase_ == Phase::head) {
            head_seen_ += used;
        } else if (!in_head) {
            framing_seen_ += used - (body_seen_ - body_before);
            // Chunk extensions, trailers and one-byte chunks may cost so much and no more.
            if (framing_seen_ > limits_.head_bytes_max + 16 * body_seen_) return stop(400);
        }
        if (refused_ && body_seen_ > 4 * limits_.body_bytes_max) return stop(refused_);
        if (!paused) continue;
        llhttp_resume(&parser_);
        if (!whole_) continue;
        if (refused_) return stop(refused_);
        phase_ = keep_alive_ ? Phase::between : Phase::over;
        return Event::request;
    }
    return Event::need_more;
}

void Http1Parser::begin() {
    phase_ = Phase::head;
    part_ = Part::none;
    whole_ = wants_continue_ = line_end_pending_ = lines_begun_ = lines_over_ = false;
    line_size_ = 0;
    keep_alive_ = true;
    last_byte_ = '\n';
    head_seen_ = framing_seen_ = body_seen_ = 0;
    url_end_ = 0;
    head_.clear();
    fields_.clear();
    body_.clear();
    body_filled_ = 0;
}

int Http1Parser::on_url(std::string_view piece) {
    head_.append(piece);
    url_end_ = static_cast<uint32_t>(head_.size());
    return 0;
}

int Http1Parser::on_name(std::string_view piece) {
    if (phase_ != Phase::head) return 0;  // a trailer: ignored
    if (part_ != Part::name) {
        // A field begins after a line feed. This refuses fields parted by a lone carriage return,
        // which other readers of the same bytes would take for a part of the value before.
        const char before = piece.data() == piece_begin_ ? last_byte_ : piece.data()[-1];
        if (before != '\n') return refuse(400);
        const auto at = static_cast<uint32_t>(head_.size());
        fields_.push_back({at, at, at});
        part_ = Part::name;
    }
    const size_t old_size = head_.size();
    head_.append(piece);
    for (char& c : std::span(head_).subspan(old_size)) c = lower(c);
    fields_.back().value = static_cast<uint32_t>(head_.size());
    return 0;
}

int Http1Parser::on_value(std::string_view piece) {
    if (phase_ != Phase::head) return 0;
    if (piece.empty()) return 0;
    if (part_ == Part::value) {
        // A gap between pieces, or a line end before one, means a folded line: obsolete, and read
        // differently by different readers.
        const bool first = piece.data() == piece_begin_;
        const bool joined =
            first ? last_byte_ != '\n' && last_byte_ != '\r' : value_end_ == piece.data();
        if (!joined) return refuse(400);
    } else if (line_end_before(piece.data())) {
        return refuse(400);  // folded before its first byte
    }
    part_ = Part::value;
    value_end_ = piece.data() + piece.size();
    head_.append(piece);
    return 0;
}

// Whether the blanks before `at` hold a line end; those of earlier feeds are remembered in
// line_end_pending_.
bool Http1Parser::line_end_before(const char* at) const {
    for (; at > piece_begin_; --at) {
        if (at[-1] == '\r' || at[-1] == '\n') return true;
        if (at[-1] != ' ' && at[-1] != '\t') return false;
    }
    return line_end_pending_;
}

// Every line must end in CR LF: llhttp takes a lone LF in a few places, and who takes it elsewhere
// reads other lines than we do. Remembers across pieces how long the line is, to see the empty one.
bool Http1Parser::lines_end_properly(std::string_view piece) {
    size_t line = 0;
    while (!lines_over_) {
        if (line_size_ == 0 && line < piece.size()) line_first_ = piece[line];
        const size_t at = piece.find('\n', line);
        if (at == std::string_view::npos) {
            line_size_ += piece.size() - line;
            return true;
        }
        if ((at > 0 ? piece[at - 1] : last_byte_) != '\r') return false;
        line_size_ += at + 1 - line;
        if (line_size_ > 2 && line_first_ == '\r') return false;  // no empty line, and no other
        lines_over_ = lines_begun_ && line_size_ == 2;
        lines_begun_ |= line_size_ > 2;  // empty lines may come before a request
        line_size_ = 0;
        line = at + 1;
    }
    return true;
}

int Http1Parser::on_value_complete() {
    if (phase_ != Phase::head) return 0;
    if (part_ == Part::none) return refuse(400);
    Field& field = fields_.back();
    if (field.value == field.name) return refuse(400);  // ": value", which llhttp lets pass
    size_t end = head_.size();
    while (end > field.value && (head_[end - 1] == ' ' || head_[end - 1] == '\t')) --end;
    field.value_end = static_cast<uint32_t>(end);
    part_ = Part::none;
    return 0;
}

int Http1Parser::on_head() {
    phase_ = Phase::body;
    keep_alive_ = llhttp_should_keep_alive(&parser_) != 0;
    parser_.upgrade = 0;  // offers to upgrade are declined by ignoring them
    if (parser_.http_major != 1 || parser_.http_minor > 1) return refuse(505);
    if (parser_.method == HTTP_CONNECT || parser_.method == HTTP_PRI) return refuse(405);
    if (const int result = check_framing()) return result;
    if (const int result = check_expectation()) return result;
    // A pause tells exactly where the head ends, which the count of framing bytes needs.
    return parser_.flags & F_CHUNKED ? HPE_PAUSED : HPE_OK;
}

// Behind the last chunk come lines again.
int Http1Parser::on_chunk_size() {
    if (parser_.content_length > 0) return HPE_OK;
    phase_ = Phase::trailer;
    lines_begun_ = true;
    lines_over_ = false;
    line_size_ = 0;
    return HPE_PAUSED;
}

// One host only: a target that names another than the header is read differently by different
// readers.
bool Http1Parser::target_fits(std::string_view host) const {
    std::string_view target = std::string_view(head_).substr(0, url_end_);
    const std::string_view authority = take_authority(target);
    if (target != "*" && !target.starts_with('/') && !target.starts_with('?')) return false;
    return authority.empty() || std::ranges::equal(authority, host, {}, lower, lower);
}

int Http1Parser::check_framing() {
    bool has_length = false;
    std::string_view host;
    size_t hosts = 0;
    size_t encodings = 0;
    for (const Field& field : fields_) {
        const std::string_view name(head_.data() + field.name, field.value - field.name);
        if (name == "content-length") {
            if (std::exchange(has_length, true)) return refuse(400);
        } else if (name == "host") {
            ++hosts;
            host = value_of(field);
        } else if (name == "transfer-encoding") {
            if (!equals_ignoring_case(value_of(field), "chunked")) return refuse(501);
            ++encodings;
        }
    }
    if (hosts > 1 || (hosts == 0 && !http10())) return refuse(400);
    if (!target_fits(host)) return refuse(400);
    if (encodings > 1 || (encodings == 1 && (has_length || http10()))) return refuse(400);
    if (has_length && parser_.content_length > limits_.body_bytes_max) {
        refused_ = 413;
        return 0;
    }
    if (has_length && parser_.content_length > 0) {
        // The padding is for the JSON parser, which reads in wide steps.
        const auto length = static_cast<size_t>(parser_.content_length);
        body_.reserve(length + body_padding);
        body_.resize_and_overwrite(length, [](char*, size_t size) { return size; });
    }
    return 0;
}

int Http1Parser::check_expectation() {
    for (const Field& field : fields_) {
        const std::string_view name(head_.data() + field.name, field.value - field.name);
        if (name != "expect" || http10()) continue;
        if (!equals_ignoring_case(value_of(field), "100-continue")) return refuse(417);
        if (refused_)
            return refuse(refused_);  // nothing was sent yet, so nothing need be swallowed
        wants_continue_ = (parser_.flags & F_CHUNKED) || parser_.content_length > 0;
    }
    return 0;
}

int Http1Parser::on_body(std::string_view piece) {
    body_seen_ += piece.size();
    wants_continue_ = false;
    if (refused_) return 0;
    if (body_filled_ + piece.size() > limits_.body_bytes_max) {
        refused_ = 413;
        std::string().swap(body_);
        return 0;
    }
    if (body_filled_ == body_.size())
        body_.append(piece);
    else if (piece.data() != body_.data() + body_filled_)  // else it was read to its place
        std::memcpy(body_.data() + body_filled_, piece.data(), piece.size());
    body_filled_ += piece.size();
    return 0;
}

std::span<std::byte> Http1Parser::body_space() {
    const size_t left = body_.size() - body_filled_;
    if (phase_ != Phase::body || refused_ || left < body_space_min) return {};
    return {reinterpret_cast<std::byte*>(body_.data() + body_filled_), left};
}

Request Http1Parser::take_request() {
    FORS_ASSERT(whole_ && !refused_);
    Request request;
    request.storage = std::make_unique_for_overwrite<char[]>(head_.size());
    std::memcpy(request.storage.get(), head_.data(), head_.size());
    const std::string_view all(request.storage.get(), head_.size());

    request.method = llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
    std::string_view target = all.substr(0, url_end_);
    take_authority(target);
    set_target(request, target);

    request.headers.reserve(fields_.size());
    for (const Field& field : fields_)
        request.headers.push_back({all.substr(field.name, field.value - field.name),
                                   all.substr(field.value, field.value_end - field.value)});
    request.body = std::move(body_);
    if (request.body.capacity() < request.body.size() + body_padding)
        request.body.reserve(request.body.size() + body_padding);
    body_ = {};
    return request;
}

int Http1Parser::refuse(int status) {
    refused_ = status;
    return HPE_USER;
}

Http1Parser::Event Http1Parser::stop(int status) {
    refused_ = status;
    keep_alive_ = false;
    phase_ = Phase::over;
    return Event::over;
}

std::string_view Http1Parser::value_of(const Field& field) const {
    return std::string_view(head_).substr(field.value, field.value_end - field.value);
}

}  // namespace fors::http
