// SPDX-License-Identifier: Apache-2.0
// Reading the header form and the query form of a signature, with AWS's texts for what is missing.
#include "auth/claim.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace fors::auth {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

// It becomes part of keys, ARNs and policies.
bool is_region(std::string_view text) {
    return text.size() <= 64 && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

// <access key>/<day>/<region>/<service>/aws4_request; the key may itself contain no slash.
bool split_credential(std::string_view credential, Claim& claim) {
    std::array<std::string_view, 5> parts;
    for (size_t at = 0; at < parts.size(); ++at) {
        const size_t slash = credential.find('/');
        if ((slash == credential.npos) != (at + 1 == parts.size())) return false;
        parts[at] = credential.substr(0, slash);
        if (parts[at].empty()) return false;
        credential.remove_prefix(std::min(parts[at].size() + 1, credential.size()));
    }
    if (parts[4] != "aws4_request" || !is_region(parts[2])) return false;
    claim.access_key_id = parts[0];
    claim.scope = {parts[1], parts[2], parts[3]};
    return true;
}

// An HTTP date (RFC 9110) in SigV4's form; empty when it can't be read.
std::string amz_date_of(std::string_view http_date) {
    if (parse_amz_date(http_date) >= 0) return std::string(http_date);
    std::tm parts{};
    const std::string text(http_date);
    if (!strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts)) return {};
    return format_amz_date(int64_t{timegm(&parts)} * 1000);
}

std::unexpected<Error> malformed(std::string_view authorization) {
    return fail(Code::incomplete_signature,
                "Credential must be of the form <access key>/<date>/<region>/<service>/"
                "aws4_request. Authorization=" +
                    std::string(authorization));
}

Result<Claim> read_header(const http::Request& request, std::string_view authorization) {
    Claim claim;
    std::string_view credential;
    std::string_view rest =
        authorization.substr(std::min(authorization.find(' '), authorization.size()));
    // Parameters are parted by commas, blanks or both.
    const auto parts = [](char c) { return c == ' ' || c == ',' || c == '\t'; };
    while (!rest.empty()) {
        const auto* const begin = std::ranges::find_if_not(rest, parts);
        const auto* const end = std::find_if(begin, rest.end(), parts);
        const std::string_view parameter(begin, end);
        rest = {end, rest.end()};
        const size_t equals = std::min(parameter.find('='), parameter.size());
        const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
        const std::string_view name = parameter.substr(0, equals);
        if (name == "Credential") credential = value;
        if (name == "SignedHeaders") claim.signed_headers = value;
        if (name == "Signature") claim.signature = value;
    }
    claim.amz_date = request.header("x-amz-date");
    const bool dated = claim.amz_date.data() || request.header("date").data();
    std::string missing;
    if (credential.empty()) missing += "Authorization header requires 'Credential' parameter. ";
    if (claim.signature.empty()) missing += "Authorization header requires 'Signature' parameter. ";
    if (claim.signed_headers.empty())
        missing += "Authorization header requires 'SignedHeaders' parameter. ";
    if (!dated)
        missing +=
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    if (!missing.empty())
        return fail(Code::incomplete_signature,
                    missing + "Authorization=" + std::string(authorization));
    if (!claim.amz_date.data()) {
        claim.storage = std::make_unique<std::string[]>(1);
        claim.storage[0] = amz_date_of(request.header("date"));
        claim.amz_date = claim.storage[0];
    }
    if (!split_credential(credential, claim)) return malformed(authorization);
    return claim;
}

constexpr std::array<std::string_view, 6> query_names{"X-Amz-Algorithm", "X-Amz-Credential",
                                                      "X-Amz-Signature", "X-Amz-SignedHeaders",
                                                      "X-Amz-Date",      "X-Amz-Expires"};

// The decoded values of those parameters, in that order.
std::unique_ptr<std::string[]> query_values(std::string_view query) {
    auto values = std::make_unique<std::string[]>(query_names.size());
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const size_t equals = std::min(pair.find('='), pair.size());
        const auto name = std::ranges::find(query_names, percent_decode(pair.substr(0, equals)));
        if (name == query_names.end()) continue;
        values[static_cast<size_t>(name - query_names.begin())] =
            percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    }
    return values;
}

Result<Claim> read_query(const http::Request& request) {
    Claim claim;
    claim.from_query = true;
    claim.storage = query_values(request.query);
    std::string missing;
    for (size_t at = 0; at < 5; ++at)
        if (claim.storage[at].empty())
            missing +=
                "AWS query-string parameters must include '" + std::string(query_names[at]) + "'. ";
    if (!missing.empty())
        return fail(Code::incomplete_signature,
                    missing + "Re-examine the query-string parameters.");
    claim.signature = claim.storage[2];
    claim.signed_headers = claim.storage[3];
    claim.amz_date = claim.storage[4];
    if (const std::string& expires = claim.storage[5]; !expires.empty()) {
        int64_t seconds = 0;
        const auto parsed =
            std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
        if (parsed.ec != std::errc() || seconds < 0 || seconds > 604800)
            return fail(Code::incomplete_signature, "X-Amz-Expires must be between 0 and 604800.");
        claim.expires_s = seconds;
    }
    if (!split_credential(claim.storage[1], claim)) return malformed(claim.storage[1]);
    return claim;
}

}  // namespace

Result<Claim> read_claim(const http::Request& request) {
    const std::string_view authorization = request.header("authorization");
    const bool in_query = request.query.contains("X-Amz-Algorithm");
    if (authorization.data() && in_query)
        return fail(Code::invalid_signature,
                    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
                    "HTTP header.");
    if (in_query) return read_query(request);
    if (!authorization.data())
        return fail(Code::missing_authentication, "Missing Authentication Token");
    if (!authorization.starts_with(algorithm))
        return fail(Code::incomplete_signature,
                    "Unsupported AWS 'algorithm'. Authorization=" + std::string(authorization));
    return read_header(request, authorization);
}

}  // namespace fors::auth
