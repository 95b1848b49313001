// SPDX-License-Identifier: Apache-2.0
// Wiring of the server: world, journal, services, routers, listeners; start, and the orderly end.
#include "serve.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include "allocator.h"
#include "core/meter.h"
#include "core/router.h"
#include "given_root_key.h"
#include "host/clock.h"
#include "host/descriptors.h"
#include "host/disk.h"
#include "host/reactor.h"
#include "host/signals.h"
#include "host/worker.h"
#include "journal/journal.h"
#include "kms/kms.h"
#include "kms/root_key.h"
#include "metrics/metrics.h"
#include "pages.h"
#include "server/server.h"
#include "sim/memory_disk.h"
#include "streams/streams.h"
#include "tls_files.h"
#include "upkeep.h"

namespace fors {

namespace {

// Kept for the files of the journal, and of each reactor for its own and for connections that are
// only accepted to be refused: a crowd of clients must not stop the writing.
constexpr size_t descriptors_kept = 64;
constexpr size_t descriptors_kept_each = 3 + 128;

constexpr std::chrono::seconds orderly_end_max{30};
constexpr int exit_at_second_signal = 130;

struct Listen {
    env::Endpoint endpoint;
    bool loopback = false;
};

std::optional<Listen> parse_listen(const std::string& text) {
    const size_t colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::string digits = text.substr(colon + 1);
    char* end = nullptr;
    const unsigned long port = std::strtoul(digits.c_str(), &end, 10);
    if (digits.empty() || *end != '\0' || port > 65535) return std::nullopt;
    if (host == "localhost") host = "127.0.0.1";
    return Listen{{host, static_cast<uint16_t>(port)}, host.starts_with("127.") || host == "::1"};
}

// What one reactor has of its own.
struct Site {
    host::Reactor reactor;
    std::unique_ptr<auth::Verifier> verifier;
    http::TlsContextPtr tls;
    std::unique_ptr<core::Router> router;
    std::unique_ptr<server::Server> server;
};

class Serving {
public:
    explicit Serving(const ServeOptions& options, Listen listen)
        : options_(options), listen_(std::move(listen)) {
        const uint32_t cores = std::max(2U, std::thread::hardware_concurrency());
        const uint32_t count = options.reactors > 0 ? options.reactors : cores - 1;
        for (uint32_t at = 0; at < count; ++at) sites_.push_back(std::make_unique<Site>());
    }

    int run() {
        auto disk = open_disk();
        if (!disk) return fail_start(disk.error());
        disk_ = std::move(*disk);
        log_.emplace("fors-log");
        log_too_.emplace("fors-log");
        background_.emplace("fors-chunks");
        reads_.emplace("fors-reads");
        apart_.emplace("fors-upkeep");
        home().on_signal([this](int) { stop(); });
        // Recovery may be long, and nothing is lost when it is cut off.
        host::end_at_signals(0);
        env::spawn(start());
        host::block_signals();
        std::vector<std::thread> threads;
        for (size_t at = 1; at < sites_.size(); ++at)
            threads.emplace_back([&site = *sites_[at]] { site.reactor.run(); });
        home().run();
        host::end_at_signals(exit_at_second_signal);
        for (auto& thread : threads) thread.join();
        // What is still under way goes from one of them to another: none of them goes away before
        // all have come to their end.
        for (host::Worker* worker : {&*log_, &*log_too_, &*background_, &*reads_, &*apart_})
            worker->finish();
        return exit_code_;
    }

private:
    host::Reactor& home() { return sites_[0]->reactor; }
    env::Env env_of(Site& site) { return {clock_, random_, site.reactor, site.reactor}; }
    bool verified() const { return !options_.access_key_id.empty(); }

    Result<std::unique_ptr<env::Disk>> open_disk() {
        if (options_.ephemeral) return sim::make_memory_disk();
        return host::open_disk(options_.data);
    }

    int fail_start(const Error& error) {
        std::fprintf(stderr, "fors: %s\n", error.message.c_str());
        exit_code_ = 1;
        stop_reactors();
        return 1;
    }

    void stop_reactors() {
        for (auto& site : sites_) site->reactor.stop();
    }

