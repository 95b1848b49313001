// SPDX-License-Identifier: Apache-2.0
#include "http/http1_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "http/target.h"

namespace fors::http {

namespace {

constexpr size_t body_space_min = 16 << 10;  // less is copied, together with what comes behind it
constexpr size_t chunk_digits_max = 15;      // no overflow, and more than anybody sends

constexpr auto methods = std::to_array<std::string_view>(
    {"POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"});

// Without a branch or a table, so that the compiler makes it wide.
constexpr char lower(char c) {
    const auto letter = static_cast<unsigned char>(c - 'A') < 26;
    return static_cast<char>(c + (letter << 5));
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
    return std::ranges::equal(text, lower_case, {}, lower);
}

// The characters of a name in small letters; 0: not one of them (RFC 9110, section 5.6.2).
constexpr auto name_characters = [] {
    std::array<char, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"))
        table[static_cast<unsigned char>(c)] = c;
    for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = lower(c);
    return table;
}();

// Nothing but what is seen, blanks and tabs. Sixteen bytes at once, the last ones together with
// some of those before them.
bool is_text(std::string_view text) {
    constexpr size_t wide = 16;
    unsigned char other = 0;
    const auto look_at = [&other](const char* from, size_t count) {
        for (size_t at = 0; at < count; ++at) {
            const auto byte = static_cast<unsigned char>(from[at]);
            other |= static_cast<unsigned char>(((byte < 0x20) & (byte != '\t')) | (byte == 0x7f));
        }
    };
    if (text.size() < wide) {
        look_at(text.data(), text.size());
        return other == 0;
    }
    for (size_t at = 0; at + wide <= text.size(); at += wide) look_at(text.data() + at, wide);
    look_at(text.data() + text.size() - wide, wide);
    return other == 0;
}

bool is_graphic(char c) { return c > ' ' && c < 0x7f; }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

enum class Line : uint8_t { part, whole, too_long };

// Moves bytes from `in` to `line` up to its line feed, `most` at most.
Line take_line(Bytes& in, std::string& line, size_t most) {
    const std::string_view text = as_text(in.first(std::min(in.size(), most)));
    if (text.empty()) return Line::too_long;
    const size_t at = text.find('\n');
    const size_t used = at == text.npos ? text.size() : at + 1;
    line.append(text.substr(0, used));
    in = in.subspan(used);
    return at == text.npos ? Line::part : Line::whole;
}

// Takes CR LF off the end; another end is refused, as is a CR elsewhere by what reads the line.
bool take_line_end(std::string_view& line) {
    if (!line.ends_with("\r\n")) return false;
    line.remove_suffix(2);
    return true;
}

// What headers named Connection say. Offers to upgrade are declined by ignoring them.
struct Stay {
    bool closes = false;
    bool stays = false;

