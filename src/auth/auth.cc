// SPDX-License-Identifier: Apache-2.0
// Verifying: read the claim (header or query form), judge its time, compute, compare in constant
// time.
#include "auth/auth.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <ranges>
#include <tuple>

#include "auth/claim.h"
#include "auth/sigv4.h"
#include "base/concat.h"
#include "base/planted.h"

namespace fors::auth {

namespace {

constexpr int64_t skew_ms_max = 15 * 60 * 1000;
constexpr size_t cached_keys_max = 1024;

bool is_account(std::string_view id) {
    return id.size() == 12 && std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
}

Caller caller_of(const Claim& claim, std::string_view account) {
    return {std::string(claim.access_key_id), std::string(account),
            std::string(claim.scope.region)};
}

// In open mode nothing is computed: a laptop's or a CI job's server takes any well-formed
// signature.
class OpenVerifier final : public Verifier {
public:
    Result<Caller> verify(const http::Request& request, int64_t) override {
        auto claim = read_claim(request);
        if (!claim) return std::unexpected(std::move(claim.error()));
        const std::string_view id = claim->access_key_id;
        return caller_of(*claim, is_account(id) ? id : default_account);
    }
};

class KeyVerifier final : public Verifier {
public:
    explicit KeyVerifier(std::vector<AccessKey> keys) : keys_(std::move(keys)) {}

    Result<Caller> verify(const http::Request& request, int64_t now_ms) override {
        auto claim = read_claim(request);
        if (!claim) return std::unexpected(std::move(claim.error()));
        const auto key = std::ranges::find(keys_, claim->access_key_id, &AccessKey::id);
        if (key == keys_.end())
            return fail(Code::unknown_access_key,
                        "The security token included in the request is invalid.");
        if (auto fault = check_time(*claim, now_ms)) return std::unexpected(std::move(*fault));
        if (auto fault = check_cover(request, *claim)) return std::unexpected(std::move(*fault));
        if (!signature_fits(request, *claim, *key))
            return fail(Code::invalid_signature,
                        "The request signature we calculated does not match the signature you "
                        "provided. Check your AWS Secret Access Key and signing method. Consult "
                        "the service documentation for details.");
        return caller_of(*claim, key->account);
    }

private:
    std::optional<Error> check_time(const Claim& claim, int64_t now_ms) const {
        const int64_t signed_ms = parse_amz_date(claim.amz_date);
        const auto expired = [&](int64_t limit_ms) {
            return Error{Code::invalid_signature,
                         "Signature expired: " + std::string(claim.amz_date) +
                             " is now earlier than " + format_amz_date(now_ms - limit_ms) + " (" +
                             format_amz_date(now_ms) + " - " + std::to_string(limit_ms / 60000) +
                             " min.)"};
        };
        if (signed_ms < 0 || claim.amz_date.substr(0, 8) != claim.scope.day)
            return Error{Code::invalid_signature,
                         "Date in Credential scope does not match the date of the request."};
        if (signed_ms > now_ms + skew_ms_max)
            return Error{Code::invalid_signature,
                         "Signature not yet current: " + std::string(claim.amz_date) +
                             " is still later than " + format_amz_date(now_ms + skew_ms_max) +
                             " (" + format_amz_date(now_ms) + " + 15 min.)"};
        const int64_t lifetime_ms = claim.expires_s ? *claim.expires_s * 1000 : skew_ms_max;
        if (now_ms - signed_ms > lifetime_ms) return expired(lifetime_ms);
        return std::nullopt;
    }

    // What decides where a request goes must be signed, or it could be sent elsewhere; and the
    // body.
    static std::optional<Error> check_cover(const http::Request& request, const Claim& claim) {
        const auto unsigned_header = [](std::string_view name) {
            return Error{Code::invalid_signature, std::string(name) +
                                                      " must be a 'SignedHeader' in the AWS "
                                                      "Authorization."};
        };
        if (!is_signed("host", claim) && !is_signed(":authority", claim))
            return unsigned_header("'Host' or ':authority'");
        if (request.header("x-amz-target").data() && !is_signed("x-amz-target", claim))
            return unsigned_header("'X-Amz-Target'");
        // A name that comes again would be hashed again, with all of its value.
        if (!ascend(claim.signed_headers))
            return Error{Code::invalid_signature,
                         "'SignedHeaders' must name each header once, in the order of the names."};
        const std::string_view payload = request.header("x-amz-content-sha256");
        if (payload.starts_with("UNSIGNED-") || payload.starts_with("STREAMING-"))
            return Error{Code::invalid_signature,
                         "The body must be signed as a whole: X-Amz-Content-Sha256 " +
                             std::string(payload) + " is not supported."};
        return std::nullopt;
    }