    env::Task<void> start() {
        journal::Options journal_options{.cache_bytes = size_t{options_.cache_mib} << 20,
                                         .untouched_at_first = true};
        journal_options.report = [](const std::string& text) { spdlog::error("{}", text); };
        auto journal = co_await journal::Journal::open(
            {clock_, *disk_, home(), {&*log_, &*log_too_}, *background_, *reads_, random_},
            std::move(journal_options));
        if (!journal) {
            fail_start(journal.error());
            co_return;
        }
        journal_ = std::move(*journal);
        metrics_ = std::make_unique<metrics::Metrics>(env_of(*sites_[0]), *journal_);
        metrics_->start();
        kms_ = std::make_unique<kms::Kms>(env_of(*sites_[0]), *journal_);
        auto keys = co_await open_keys();
        if (!keys) {
            fail_start(keys.error());
            co_return;
        }
        streams_ = std::make_unique<streams::Streams>(
            env_of(*sites_[0]), *journal_, *kms_, *metrics_,
            streams::Options{.limits = options_.limits == "aws",
                             .transition_ms = options_.transition_ms});
        auto opened = co_await streams_->open();
        if (opened) journal_->begin_upkeep();
        auto listening = opened ? listen() : opened;
        if (!listening) {
            fail_start(listening.error());
            co_return;
        }
        announce();
    }

    env::Task<Result<>> open_keys() {
        auto opened = co_await kms_->open();
        if (!opened) co_return opened;
        auto root = given_root_key(options_);
        if (!root) co_return std::unexpected(std::move(root.error()));
        if (!*root) {
            auto loaded = co_await kms::load_root_key(*disk_, random_, !kms_->has_root());
            if (!loaded) co_return std::unexpected(std::move(loaded.error()));
            *root = *loaded;
        }
        root_key_ = **root;
        co_return co_await kms_->unseal(root_key_);
    }

    Result<> listen() {
        register_figures(
            meter_, *journal_, [this] { return connections(); },
            [this] {
                return ServiceFigures{
                    .snapshot_failures = streams_->snapshot_failures() + kms_->snapshot_failures(),
                    .clock_doubted = streams_->clock_doubted() || kms_->clock_doubted()};
            });
        upkeep_ = std::make_unique<Upkeep>(
            Upkeep::Parts{.clock = clock_,
                          .disk = *disk_,
                          .directory = options_.ephemeral ? "" : options_.data,
                          .home = home(),
                          .apart = *apart_,
                          .journal = *journal_,
                          .root_key = root_key_},
            meter_);
        auto tls = load_tls(options_, clock_.wall_ms());
        if (!tls) return std::unexpected(std::move(tls.error()));
        std::vector<auth::AccessKey> keys;
        if (verified())
            keys.push_back({options_.access_key_id, options_.secret_access_key, options_.account});
        const size_t connections_max = connections_each();
        for (auto& each : sites_) {
            Site& site = *each;
            auto context = http::make_tls_context(tls->certificate_pem, tls->key_pem);
            if (!context) return std::unexpected(std::move(context.error()));
            site.tls = std::move(*context);
            site.verifier = auth::make_verifier(keys);
            const bool at_home = &site == sites_[0].get();
            site.router = std::make_unique<core::Router>(
                env_of(site), *site.verifier,
                std::vector<core::Service*>{streams_.get(), kms_.get(), metrics_.get()}, pages(),
                meter_,
                core::RouterOptions{.strict = options_.strict,
                                    .home = at_home ? nullptr : &home(),
                                    .administration = upkeep_->pages(),
                                    .root_access_key_id = options_.access_key_id});
            server::Options server_options;
            server_options.connections_max = connections_max;
            server_options.idle_timeout = std::chrono::seconds(options_.idle_timeout_s);
            server_options.request_timeout = std::chrono::seconds(options_.request_timeout_s);
            server_options.send_timeout = std::chrono::seconds(options_.send_timeout_s);
            site.server = std::make_unique<server::Server>(env_of(site), *site.router,
                                                           site.tls.get(), meter_, server_options);
            if (!at_home) {
                // The port is known by now: the first reactor listens first.
                site.reactor.post([this, &site] { listen_too(site); });
                continue;
            }
            auto free = host::address_is_free(listen_.endpoint);
            if (!free) return free;
            auto endpoint = site.server->listen(listen_.endpoint);
            if (!endpoint) return std::unexpected(std::move(endpoint.error()));
            listen_.endpoint = *endpoint;
        }
        return {};
    }

    // The other reactors share the port; without one of them the rest still serves.
    void listen_too(Site& site) {
        auto endpoint = site.server->listen(listen_.endpoint);
        if (!endpoint)
            spdlog::error("a reactor takes no connections: {}", endpoint.error().message);
    }

    // As many as asked for, when there are descriptors for them.
    size_t connections_each() const {
        const size_t kept =
            std::min(descriptors_kept + sites_.size() * descriptors_kept_each, descriptors_ / 2);
        const size_t most = std::max<size_t>(1, (descriptors_ - kept) / sites_.size());
        if (most >= options_.connections) return options_.connections;
        spdlog::warn(
            "at most {} connections at once for each reactor: the system allows {} open "
            "files (ulimit -n)",
            most, descriptors_);
        return most;
    }

