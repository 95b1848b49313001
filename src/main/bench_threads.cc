// SPDX-License-Identifier: Apache-2.0
// Reactors for a load: one on the calling thread, the others on threads of their own.
#include "bench_threads.h"

#include <netdb.h>
#include <signal.h>

#include <thread>
#include <vector>

#include "host/clock.h"
#include "host/reactor.h"
#include "host/signals.h"

namespace fors {

namespace {

class BenchThreads final : public load::Threads {
public:
    void run(uint32_t count, const std::function<void(uint32_t, env::Env&)>& begin,
             std::function<void()> interrupted) override {
        sigset_t before;
        pthread_sigmask(SIG_SETMASK, nullptr, &before);
        host::block_signals();
        worlds_.clear();
        for (uint32_t at = 0; at < count; ++at)
            worlds_.push_back(std::make_unique<World>(clock_, random_));
        worlds_.front()->reactor.on_signal([called = std::move(interrupted)](int) { called(); });
        begin(0, worlds_.front()->env);
        {
            std::vector<std::jthread> others;
            for (uint32_t at = 1; at < count; ++at)
                others.emplace_back([&begin, at, world = worlds_[at].get()] {
                    begin(at, world->env);
                    world->reactor.run();
                });
            worlds_.front()->reactor.run();
        }
        // What follows (a stream is deleted) may be interrupted again.
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void stop() override {
        for (const auto& world : worlds_) world->reactor.stop();
    }

private:
    struct World {
        host::Reactor reactor;
        env::Env env;
        World(env::Clock& clock, env::Random& random) : env{clock, random, reactor, reactor} {}
    };

    host::Clock clock_;
    host::Random random_;
    std::vector<std::unique_ptr<World>> worlds_;
};

}  // namespace

std::shared_ptr<load::Threads> make_bench_threads() { return std::make_shared<BenchThreads>(); }

Result<std::string> resolve(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    if (error != 0) return fail(Code::unavailable, host + ": " + gai_strerror(error));
    char text[NI_MAXHOST] = "";
    getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return std::string(text);
}

}  // namespace fors
