// SPDX-License-Identifier: Apache-2.0
// The head of a request and its signature: SHA-256, HMAC, Signature Version 4.
#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED  // the plain functions: without EVP's detours
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace ideal {

using std::string_view;
using Digest = std::array<uint8_t, SHA256_DIGEST_LENGTH>;

inline string_view text_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// What stands before the mark; `text` goes on behind it.
inline string_view take(string_view& text, string_view mark) {
    const size_t end = std::min(text.find(mark), text.size());
    const string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + mark.size(), text.size()));
    return taken;
}

inline Digest sha256(string_view data) {
    Digest digest;
    SHA256(reinterpret_cast<const uint8_t*>(data.data()), data.size(), digest.data());
    return digest;
}

// HMAC with the key's two blocks hashed once.
class Hmac {
public:
    explicit Hmac(string_view key) {
        std::array<uint8_t, SHA256_CBLOCK> pad{};
        std::memcpy(pad.data(), key.data(), std::min(key.size(), pad.size()));
        for (uint8_t& byte : pad) byte ^= 0x36;
        begin(inner_, pad);
        for (uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
        begin(outer_, pad);
    }
    Digest of(string_view data) const {
        Digest digest;
        SHA256_CTX context = inner_;
        SHA256_Update(&context, data.data(), data.size());
        SHA256_Final(digest.data(), &context);
        context = outer_;
        SHA256_Update(&context, digest.data(), digest.size());
        SHA256_Final(digest.data(), &context);
        return digest;
    }

private:
    static void begin(SHA256_CTX& context, const std::array<uint8_t, SHA256_CBLOCK>& pad) {
        SHA256_Init(&context);
        SHA256_Update(&context, pad.data(), pad.size());
    }
    SHA256_CTX inner_;
    SHA256_CTX outer_;
};

inline void append_hex(const Digest& digest, std::string& out) {
    for (const uint8_t byte : digest) {
        out.push_back("0123456789abcdef"[byte >> 4]);
        out.push_back("0123456789abcdef"[byte & 15]);
    }
}

struct Request {
    struct Header {
        string_view name;
        string_view value;
    };
    std::array<Header, 32> headers;
    size_t header_count = 0;
    string_view body;

    string_view header(string_view name) const {
        for (const Header& each : std::span(headers).first(header_count))
            if (each.name.size() == name.size() &&
                strncasecmp(each.name.data(), name.data(), name.size()) == 0)
                return each.value;
        return {};
    }
    // Of all but the request line.
    bool parse(string_view head) {
        take(head, "\r\n");
        while (!head.empty()) {
            string_view line = take(head, "\r\n");
            if (header_count == headers.size()) return false;
            const string_view name = take(line, ":");
            while (line.starts_with(' ')) line.remove_prefix(1);
            headers[header_count++] = {name, line};
        }
        return true;
    }
};

class Verifier {
public:
    Verifier(string_view key_id, string_view secret)
        : key_id_(key_id), secret_("AWS4" + std::string(secret)) {}

    bool verify(const Request& request) {
        string_view claim = request.header("authorization");
        take(claim, "Credential=");
        string_view scope = take(claim, ",");
        if (take(scope, "/") != key_id_) return false;
        take(claim, "SignedHeaders=");
        const string_view signed_names = take(claim, ",");
        take(claim, "Signature=");

        canonical_ = "POST\n/\n\n";
        for (string_view names = signed_names; !names.empty();) {
            const string_view name = take(names, ";");
            canonical_.append(name).append(":").append(request.header(name)).append("\n");
        }
        canonical_.append("\n").append(signed_names).append("\n");
        append_hex(sha256(request.body), canonical_);

        to_sign_ = "AWS4-HMAC-SHA256\n";
        to_sign_.append(request.header("x-amz-date")).append("\n").append(scope).append("\n");
        append_hex(sha256(canonical_), to_sign_);
        signature_.clear();
        append_hex(key_of(scope).of(to_sign_), signature_);
        return claim.size() == signature_.size() &&
               CRYPTO_memcmp(claim.data(), signature_.data(), claim.size()) == 0;
    }

private:
    // A day's key is made once.
    const Hmac& key_of(string_view scope) {
        if (scope == scope_) return key_;
        scope_ = scope;
        Digest digest;
        string_view key = secret_;
        while (!scope.empty()) {
            digest = Hmac(key).of(take(scope, "/"));
            key = text_of(digest);
        }
        return key_ = Hmac(key);
    }

    std::string key_id_;
    std::string secret_;
    std::string scope_;
    Hmac key_{""};
    std::string canonical_, to_sign_, signature_;
};

}  // namespace ideal
