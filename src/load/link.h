// SPDX-License-Identifier: Apache-2.0
// Link: one connection to the target, made again whenever it breaks, and the requests under way on
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "http/client.h"
#include "load/signer.h"
#include "load/target.h"

namespace fors::load {

// A request on its way; the body lives until it was answered.
struct Call {
    Signer* signer = nullptr;
    std::string_view body;
    std::string_view hash;
};

class Link final : public env::Socket::Events, public http::ClientConnection::Events {
public:
    // A place for one request at a time: HTTP/1.1 has one, HTTP/2 as many as were asked for.
    struct Slot {
        size_t lane = 0;  // a number of its own among all slots of a worker
        http::StreamId stream = 0;
        bool busy = false;
        bool offered = false;            // its owner knows that it is free
        bool aside = false;              // the owner's: a request that only prepares others
        std::chrono::nanoseconds due{};  // when the request should have left
        std::chrono::nanoseconds sent{};
        int status = 0;
        std::string body;  // of the answer
    };

    // From inside these anything may be called but the link's destructor.
    class Owner {
    public:
        virtual ~Owner() = default;
        virtual void on_free(Link& link, Slot& slot) = 0;
        // A piece of an answer's body: true takes it, false leaves it to be gathered in the slot.
        virtual bool on_piece(Slot&, Bytes) { return false; }
        virtual void on_answer(Link& link, Slot& slot) = 0;
        // The request failed without an answer; `why` is for people.
        virtual void on_failure(Link& link, Slot& slot, std::string_view why) = 0;
        // A connection could not be made.
        virtual void on_broken(Link& link, std::string_view why) = 0;
    };

    // `lane` is the first slot's. The references outlive the link.
    Link(env::Env& env, const Target& target, Owner& owner, size_t lane);
    ~Link() override;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void connect();
    // In a slot that is not busy; whoever does it at another time than in on_free checks `offered`.
    void post(Slot& slot, const Call& call, std::chrono::nanoseconds due);
    // Breaks the connection when a request waits since before `then`.
    void expire(std::chrono::nanoseconds then);

    std::string_view protocol() const { return http_ ? http_->protocol() : ""; }

private:
    void on_data(Bytes data) override;
    void on_sent() override {}
    void on_closed() override;
    void on_head(http::StreamId stream, int status) override;
    void on_body(http::StreamId stream, Bytes piece) override;
    void on_end(http::StreamId stream, bool whole) override;

    Slot* slot_of(http::StreamId stream);
    void end_badly(Slot& slot);
    void offer();
    void flush();
    void lose(std::string_view why);

    env::Env& env_;
    const Target& target_;
    Owner& owner_;
    std::vector<Slot> slots_;
    std::unique_ptr<env::Socket> socket_;
    std::unique_ptr<http::ClientConnection> http_;
    std::vector<std::string> pieces_;
    std::chrono::nanoseconds begun_{};  // connecting
    env::TimerId again_;
    bool spoken_ = false;   // the peer has said something: it is there
    bool feeding_ = false;  // inside the protocol, which must not be entered again
    bool lost_ = true;
    std::string why_;  // lost, while requests are being ended
};

}  // namespace fors::load
