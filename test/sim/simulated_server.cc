// SPDX-License-Identifier: Apache-2.0
// The wiring of src/main/serve.cc, over a simulated world and with very small buffers.
#include "simulated_server.h"

namespace fors::test {

namespace {

constexpr std::chrono::milliseconds rest_max{60'000};

}  // namespace

SimulatedServer::SimulatedServer(sim::World& world, sim::Disk& disk, sim::Network& network,
                                 ServerSetup setup)
    : world_(world),
      disk_(disk),
      process_(world.make_process()),
      home_(process_.make_executor()),
      log_(process_.make_executor()),
      log_too_(process_.make_executor()),
      background_(process_.make_executor()),
      reads_(process_.make_executor()),
      network_(network.view(process_, home_)),
      verifier_(auth::make_verifier(setup.verified ? std::vector{sim_key(), stranger_key()}
                                                   : std::vector<auth::AccessKey>{})),
      setup_(setup) {}

void SimulatedServer::start() {
    home_.post([this] { env::spawn(run()); });
}

// A failing disk may keep it from starting: it is started again, as a supervisor would.
env::Task<void> SimulatedServer::run() {
    for (auto rest = std::chrono::milliseconds(5);; rest = std::min(rest * 2, rest_max)) {
        auto opened = co_await open();
        if (opened) break;
        failure_ = opened.error().message;
        damages_before_ =
            damages();  // it may have moved what is left into a chunk: not found again
        torn_before_ = torn_batches();
        (void)metrics_.release();
        (void)kms_.release();
        (void)streams_.release();  // what is under way may still refer to them
        (void)journal_.release();
        co_await sim::pause{world_, rest};
    }
    router_ = std::make_unique<core::Router>(
        env(), *verifier_, std::vector<core::Service*>{streams_.get(), kms_.get(), metrics_.get()},
        std::vector<core::Page>{}, meter_, core::RouterOptions{});
    server_ = std::make_unique<server::Server>(
        env(), *router_, nullptr, meter_,
        server::Options{.stream_unsent_max = setup_.stream_unsent_max});
    auto listening = server_->listen({"sim", server_port});
    if (!listening) failure_ = listening.error().message;
}

env::Task<Result<>> SimulatedServer::open() {
    journal::Options options{.cache_bytes = setup_.cache_bytes, .untouched_at_first = true};
    options.report = [this](const std::string& text) { reports_.push_back(text); };
    options.segments = {.first_bytes = 32 << 10, .bytes_max = setup_.segment_bytes};
    auto journal = co_await journal::Journal::open(
        {world_.clock(), disk_, home_, {&log_, &log_too_}, background_, reads_, world_.random()},
        std::move(options));
    if (!journal) co_return std::unexpected(std::move(journal.error()));
    journal_ = std::move(*journal);
    metrics_ = std::make_unique<metrics::Metrics>(env(), *journal_);
    metrics_->start();
    kms_ = std::make_unique<kms::Kms>(env(), *journal_);
    auto replayed = co_await kms_->open();
    if (!replayed) co_return replayed;
    auto unsealed = co_await kms_->unseal(core::AesKey{});
    if (!unsealed) co_return unsealed;
    streams_ =
        std::make_unique<streams::Streams>(env(), *journal_, *kms_, *metrics_, setup_.streams);
    auto opened = co_await streams_->open();
    if (opened) journal_->begin_upkeep();
    co_return opened;
}

}  // namespace fors::test