    void note(std::string_view options) {
        while (!options.empty()) {
            const size_t comma = std::min(options.find(','), options.size());
            const std::string_view option = trimmed(options.substr(0, comma));
            closes |= equals_ignoring_case(option, "close");
            stays |= equals_ignoring_case(option, "keep-alive");
            options.remove_prefix(std::min(comma + 1, options.size()));
        }
    }
};

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

Http1Parser::Event Http1Parser::parse(Bytes& in) {
    if (phase_ == Phase::over) return Event::over;
    while (!in.empty()) {
        if (phase_ == Phase::between) begin();
        int status = 0;
        if (!after_head())
            status = take_head(in);
        else if (phase_ == Phase::body)
            take_body(in);
        else
            status = take_framing(in);
        if (status != 0) return stop(status);
        if (refused_ && body_seen_ > 4 * limits_.body_bytes_max) return stop(refused_);
        if (!whole_) continue;
        if (refused_) return stop(refused_);
        phase_ = keep_alive_ ? Phase::between : Phase::over;
        return Event::request;
    }
    return Event::need_more;
}

void Http1Parser::begin() {
    phase_ = Phase::first_line;
    keep_alive_ = true;
    http10_ = chunked_ = wants_continue_ = whole_ = false;
    method_ = {};
    head_seen_ = framing_seen_ = body_seen_ = 0;
    left_ = 0;
    head_.clear();
    line_ = 0;
    framing_.clear();
    fields_.clear();
    body_.clear();
    body_filled_ = 0;
}

int Http1Parser::take_head(Bytes& in) {
    const size_t before = in.size();
    const Line taken = take_line(in, head_, limits_.head_bytes_max - head_seen_);
    head_seen_ += before - in.size();
    if (taken == Line::too_long) return 431;
    // What is no HTTP at all may never have a line end.
    const char first = head_[line_];
    if (phase_ == Phase::first_line && first != '\r' && (first < 'A' || first > 'Z')) return 400;
    if (taken == Line::part) return 0;
    std::string_view line = std::string_view(head_).substr(line_);
    if (!take_line_end(line)) return 400;
    int status = 0;
    if (phase_ == Phase::first_line && line.empty()) {  // empty lines may come before a request
        head_.clear();
        return 0;
    }
    if (phase_ == Phase::first_line)
        status = on_first_line(line);
    else
        status = line.empty() ? on_head() : on_field({head_.data() + line_, line.size()});
    line_ = head_.size();
    return status;
}

int Http1Parser::on_first_line(std::string_view line) {
    const size_t blank = std::min(line.find(' '), line.size());
    const auto* const method = std::ranges::find(methods, line.substr(0, blank));
    if (method == methods.end()) return 400;
    method_ = *method;
    if (method_ == "CONNECT") return 405;
    const size_t target = blank + 1;
    if (target >= line.size()) return 400;
    const size_t end = std::min(line.find(' ', target), line.size());
    target_ = static_cast<uint32_t>(target);  // this line is head_'s first
    target_end_ = static_cast<uint32_t>(end);
    const std::string_view text = line.substr(target, end - target);
    if (text.empty() || !std::ranges::all_of(text, is_graphic)) return 400;
    if (end == line.size()) return 505;  // as HTTP/0.9 has it
    const std::string_view version = line.substr(end + 1);
    http10_ = version == "HTTP/1.0";
    if (!http10_ && version != "HTTP/1.1")
        return version.starts_with("HTTP/") && !version.starts_with("HTTP/1") ? 505 : 400;
    phase_ = Phase::fields;
    return 0;
}

std::optional<Http1Parser::FieldLine> Http1Parser::split_field(std::span<char> line) {
    size_t colon = 0;
    for (; colon < line.size(); ++colon) {
        const char small = name_characters[static_cast<unsigned char>(line[colon])];
        if (small == 0) break;
        line[colon] = small;
    }
    // No name, or a blank before the colon; at the line's begin it would be a folded one.
    if (colon == 0 || colon == line.size() || line[colon] != ':') return std::nullopt;
    const std::string_view text(line.data(), line.size());
    const std::string_view value = text.substr(colon + 1);
    if (!is_text(value)) return std::nullopt;
    return FieldLine{text.substr(0, colon), trimmed(value)};
}

int Http1Parser::on_field(std::span<char> line) {
    const auto parts = split_field(line);
    if (!parts) return 400;
    const auto place = [this](const char* at) { return static_cast<uint32_t>(at - head_.data()); };
    fields_.push_back({place(parts->name.data()), place(parts->name.data() + parts->name.size()),
                       place(parts->value.data()),
                       place(parts->value.data() + parts->value.size())});
    return 0;
}

int Http1Parser::on_head() {
    if (const int status = check_framing()) return status;
    if (const int status = check_expectation()) return status;
    phase_ = chunked_ ? Phase::chunk_size : Phase::body;
    whole_ = !chunked_ && left_ == 0;
    return 0;
}

// One host only: a target that names another than the header is read differently by different
// readers.
bool Http1Parser::target_fits(std::string_view host) const {
    std::string_view target(head_.data() + target_, target_end_ - target_);
    const std::string_view authority = take_authority(target);
    if (target != "*" && !target.starts_with('/') && !target.starts_with('?')) return false;
    return authority.empty() || std::ranges::equal(authority, host, {}, lower, lower);
}

int Http1Parser::check_framing() {
    bool has_length = false;
    std::string_view host;
    size_t hosts = 0;
    Stay stay;
    for (const Field& field : fields_) {
        const std::string_view name = name_of(field);
        const std::string_view value = value_of(field);
        if (name == "content-length") {
            if (std::exchange(has_length, true)) return 400;
            const auto [end, error] =
                std::from_chars(value.data(), value.data() + value.size(), left_);
            if (error != std::errc() || end != value.data() + value.size()) return 400;
        } else if (name == "host") {
            ++hosts;
            host = value;
        } else if (name == "transfer-encoding") {
            if (std::exchange(chunked_, true)) return 400;
            const bool chunked_first = equals_ignoring_case(value.substr(0, 8), "chunked,");
            if (chunked_first || head_[field.value_end] == '\t') return 400;
            if (!equals_ignoring_case(value, "chunked")) return 501;
        } else if (name == "connection") {
            stay.note(value);
        }
    }
    keep_alive_ = !stay.closes && (!http10_ || stay.stays);
    if (hosts > 1 || (hosts == 0 && !http10_)) return 400;
    if (!target_fits(host)) return 400;
    if (chunked_ && (has_length || http10_)) return 400;
    if (left_ > limits_.body_bytes_max) {
        refused_ = 413;
    } else if (left_ > 0) {
        // The padding is for the JSON parser, which reads in wide steps.
        const auto length = static_cast<size_t>(left_);
        body_.reserve(length + body_padding);
        body_.resize_and_overwrite(length, [](char*, size_t size) { return size; });
    }
    return 0;
}

int Http1Parser::check_expectation() {
    for (const Field& field : fields_) {
        if (name_of(field) != "expect" || http10_) continue;
        if (!equals_ignoring_case(value_of(field), "100-continue")) return 417;
        if (refused_) return refused_;  // nothing was sent yet, so nothing need be swallowed
        wants_continue_ = chunked_ || left_ > 0;
    }
    return 0;
}

int Http1Parser::take_framing(Bytes& in) {
    // Chunk extensions, trailers and one-byte chunks may cost so much and no more.
    const size_t most = limits_.head_bytes_max + 16 * body_seen_;
    const size_t before = in.size();
    const Line taken = take_line(in, framing_, most - std::min(most, framing_seen_));
    framing_seen_ += before - in.size();
    if (taken == Line::too_long) return 400;
    if (taken == Line::part) return 0;
    std::string_view line = framing_;
    if (!take_line_end(line)) return 400;
    int status = 0;
    if (phase_ == Phase::chunk_size) {
        status = on_chunk_size(line);
    } else if (phase_ == Phase::chunk_end) {
        status = line.empty() ? 0 : 400;
        phase_ = Phase::chunk_size;
    } else if (line.empty()) {
        whole_ = true;
    } else {
        status = on_trailer({framing_.data(), line.size()});
    }
    framing_.clear();
    return status;
}

int Http1Parser::on_chunk_size(std::string_view line) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
    const auto digits = static_cast<size_t>(end - line.data());
    if (error != std::errc() || digits > chunk_digits_max) return 400;
    const std::string_view extensions = line.substr(digits);  // ignored
    if (!extensions.empty() && (extensions.front() != ';' || !is_text(extensions))) return 400;
    phase_ = left_ > 0 ? Phase::body : Phase::trailer;
    return 0;
}

// Ignored, unless it is one that another reader might frame by.
int Http1Parser::on_trailer(std::span<char> line) {
    const auto parts = split_field(line);
    const bool framing =
        parts && (parts->name == "content-length" || parts->name == "transfer-encoding");
    return parts && !framing ? 0 : 400;
}

void Http1Parser::take_body(Bytes& in) {
    const std::string_view piece = as_text(in.first(std::min<uint64_t>(in.size(), left_)));
    in = in.subspan(piece.size());
    left_ -= piece.size();
    body_seen_ += piece.size();
    wants_continue_ = false;
    if (left_ == 0 && chunked_) phase_ = Phase::chunk_end;
    whole_ = left_ == 0 && !chunked_;
    if (refused_) return;
    if (body_filled_ + piece.size() > limits_.body_bytes_max) {
        refused_ = 413;
        std::string().swap(body_);
        return;
    }
    if (body_filled_ == body_.size())
        body_.append(piece);
    else if (piece.data() != body_.data() + body_filled_)  // else it was read to its place
        std::memcpy(body_.data() + body_filled_, piece.data(), piece.size());
    body_filled_ += piece.size();
}

std::span<std::byte> Http1Parser::body_space() {
    const size_t left = body_.size() - body_filled_;
    if (phase_ != Phase::body || chunked_ || refused_ || left < body_space_min) return {};
    return {reinterpret_cast<std::byte*>(body_.data() + body_filled_), left};
}

Request Http1Parser::take_request() {
    FORS_ASSERT(whole_ && !refused_);
    Request request;
    request.storage = std::make_unique_for_overwrite<char[]>(head_.size());
    std::memcpy(request.storage.get(), head_.data(), head_.size());
    const std::string_view all(request.storage.get(), head_.size());

    request.method = method_;
    std::string_view target = all.substr(target_, target_end_ - target_);
    take_authority(target);
    set_target(request, target);

    request.headers.reserve(fields_.size());
    for (const Field& field : fields_)
        request.headers.push_back({all.substr(field.name, field.name_end - field.name),
                                   all.substr(field.value, field.value_end - field.value)});
    request.body = std::move(body_);
    if (request.body.capacity() < request.body.size() + body_padding)
        request.body.reserve(request.body.size() + body_padding);
    body_ = {};
    return request;
}

// What was refused before stays so: it may have been answered.
Http1Parser::Event Http1Parser::stop(int status) {
    if (refused_ == 0) refused_ = status;
    keep_alive_ = false;
    phase_ = Phase::over;
    return Event::over;
}

std::string_view Http1Parser::name_of(const Field& field) const {
    return {head_.data() + field.name, field.name_end - field.name};
}

std::string_view Http1Parser::value_of(const Field& field) const {
    return {head_.data() + field.value, field.value_end - field.value};
}

}  // namespace fors::http
