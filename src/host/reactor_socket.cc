// SPDX-License-Identifier: Apache-2.0
// Reading and writing of sockets, accepting and connecting.
#include "host/reactor_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "base/errno_text.h"

namespace fors::host {

namespace {

constexpr int backlog_max = 4096;  // connections that wait to be accepted

// A numeric address as the kernel takes it.
struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::optional<Address> address_of(const env::Endpoint& endpoint) {
    Address address;
    auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
    if (inet_pton(AF_INET, endpoint.host.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(endpoint.port);
        address.length = sizeof(*four);
        return address;
    }
    auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (inet_pton(AF_INET6, endpoint.host.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(endpoint.port);
        address.length = sizeof(*six);
        return address;
    }
    return std::nullopt;
}

uint16_t port_of(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
    return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

std::unexpected<Error> failed(const std::string& what, const env::Endpoint& at) {
    return fail(Code::io_failed,
                what + " " + at.host + ":" + std::to_string(at.port) + ": " + errno_text(errno));
}

void set_option(int fd, int level, int name) {
    const int one = 1;
    setsockopt(fd, level, name, &one, sizeof(one));
}

}  // namespace

ReactorSocket::ReactorSocket(Reactor& reactor, int fd, bool connecting)
    : reactor_(reactor), fd_(fd), connecting_(connecting) {
    set_option(fd_, IPPROTO_TCP, TCP_NODELAY);
}

ReactorSocket::~ReactorSocket() {
    if (events_) reactor_.unwatch(fd_, handle_);
    close(fd_);
}

void ReactorSocket::start(Events& events) {
    events_ = &events;
    interest_ = connecting_ ? uint32_t{EPOLLOUT} : uint32_t{EPOLLIN};
    handle_ = reactor_.watch(fd_, interest_, *this);
    if (unsent_ > 0 || finishing_) mark_dirty();
}

void ReactorSocket::send(std::string bytes) {
    if (bytes.empty() || closed_) return;
    unsent_ += bytes.size();
    queue_.push_back(std::move(bytes));
    mark_dirty();
}

void ReactorSocket::mark_dirty() {
    if (dirty_ || blocked_ || !events_) return;
    dirty_ = true;
    reactor_.flush_later(handle_);
}

void ReactorSocket::pause_reading(bool paused) {
    paused_ = paused;
    update_interest();
}

void ReactorSocket::take_arrived() {
    if (events_ && !paused_ && !closed_ && !connecting_) read_ready();
}

void ReactorSocket::finish() {
    finishing_ = true;
    mark_dirty();
}

void ReactorSocket::update_interest() {
    if (!events_ || closed_) return;
    uint32_t interest = 0;
    if (!paused_ && !connecting_) interest |= EPOLLIN;
    if (blocked_ || connecting_) interest |= EPOLLOUT;
    if (interest == interest_) return;
    interest_ = interest;
    reactor_.change(fd_, interest, handle_);
}

void ReactorSocket::on_ready(uint32_t events) {
    const uint64_t handle = handle_;
    Reactor& reactor = reactor_;
    if (connecting_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
        int error = 0;
        socklen_t length = sizeof(error);
        getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
        connecting_ = false;
        if (error != 0) return break_off();
        update_interest();
        flush();
        return;
    }
    if (events & EPOLLOUT) {
        blocked_ = false;
        update_interest();
        flush();
        if (!reactor.socket_at(handle)) return;
    }
    if (!closed_ && events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_ready();
}

// A broken connection is reported whatever one asks to be told of, until nobody watches it.
void ReactorSocket::break_off() {
    closed_ = true;
    reactor_.ignore(fd_);
    events_->on_closed();
}

void ReactorSocket::read_ready() {
    const uint64_t handle = handle_;
    Reactor& reactor = reactor_;
    for (int round = 0; round < 4; ++round) {
        std::span<std::byte> into = events_->input_space();
        if (into.empty()) into = reactor.scratch_;
        const ssize_t got = recv(fd_, into.data(), into.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) return break_off();
        const auto size = static_cast<size_t>(got);
        events_->on_data(Bytes(into).first(size));
        // The callback may have destroyed this socket.
        if (reactor.socket_at(handle) != this || size < into.size() || paused_) return;
    }
}

void ReactorSocket::flush() {
    dirty_ = false;
    if (connecting_ || closed_) return;
    const bool had = unsent_ > 0;
    if (!write_queued()) return break_off();
    if (unsent_ > 0) return;
    if (finishing_ && !shut_) {
        shut_ = true;
        shutdown(fd_, SHUT_WR);
    }
    if (had) events_->on_sent();
}

bool ReactorSocket::write_queued() {
    while (!queue_.empty()) {
        const ssize_t sent = queue_.size() == 1 ? send_one() : send_many();
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent < 0) {
            blocked_ = true;
            update_interest();
            return true;
        }
        drop_sent(static_cast<size_t>(sent));
    }
    return true;
}

// The usual case; the kernel has less to look at than with a list.
ssize_t ReactorSocket::send_one() {
    const std::string& part = queue_.front();
    return ::send(fd_, part.data() + queue_offset_, part.size() - queue_offset_, MSG_NOSIGNAL);
}

ssize_t ReactorSocket::send_many() {
    std::array<iovec, 32> parts;
    size_t count = 0;
    size_t offset = queue_offset_;
    for (std::string& part : queue_) {
        if (count == parts.size()) break;
        parts[count++] = {part.data() + offset, part.size() - offset};
        offset = 0;
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    return sendmsg(fd_, &message, MSG_NOSIGNAL);
}

void ReactorSocket::drop_sent(size_t bytes) {
    unsent_ -= bytes;
    while (bytes > 0) {
        const size_t left = queue_.front().size() - queue_offset_;
        if (bytes < left) {
            queue_offset_ += bytes;
            return;
        }
        bytes -= left;
        queue_.pop_front();
        queue_offset_ = 0;
    }
}

std::string ReactorSocket::peer() const {
    sockaddr_storage storage{};
    socklen_t length = sizeof(storage);
    if (getpeername(fd_, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return "?";
    char text[INET6_ADDRSTRLEN] = "?";
    if (storage.ss_family == AF_INET6) {
        const in6_addr& six = reinterpret_cast<sockaddr_in6&>(storage).sin6_addr;
        // An IPv4 client of a listener on "::" has its own address, as policies name it.
        if (IN6_IS_ADDR_V4MAPPED(&six))
            inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof(text));
        else
            inet_ntop(AF_INET6, &six, text, sizeof(text));
    } else {
        inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(storage).sin_addr, text, sizeof(text));
    }
    return std::string(text) + ":" + std::to_string(port_of(storage));
}

ReactorListener::ReactorListener(Reactor& reactor, int fd, env::Endpoint at,
                                 env::Acceptor& acceptor)
    : reactor_(reactor), fd_(fd), endpoint_(std::move(at)), acceptor_(acceptor) {
    handle_ = reactor_.watch(fd_, EPOLLIN, *this);
}

ReactorListener::~ReactorListener() {
    reactor_.cancel(resume_timer_);
    reactor_.unwatch(fd_, handle_);
    close(fd_);
}

void ReactorListener::on_ready(uint32_t) {
    constexpr int accepted_per_turn = 64;  // the established ones must not starve
    accept(accepted_per_turn);
}

void ReactorListener::take_waiting() { accept(backlog_max); }

void ReactorListener::accept(int most) {
    for (int at = 0; at < most; ++at) {
        const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            acceptor_.on_connection(std::make_unique<ReactorSocket>(reactor_, fd, false));
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno != EAGAIN) pause_accepting();
        return;
    }
}

// Out of descriptors or memory: the connection stays in the backlog; asking again at once would
// only spin.
void ReactorListener::pause_accepting() {
    reactor_.cancel(resume_timer_);
    reactor_.change(fd_, 0, handle_);
    resume_timer_ = reactor_.after(std::chrono::milliseconds(50),
                                   [this] { reactor_.change(fd_, EPOLLIN, handle_); });
}

// Without SO_REUSEPORT the kernel refuses an address that anybody listens on; with SO_REUSEADDR it
// doesn't mind connections that were closed there lately.
Result<> address_is_free(const env::Endpoint& at) {
    const auto address = address_of(at);
    if (!address || at.port == 0) return {};
    const int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed("cannot listen on", at);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    Result<> free{};
    if (bind(fd, address->get(), address->length) != 0) free = failed("cannot listen on", at);
    close(fd);
    return free;
}

Result<std::unique_ptr<env::Listener>> Reactor::listen(const env::Endpoint& at,
                                                       env::Acceptor& acceptor) {
    const auto address = address_of(at);
    if (!address) return fail(Code::invalid_argument, "'" + at.host + "' is not a numeric address");
    const int fd =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed("cannot listen on", at);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    set_option(fd, SOL_SOCKET, SO_REUSEPORT);
    if (bind(fd, address->get(), address->length) != 0 || ::listen(fd, backlog_max) != 0) {
        auto error = failed("cannot listen on", at);
        close(fd);
        return error;
    }
    sockaddr_storage bound{};
    socklen_t length = sizeof(bound);
    getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
    return std::make_unique<ReactorListener>(*this, fd, env::Endpoint{at.host, port_of(bound)},
                                             acceptor);
}

Result<std::unique_ptr<env::Socket>> Reactor::connect(const env::Endpoint& to) {
    const auto address = address_of(to);
    if (!address) return fail(Code::invalid_argument, "'" + to.host + "' is not a numeric address");
    const int fd =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed("cannot connect to", to);
    const bool done = ::connect(fd, address->get(), address->length) == 0;
    if (!done && errno != EINPROGRESS) {
        auto error = failed("cannot connect to", to);
        close(fd);
        return error;
    }
    return std::make_unique<ReactorSocket>(*this, fd, !done);
}

}  // namespace fors::host