    std::vector<core::Page> pages() {
        return {
            {"/_fors/health", [this] { return health_page(*journal_, options_, connections()); }},
            {"/_fors/metrics", [this] { return metrics_page(meter_, *metrics_); }}};
    }

    size_t connections() const {
        size_t sum = 0;
        for (const auto& site : sites_)
            if (site->server) sum += site->server->connections();
        return sum;
    }

    void announce() {
        const auto& at = listen_.endpoint;
        const std::string host = at.host.contains(':') ? "[" + at.host + "]" : at.host;
        const std::string url = "http://" + host + ":" + std::to_string(at.port);
        const std::string data = options_.ephemeral ? "memory" : options_.data;
        std::printf("fors ready %s data=%s access=%s limits=%s\n", url.c_str(), data.c_str(),
                    verified() ? "verified" : "open", options_.limits.c_str());
        std::printf("  listening  %s (HTTP/1.1, HTTP/2, TLS on one port)\n", url.c_str());
        std::printf("  data       %s\n",
                    options_.ephemeral ? "in memory, gone at the end" : options_.data.c_str());
        std::printf("  access     %s\n", verified()
                                             ? "signatures are verified"
                                             : "open: any signature is accepted (loopback only)");
        std::printf("  limits     %s\n", options_.limits == "aws" ? "as the service's, per shard"
                                                                  : "no throughput limits");
        // All that an aws without any configuration asks for; who verifies knows the keys.
        const char* keys = verified() ? "" : "AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x ";
        std::printf(
            "  try        AWS_ENDPOINT_URL=%s AWS_DEFAULT_REGION=us-east-1 %saws kinesis "
            "create-stream --stream-name demo --shard-count 1\n",
            url.c_str(), keys);
        std::fflush(stdout);
    }

    // First signal: finish what is under way, refuse new work, then end. Second: end at once.
    void stop() {
        if (stopping_) std::_Exit(exit_at_second_signal);
        stopping_ = true;
        host::end_after(orderly_end_max, 0);
        if (!streams_ || !sites_[0]->server) {
            stop_reactors();
            return;
        }
        upkeep_->stop();
        draining_ = sites_.size();
        for (auto& site : sites_)
            site->reactor.post([this, &server = *site->server] {
                server.shut_down([this] { home().post([this] { drained(); }); });
            });
    }

    void drained() {
        if (--draining_ > 0) return;
        streams_->stop();
        kms_->stop();
        env::spawn(end());
    }

    env::Task<void> end() {
        co_await upkeep_->ended();
        co_await metrics_->stop();
        co_await journal_->drain();
        stop_reactors();
    }

    // Before anything takes one.
    const size_t descriptors_ = host::raise_descriptor_limit();
    const ServeOptions& options_;
    Listen listen_;
    host::Clock clock_;
    host::Random random_;
    core::Meter meter_;
    std::unique_ptr<env::Disk> disk_;
    std::vector<std::unique_ptr<Site>> sites_;
    std::optional<host::Worker> log_, log_too_, background_, reads_, apart_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<Upkeep> upkeep_;
    std::unique_ptr<metrics::Metrics> metrics_;
    std::unique_ptr<kms::Kms> kms_;
    core::AesKey root_key_{};
    std::unique_ptr<streams::Streams> streams_;
    size_t draining_ = 0;
    bool stopping_ = false;
    int exit_code_ = 0;
};

}  // namespace

int serve(const ServeOptions& options) {
    host::block_signals();
    keep_freed_memory();
    spdlog::set_default_logger(spdlog::stderr_color_mt("fors"));
    const auto listen = parse_listen(options.listen);
    if (!listen) {
        std::fprintf(stderr, "fors: --listen %s: expected HOST:PORT, HOST a numeric address\n",
                     options.listen.c_str());
        return 2;
    }
    if (options.access_key_id.empty() != options.secret_access_key.empty()) {
        std::fprintf(stderr, "fors: FORS_ACCESS_KEY_ID and FORS_SECRET_ACCESS_KEY go together\n");
        return 2;
    }
    if (!listen->loopback && options.access_key_id.empty()) {
        std::fprintf(stderr,
                     "fors: %s can be reached from other machines, and no credentials are set.\n"
                     "Set FORS_ACCESS_KEY_ID and FORS_SECRET_ACCESS_KEY, or listen on 127.0.0.1.\n",
                     options.listen.c_str());
        return 2;
    }
    // Everything the server owns is given back to the system at the process's end; sessions under
    // way may still refer to it.
    auto* serving = new Serving(options, *listen);
    const int code = serving->run();
    std::fflush(nullptr);
    std::_Exit(code);
}

}  // namespace fors
