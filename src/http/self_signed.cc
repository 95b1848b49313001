// SPDX-License-Identifier: Apache-2.0
// A certificate for this machine, made on first start: good enough to encrypt, and to be trusted by
// whoever is given it.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <string>

#include "http/tls_context.h"

namespace fors::http {

namespace {

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using X509Ptr = OpensslPtr<X509, X509_free>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using ExtensionPtr = OpensslPtr<X509_EXTENSION, X509_EXTENSION_free>;

constexpr int64_t day_s = 24 * 60 * 60;

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
    const auto* const text = reinterpret_cast<const unsigned char*>("fors on localhost");
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

}  // namespace

Result<SelfSigned> make_self_signed(int64_t now_ms) {
    const KeyPtr key(EVP_EC_gen("P-256"));
    const X509Ptr certificate(X509_new());
    const BioPtr certificate_out(BIO_new(BIO_s_mem()));
    const BioPtr key_out(BIO_new(BIO_s_mem()));
    const bool made = key && certificate && certificate_out && key_out &&
                      set_identity(certificate.get(), key.get()) &&
                      set_validity(certificate.get(), now_ms) &&
                      add_extensions(certificate.get()) &&
                      X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0 &&
                      PEM_write_bio_X509(certificate_out.get(), certificate.get()) == 1 &&
                      PEM_write_bio_PKCS8PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0,
                                                    nullptr, nullptr) == 1;
    if (!made) return fail(Code::internal, "a self-signed certificate could not be made");
    return SelfSigned{text_of(certificate_out.get()), text_of(key_out.get())};
}

}  // namespace fors::http
