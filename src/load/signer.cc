// SPDX-License-Identifier: Apache-2.0
// The canonical request is made by auth once; then date and hash, of fixed width, are overwritten.
#include "load/signer.h"

#include "base/assert.h"

namespace fors::load {

namespace {

constexpr std::string_view content_type = "application/x-amz-json-1.1";
constexpr std::string_view some_date = "20260101T000000Z";
constexpr size_t hash_digits = 64;
constexpr size_t day_digits = 8;

}  // namespace

std::string payload_hash(std::string_view body) {
    return std::string(auth::hex(auth::sha256(body)));
}

Signer::Signer(Scope scope, std::string_view operation)
    : scope_(std::move(scope)), target_("Kinesis_20131202." + std::string(operation)) {
    std::vector<http::Header> headers{{"content-type", content_type},
                                      {"host", scope_.host},
                                      {"x-amz-date", some_date},
                                      {"x-amz-target", target_}};
    signed_headers_ = "content-type;host;x-amz-date;";
    if (!scope_.session_token.empty()) {
        headers.push_back({"x-amz-security-token", scope_.session_token});
        signed_headers_ += "x-amz-security-token;";
    }
    signed_headers_ += "x-amz-target";
    const std::string no_hash(hash_digits, '0');
    canonical_ = auth::canonical_request({.method = "POST",
                                          .path = scope_.path,
                                          .query = {},
                                          .headers = headers,
                                          .signed_headers = signed_headers_,
                                          .payload_hash = no_hash});
    date_at_ = canonical_.find("\nx-amz-date:" + std::string(some_date)) + 12;
    FORS_ASSERT(canonical_.compare(date_at_, some_date.size(), some_date) == 0);
}

// Dates have a second's resolution, signing keys a day's.
void Signer::turn_to(int64_t second) {
    second_ = second;
    date_ = auth::format_amz_date(second * 1000);
    canonical_.replace(date_at_, date_.size(), date_);
    day_ = date_.substr(0, day_digits);
    const std::string place = day_ + "/" + scope_.region + "/kinesis/aws4_request";
    key_ = auth::signing_key(scope_.key.secret,
                             {.day = day_, .region = scope_.region, .service = "kinesis"});
    to_sign_ = "AWS4-HMAC-SHA256\n" + date_ + "\n" + place + "\n";
    to_sign_prefix_ = to_sign_.size();
    authorization_ = "AWS4-HMAC-SHA256 Credential=" + scope_.key.id + "/" + place +
                     ", SignedHeaders=" + signed_headers_ + ", Signature=";
    authorization_prefix_ = authorization_.size();
}

const std::vector<http::Header>& Signer::sign(std::string_view hash, int64_t now_ms) {
    if (now_ms / 1000 != second_) turn_to(now_ms / 1000);
    canonical_.replace(canonical_.size() - hash_digits, hash_digits, hash);
    to_sign_.resize(to_sign_prefix_);
    to_sign_ += auth::hex(auth::sha256(canonical_));
    authorization_.resize(authorization_prefix_);
    authorization_ += auth::hex(key_.sign(to_sign_));
    headers_.assign({{"content-type", content_type},
                     {"x-amz-date", date_},
                     {"x-amz-target", target_},
                     {"authorization", authorization_},
                     {"user-agent", "fors-bench/0.1.0"}});
    if (!scope_.session_token.empty())
        headers_.push_back({"x-amz-security-token", scope_.session_token});
    return headers_;
}

}  // namespace fors::load
