// SPDX-License-Identifier: Apache-2.0
// The condition operators, as a table.
#include "auth/policy_condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <ctime>
#include <optional>
#include <span>

#include "auth/policy.h"

namespace fors::auth {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_but_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

// ISO 8601 in UTC, or seconds since 1970.
std::optional<double> date(std::string_view text) {
    if (auto seconds = number(text)) return seconds;
    std::tm parts{};
    const std::string copy(text);
    for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"}) {
        const char* end = strptime(copy.c_str(), form, &parts);
        if (end && *end == '\0') return static_cast<double>(timegm(&parts));
    }
    return std::nullopt;
}

struct Address {
    std::array<uint8_t, 16> bytes{};
    int family = 0;
    int prefix_bits = 0;  // of a range
};

std::optional<Address> address(std::string_view text) {
    const size_t slash = text.find('/');
    const std::string host(text.substr(0, slash));
    Address out;
    out.family = host.contains(':') ? AF_INET6 : AF_INET;
    if (inet_pton(out.family, host.c_str(), out.bytes.data()) != 1) return std::nullopt;
    const int bits = out.family == AF_INET ? 32 : 128;
    out.prefix_bits = bits;
    if (slash == text.npos) return out;
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, fault] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out.prefix_bits);
    const bool whole = fault == std::errc{} && end == digits.data() + digits.size();
    if (!whole || out.prefix_bits < 0 || out.prefix_bits > bits) return std::nullopt;
    return out;
}

bool in_range(std::string_view wanted, std::string_view found) {
    const auto range = address(wanted);
    const auto one = address(found);
    if (!range || !one || range->family != one->family) return false;
    const auto whole = static_cast<size_t>(range->prefix_bits / 8);
    if (std::memcmp(range->bytes.data(), one->bytes.data(), whole) != 0) return false;
    const int rest = range->prefix_bits % 8;
    return rest == 0 || (range->bytes[whole] ^ one->bytes[whole]) >> (8 - rest) == 0;
}

template <auto parse, auto relation>
bool related(std::string_view wanted, std::string_view found) {
    const auto a = parse(found);
    const auto b = parse(wanted);
    return a && b && relation(*a, *b);
}

constexpr auto equal = [](double a, double b) { return a == b; };
constexpr auto less = [](double a, double b) { return a < b; };
constexpr auto at_most = [](double a, double b) { return a <= b; };
constexpr auto greater = [](double a, double b) { return a > b; };
constexpr auto at_least = [](double a, double b) { return a >= b; };

// ARNs are compared part by part: a * does not reach over a colon, but in the last part.
bool same_arn(std::string_view wanted, std::string_view found) {
    for (int part = 0; part < 5; ++part) {
        const size_t a = wanted.find(':'), b = found.find(':');
        if (a == wanted.npos || b == found.npos) return false;
        if (!matches_pattern(wanted.substr(0, a), found.substr(0, b))) return false;
        wanted.remove_prefix(a + 1);
        found.remove_prefix(b + 1);
    }
    return matches_pattern(wanted, found);
}

template <auto parse>
bool readable(std::string_view text) {
    return parse(text).has_value();
}
bool any_text(std::string_view) { return true; }
bool truth(std::string_view text) {
    return same_but_case(text, "true") || same_but_case(text, "false");
}

struct Operator {
    std::string_view name;
    Condition::Compare compare;
    bool negated;
    bool (*takes)(std::string_view value);
};

bool same(std::string_view a, std::string_view b) { return a == b; }

constexpr auto operators = std::to_array<Operator>({
    {"StringEquals", same, false, any_text},
    {"StringNotEquals", same, true, any_text},
    {"StringEqualsIgnoreCase", same_but_case, false, any_text},
    {"StringNotEqualsIgnoreCase", same_but_case, true, any_text},
    {"StringLike", matches_pattern, false, any_text},
    {"StringNotLike", matches_pattern, true, any_text},
    {"NumericEquals", related<number, equal>, false, readable<number>},
    {"NumericNotEquals", related<number, equal>, true, readable<number>},
    {"NumericLessThan", related<number, less>, false, readable<number>},
    {"NumericLessThanEquals", related<number, at_most>, false, readable<number>},
    {"NumericGreaterThan", related<number, greater>, false, readable<number>},
    {"NumericGreaterThanEquals", related<number, at_least>, false, readable<number>},
    {"DateEquals", related<date, equal>, false, readable<date>},
    {"DateNotEquals", related<date, equal>, true, readable<date>},
    {"DateLessThan", related<date, less>, false, readable<date>},
    {"DateLessThanEquals", related<date, at_most>, false, readable<date>},
    {"DateGreaterThan", related<date, greater>, false, readable<date>},
    {"DateGreaterThanEquals", related<date, at_least>, false, readable<date>},
    {"Bool", same_but_case, false, truth},
    {"BinaryEquals", same, false, any_text},
    {"IpAddress", in_range, false, readable<address>},
    {"NotIpAddress", in_range, true, readable<address>},
    {"ArnEquals", same_arn, false, any_text},
    {"ArnLike", same_arn, false, any_text},
    {"ArnNotEquals", same_arn, true, any_text},
    {"ArnNotLike", same_arn, true, any_text},
    {"Null", nullptr, false, truth},
});

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

}  // namespace

Result<Condition> Condition::make(std::string_view test, std::string_view key,
                                  std::vector<std::string> values) {
    Condition made;
    std::string_view name = test;
    if (take_prefix(name, "ForAllValues:")) made.set_ = Set::all;
    if (take_prefix(name, "ForAnyValue:")) made.set_ = Set::any;
    constexpr std::string_view suffix = "IfExists";
    if (name.ends_with(suffix) && name != "Null") {
        made.if_exists_ = true;
        name.remove_suffix(suffix.size());
    }
    const auto* const found = std::ranges::find(operators, name, &Operator::name);
    if (found == operators.end())
        return fail(Code::invalid_argument,
                    "Unknown condition operator: " + std::string(test) + ".");
    for (const std::string& value : values)
        if (!found->takes(value))
            return fail(Code::invalid_argument, "The value " + value + " of the condition key " +
                                                    std::string(key) + " does not fit " +
                                                    std::string(test) + ".");
    made.key_ = key;
    made.values_ = std::move(values);
    made.compare_ = found->compare;
    made.negated_ = found->negated;
    return made;
}

// One of the values; of a negated operator: none of them.
bool Condition::fits(std::string_view found) const {
    const bool one =
        std::ranges::any_of(values_, [&](const auto& value) { return compare_(value, found); });
    return one != negated_;
}

// A key that is missing fits nothing, and so every negated operator (IAM User Guide, "Condition
// element: multiple context keys or values").
bool Condition::holds(const ContextKeys& keys) const {
    bool exists = false, every = true, some = false;
    for (const auto& [name, value] : keys) {
        if (!same_but_case(name, key_)) continue;
        exists = true;
        if (!compare_) break;
        const bool fit = fits(value);
        every = every && fit;
        some = some || fit;
    }
    if (!compare_)
        return std::ranges::any_of(
            values_, [&](const auto& value) { return same_but_case(value, "true") != exists; });
    if (!exists) return if_exists_ || set_ == Set::all || (set_ == Set::single && negated_);
    return set_ == Set::any ? some : every;
}

}  // namespace fors::auth
