// SPDX-License-Identifier: Apache-2.0
// A certificate for this machine, made on first start: good enough to encrypt, and to be trusted by
// whoever is given it.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <string>
#include <string_view>

#include "http/tls_context.h"

namespace fors::http {

namespace {

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using X509Ptr = OpensslPtr<X509, X509_free>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using ExtensionPtr = OpensslPtr<X509_EXTENSION, X509_EXTENSION_free>;

constexpr int64_t day_s = 24 * 60 * 60;
constexpr std::string_view own_name = "fors on localhost";

bool add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// An end certificate, not an authority: some clients refuse a server that shows an authority's
// certificate as its own.
bool add_extensions(X509* certificate) {
    return add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_alt_name,
                         "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1");
}

bool set_identity(X509* certificate, EVP_PKEY* key) {
    uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) != 1) return false;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1);
    X509_NAME* const name = X509_get_subject_name(certificate);
    const auto* const text = reinterpret_cast<const unsigned char*>(own_name.data());
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1;
}

// From a day before, for clients whose clocks are behind.
bool set_validity(X509* certificate, int64_t now_ms) {
    const time_t now = now_ms / 1000;
    return ASN1_TIME_set(X509_getm_notBefore(certificate), now - day_s) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), now + 3650 * day_s);
}

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<size_t>(size)};
}

Result<std::string> certificate_for(EVP_PKEY* key, int64_t now_ms) {
    const X509Ptr certificate(X509_new());
    const BioPtr out(BIO_new(BIO_s_mem()));
    const bool made = certificate && out && set_identity(certificate.get(), key) &&
                      set_validity(certificate.get(), now_ms) &&
                      add_extensions(certificate.get()) &&
                      X509_sign(certificate.get(), key, EVP_sha256()) > 0 &&
                      PEM_write_bio_X509(out.get(), certificate.get()) == 1;
    if (!made) return fail(Code::internal, "a self-signed certificate could not be made");
    return text_of(out.get());
}

BioPtr reader_of(std::string_view pem) {
    return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

}  // namespace

Result<SelfSigned> make_self_signed(int64_t now_ms) {
    const KeyPtr key(EVP_EC_gen("P-256"));
    const BioPtr out(BIO_new(BIO_s_mem()));
    if (!key || !out ||
        PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1)
        return fail(Code::internal, "a key for a self-signed certificate could not be made");
    auto certificate = certificate_for(key.get(), now_ms);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    return SelfSigned{std::move(*certificate), text_of(out.get())};
}

Result<std::string> renewed_certificate(std::string_view key_pem, int64_t now_ms) {
    const BioPtr in = reader_of(key_pem);
    const KeyPtr key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!key) return fail(Code::invalid_argument, "the certificate's key can't be read");
    return certificate_for(key.get(), now_ms);
}

bool self_signed_ends_by(std::string_view certificate_pem, int64_t time_ms) {
    const BioPtr in = reader_of(certificate_pem);
    const X509Ptr certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)
                                 : nullptr);
    if (!certificate) return false;
    const X509_NAME* const name = X509_get_subject_name(certificate.get());
    std::array<char, 64> text{};
    X509_NAME_get_text_by_NID(name, NID_commonName, text.data(), text.size());
    if (std::string_view(text.data()) != own_name) return false;
    time_t time = time_ms / 1000;
    return X509_cmp_time(X509_get0_notAfter(certificate.get()), &time) < 0;
}

}  // namespace fors::http
