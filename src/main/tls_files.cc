// SPDX-License-Identifier: Apache-2.0
// Reading and keeping of PEM files.
#include "tls_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "files.h"

namespace fors {

namespace {

// Private from its first byte on.
bool write_private(const std::string& path, const std::string& text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return (close(fd) == 0) && written;
}

}  // namespace

Result<http::SelfSigned> load_tls(const ServeOptions& options, int64_t now_ms) {
    if (options.tls_certificate.empty() != options.tls_key.empty())
        return fail(Code::invalid_argument, "--tls-cert and --tls-key go together");
    const bool given = !options.tls_certificate.empty();
    const std::string folder = options.data + "/tls";
    const std::string certificate_path =
        given ? options.tls_certificate : folder + "/certificate.pem";
    const std::string key_path = given ? options.tls_key : folder + "/key.pem";
    if (given || !options.ephemeral) {
        auto certificate = read_file(certificate_path);
        auto key = read_file(key_path);
        if (certificate && key) return http::SelfSigned{std::move(*certificate), std::move(*key)};
        if (given)
            return fail(Code::not_found, "cannot read " +
                                             (certificate ? key_path : certificate_path) + ": " +
                                             strerror(errno));
    }
    auto made = http::make_self_signed(now_ms);
    if (!made || options.ephemeral) return made;
    (void)mkdir(folder.c_str(), 0700);
    if (!write_private(key_path, made->key_pem) ||
        !write_private(certificate_path, made->certificate_pem))
        return fail(Code::io_failed, "cannot write " + key_path + ": " + strerror(errno));
    return made;
}

}  // namespace fors
