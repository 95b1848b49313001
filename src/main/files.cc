// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/concat.h"
#include "base/errno_text.h"

namespace fors {

namespace {

std::unexpected<Error> unreadable(const std::string& path, int error) {
    return fail(error == ENOENT ? Code::not_found : Code::io_failed,
                concat("cannot read ", path, ": ", errno_text(error)));
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return unreadable(path, errno);
    std::string text;
    std::array<char, 4096> piece;
    ssize_t got = 0;
    while ((got = read(fd, piece.data(), piece.size())) > 0)
        text.append(piece.data(), static_cast<size_t>(got));
    const int error = errno;
    close(fd);
    if (got < 0) return unreadable(path, error);
    return text;
}

}  // namespace fors