    static bool is_signed(std::string_view name, const Claim& claim) {
        for (const auto part : std::views::split(claim.signed_headers, ';'))
            if (std::string_view(part) == name) return true;
        return false;
    }

    static bool ascend(std::string_view names) {
        std::string_view before;
        for (const auto part : std::views::split(names, ';')) {
            const std::string_view name(part);
            if (name <= before) return false;
            before = name;
        }
        return true;
    }

    bool signature_fits(const http::Request& request, const Claim& claim, const AccessKey& key) {
        const HexDigest body_hash = hex(sha256(request.body));
        const std::string_view declared = request.header("x-amz-content-sha256");
        if (!declared.empty() && declared != body_hash) return false;
        text_ = canonical_request(
            {
                .method = request.method,
                .path = request.path,
                .query = request.query,
                .drop_signature = claim.from_query,
                .headers = request.headers,
                .signed_headers = claim.signed_headers,
                .payload_hash = body_hash,
            },
            std::move(text_));
        const Digest canonical = sha256(text_);
        text_ = string_to_sign(claim.amz_date, claim.scope, canonical, std::move(text_));
        const HexDigest expected = hex(key_for(key, claim.scope).sign(text_));
        if (planted(Bug::signature_not_compared)) return true;
        return expected.digits.size() == claim.signature.size() &&
               CRYPTO_memcmp(expected.digits.data(), claim.signature.data(),
                             expected.digits.size()) == 0;
    }

    // Five hashes saved on every request of the same key, day, region and service.
    const HmacKey& key_for(const AccessKey& key, const Scope& scope) {
        std::string_view id = key.id;
        if (planted(Bug::signing_key_of_another_user)) id = "";
        const auto at = cache_.find(std::tuple(id, scope.day, scope.region, scope.service));
        if (at != cache_.end()) return at->second;
        if (cache_.size() >= cached_keys_max) cache_.clear();
        KeyName name(id, scope.day, scope.region, scope.service);
        return cache_.emplace(std::move(name), signing_key(key.secret, scope)).first->second;
    }

    // Access key id, day, region, service.
    using KeyName = std::tuple<std::string, std::string, std::string, std::string>;

    std::vector<AccessKey> keys_;
    std::map<KeyName, HmacKey, std::less<>> cache_;
    std::string text_;  // that is being signed
};

}  // namespace

std::unique_ptr<Verifier> make_verifier(std::vector<AccessKey> keys) {
    if (keys.empty()) return std::make_unique<OpenVerifier>();
    return std::make_unique<KeyVerifier>(std::move(keys));
}

Signed sign(const SigningInput& input, const AccessKey& key) {
    Signed result{.authorization = {}, .amz_date = format_amz_date(input.now_ms)};
    std::vector<http::Header> headers = input.headers;
    headers.push_back({"x-amz-date", result.amz_date});
    std::ranges::sort(headers, {}, &http::Header::name);
    std::string names;
    for (const http::Header& header : headers) {
        if (!names.empty()) names.push_back(';');
        names.append(header.name);
    }
    const Scope scope{std::string_view(result.amz_date).substr(0, 8), input.region, input.service};
    const HexDigest body_hash = hex(sha256(input.body));
    const std::string canonical = canonical_request({.method = input.method,
                                                     .path = input.path,
                                                     .query = input.query,
                                                     .headers = headers,
                                                     .signed_headers = names,
                                                     .payload_hash = body_hash});
    const std::string text = string_to_sign(result.amz_date, scope, sha256(canonical));
    const HexDigest signature = hex(signing_key(key.secret, scope).sign(text));
    result.authorization =
        concat("AWS4-HMAC-SHA256 Credential=", key.id, "/", scope.day, "/", scope.region, "/",
               scope.service, "/aws4_request, SignedHeaders=", names, ", Signature=", signature);
    return result;
}

}  // namespace fors::auth
