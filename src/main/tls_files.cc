// SPDX-License-Identifier: Apache-2.0
// Reading and keeping of PEM files. A file comes to be whole or not at all, and the certificate
// comes last: where it is, its key is too, whenever the power went.
#include "tls_files.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "base/errno_text.h"
#include "files.h"

namespace fors {

namespace {

constexpr int64_t renewed_ms = int64_t{30} * 24 * 60 * 60 * 1000;  // before its end

bool sync_folder(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool synced = fsync(fd) == 0;
    return (close(fd) == 0) && synced;
}

// Private from its first byte on.
bool write_private(const std::string& folder, const std::string& name, const std::string& text) {
    const std::string path = folder + "/" + name;
    const std::string beside = path + ".new";
    const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool written =
        write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
    return close(fd) == 0 && written && rename(beside.c_str(), path.c_str()) == 0 &&
           sync_folder(folder);
}

bool keep(const std::string& data, const std::string& folder, const http::SelfSigned& made) {
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return false;
    if (unlink((folder + "/certificate.pem").c_str()) != 0 && errno != ENOENT) return false;
    return sync_folder(data) && sync_folder(folder) &&
           write_private(folder, "key.pem", made.key_pem) &&
           write_private(folder, "certificate.pem", made.certificate_pem);
}

// For the same key, so that nothing but the certificate is replaced. When it can't be, the next
// start tries again: there are some weeks left.
void renew(const std::string& folder, http::SelfSigned& kept, int64_t now_ms) {
    auto made = http::renewed_certificate(kept.key_pem, now_ms);
    if (!made || !write_private(folder, "certificate.pem", *made)) {
        spdlog::error("the certificate in {} ends soon, and can't be renewed: {}", folder,
                      made ? errno_text(errno) : made.error().message);
        return;
    }
    spdlog::warn("the certificate in {} was about to end: there is a new one, for the same key",
                 folder);
    kept.certificate_pem = std::move(*made);
}

// An empty file is what a power cut left of one that an older version had not synced.
bool whole(const Result<std::string>& text) { return text && !text->empty(); }

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
        for (const auto& file : {std::cref(certificate), std::cref(key)})
            if (!file.get() && (given || file.get().error().code != Code::not_found))
                return std::unexpected(file.get().error());
        if (given || (whole(certificate) && whole(key))) {
            http::SelfSigned kept{std::move(*certificate), std::move(*key)};
            if (!given && http::self_signed_ends_by(kept.certificate_pem, now_ms + renewed_ms))
                renew(folder, kept, now_ms);
            return kept;
        }
    }
    auto made = http::make_self_signed(now_ms);
    if (!made || options.ephemeral) return made;
    if (!keep(options.data, folder, *made))
        return fail(Code::io_failed, "cannot write into " + folder + ": " + errno_text(errno));
    return made;
}

}  // namespace fors
