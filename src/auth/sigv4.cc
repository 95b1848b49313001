// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4 as the AWS guide "Create a signed API request" lays it down.
#include "auth/sigv4.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

namespace fors::auth {

namespace {

constexpr char hex_upper[] = "0123456789ABCDEF";

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void percent_encode(std::string_view text, bool keep_slash, std::string& out) {
    for (char c : text) {
        if (unreserved(c) || (keep_slash && c == '/')) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(hex_upper[byte >> 4]);
        out.push_back(hex_upper[byte & 15]);
    }
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The path with "." and ".." taken out, each segment encoded once more (all services but S3).
void append_path(std::string_view path, std::string& out) {
    std::vector<std::string_view> segments;
    size_t at = 0;
    while (at < path.size()) {
        size_t end = path.find('/', at);
        if (end == path.npos) end = path.size();
        const std::string_view segment = path.substr(at, end - at);
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
        at = end + 1;
    }
    out.push_back('/');
    for (size_t index = 0; index < segments.size(); ++index) {
        if (index > 0) out.push_back('/');
        percent_encode(segments[index], true, out);
    }
    if (!segments.empty() && path.ends_with('/')) out.push_back('/');
}

void append_query(std::string_view query, bool drop_signature, std::string& out) {
    std::vector<std::pair<std::string, std::string>> parameters;
    size_t at = 0;
    while (at < query.size()) {
        size_t end = query.find('&', at);
        if (end == query.npos) end = query.size();
        const std::string_view pair = query.substr(at, end - at);
        at = end + 1;
        if (pair.empty()) continue;
        const size_t equals = std::min(pair.find('='), pair.size());
        const std::string name = percent_decode(pair.substr(0, equals));
        if (drop_signature && name == "X-Amz-Signature") continue;
        auto& [to_name, to_value] = parameters.emplace_back();
        percent_encode(name, false, to_name);
        if (equals < pair.size())
            percent_encode(percent_decode(pair.substr(equals + 1)), false, to_value);
    }
    std::ranges::sort(parameters);
    for (size_t index = 0; index < parameters.size(); ++index) {
        if (index > 0) out.push_back('&');
        out.append(parameters[index].first).append("=").append(parameters[index].second);
    }
}

// Without blanks at the ends, runs of blanks within made one.
void append_trimmed(std::string_view value, std::string& out) {
    if (!value.contains(' ') && !value.contains('\t')) {  // most are so
        out.append(value);
        return;
    }
    bool blank = false;
    bool begun = false;
    for (char c : value) {
        if (c == ' ' || c == '\t') {
            blank = begun;
            continue;
        }
        if (blank) out.push_back(' ');
        blank = false;
        begun = true;
        out.push_back(c);
    }
}

void append_header(std::string_view name, std::span<const http::Header> headers, std::string& out) {
    out.append(name).push_back(':');
    // The JavaScript SDK signs HTTP/2's own name of the host; http gives it as "host".
    const std::string_view wanted = name == ":authority" ? "host" : name;
    bool first = true;
    for (const http::Header& header : headers) {
        if (header.name != wanted) continue;
        if (!first) out.push_back(',');
        first = false;
        append_trimmed(header.value, out);
    }
    out.push_back('\n');
}

}  // namespace

HexDigest hex(const Digest& digest) {
    // By arithmetic and in two passes, so that the compiler does many at once.
    std::array<uint8_t, 2 * sizeof(Digest)> halves;
    for (size_t at = 0; at < digest.size(); ++at) {
        halves[2 * at] = digest[at] >> 4;
        halves[2 * at + 1] = digest[at] & 15;
    }
    HexDigest text;
    for (size_t at = 0; at < halves.size(); ++at) {
        const int letter = halves[at] > 9 ? 'a' - '0' - 10 : 0;
        text.digits[at] = static_cast<char>('0' + halves[at] + letter);
    }
    return text;
}

HmacKey signing_key(std::string_view secret, const Scope& scope) {
    const std::string first = "AWS4" + std::string(secret);
    HmacKey key({reinterpret_cast<const uint8_t*>(first.data()), first.size()});
    for (const std::string_view part : {scope.day, scope.region, scope.service})
        key = HmacKey(key.sign(part));
    return HmacKey(key.sign("aws4_request"));
}

std::string canonical_request(const CanonicalInput& input, std::string buffer) {
    std::string out = std::move(buffer);
    out.clear();
    out.reserve(512);
    out.append(input.method).push_back('\n');
    append_path(input.path, out);
    out.push_back('\n');
    append_query(input.query, input.drop_signature, out);
    out.push_back('\n');
    std::string_view names = input.signed_headers;
    while (!names.empty()) {
        const size_t end = std::min(names.find(';'), names.size());
        append_header(names.substr(0, end), input.headers, out);
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    out.push_back('\n');
    out.append(input.signed_headers).push_back('\n');
    out.append(input.payload_hash);
    return out;
}

std::string string_to_sign(std::string_view amz_date, const Scope& scope,
                           const Digest& canonical_hash, std::string buffer) {
    std::string out = std::move(buffer);
    out.assign("AWS4-HMAC-SHA256\n").append(amz_date).append("\n");
    out.append(scope.day).append("/").append(scope.region).append("/").append(scope.service);
    out.append("/aws4_request\n").append(hex(canonical_hash));
    return out;
}

std::string format_amz_date(int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &parts);
    return text;
}

int64_t parse_amz_date(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return -1;
    for (size_t at = 0; at < 15; ++at)
        if (at != 8 && (text[at] < '0' || text[at] > '9')) return -1;
    const auto number = [&](size_t at, size_t length) {
        int value = 0;
        for (char digit : text.substr(at, length)) value = value * 10 + (digit - '0');
        return value;
    };
    const std::chrono::year_month_day day{
        std::chrono::year(number(0, 4)),
        std::chrono::month(static_cast<unsigned>(number(4, 2))),
        std::chrono::day(static_cast<unsigned>(number(6, 2))),
    };
    const int hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
    if (!day.ok() || hour > 23 || minute > 59 || second > 60) return -1;
    const std::chrono::sys_seconds time = std::chrono::sys_days(day) + std::chrono::hours(hour) +
                                          std::chrono::minutes(minute) +
                                          std::chrono::seconds(second);
    return time.time_since_epoch().count() * 1000;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size(); ++at) {
        const bool escaped = text[at] == '%' && at + 2 < text.size() &&
                             hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
        if (!escaped) {
            out.push_back(text[at]);
            continue;
        }
        out.push_back(static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2])));
        at += 2;
    }
    return out;
}

}  // namespace fors::auth
