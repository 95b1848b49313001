// SPDX-License-Identifier: Apache-2.0
// The order of a run: stream and consumers are made, the actors begin, faults and kills come and
// go, all ends, and what the disk then holds is read back.
#include "campaign.h"

#include <algorithm>

#include "actors.h"

namespace fors::test {

namespace {

constexpr int writers = 4;
constexpr int readers = 2;
constexpr int subscribers = 2;
constexpr size_t lost_if_torn = 2;  // batches: the one begun before the last was answered, too

ClientOptions client_options(const Scenario& scenario) {
    return {.http2 = scenario.http2, .signs = scenario.verified};
}

env::Task<void> finish_task(env::Task<void> task, std::shared_ptr<bool> done) {
    co_await std::move(task);
    *done = true;
}

}  // namespace

Campaign::Campaign(uint64_t seed)
    : world_(seed),
      scene_{.world = world_, .scenario = draw_scenario(seed)},
      disk_(world_, {}),
      network_(world_, scene_.scenario.network),
      clients_(world_.make_process()) {}

std::vector<std::string> Campaign::run(Totals& totals) {
    start_server();
    const auto setup = make_client();
    const auto patience = std::chrono::minutes(30);
    if (!run_task(*setup, create_stream(scene_, *setup), patience)) return {"no stream came to be"};
    for (int at = 0; at < subscribers; ++at) {
        std::string arn;
        auto registered = register_consumer(scene_, *setup, "c" + std::to_string(at), arn);
        if (!run_task(*setup, std::move(registered), patience)) return {"no consumer came to be"};
        subscribers_.push_back(std::make_unique<SimulatedSubscriber>(
            world_, network_, clients_, client_options(scene_.scenario)));
        subscribers_.back()->executor().post([this, at, arn] {
            env::spawn(listen(scene_, *subscribers_[static_cast<size_t>(at)], arn));
        });
    }
    start_actors();
    disk_.set_failures(scene_.scenario.disk);
    const auto kills = 1 + scene_.below(4);
    for (uint64_t at = 0; at < kills; ++at) {
        disturb();
        restart_server();
    }
    calm();
    world_.run_for(scene_.scenario.think(std::chrono::milliseconds(50)));
    const bool ended = finish();
    if (ended) {  // once more, from what the disk holds
        restart_server();
        const auto reader = make_client();
        const bool read = run_task(*reader, read_all(scene_, *reader), std::chrono::hours(2));
        if (!read && !refused_start_ && !scene_.key_lost)
            scene_.history.fault("not read back; " + server_->failure());
    }
    const bool damaged = scene_.scenario.damage != Scenario::Damage::none;
    note_damages();
    if (!damaged)
        for (const std::string& report : damage_reports_)
            scene_.history.fault("damage reported where there is none: " + report);
    check_patience();
    add_to(totals);
    // It said why: nothing is served that may be wrong.
    if (refused_start_) return scene_.history.faults();
    return scene_.history.check(
        {.losses = damaged && damages_ > 0,
         .late_records = scene_.scenario.damage == Scenario::Damage::misdirected_writes,
         .unreported = damaged ? disk_.counts().misdirected + lost_if_torn * torn_batches_ : 0});
}

void Campaign::start_server() {
    const Scenario& scenario = scene_.scenario;
    server_ = new SimulatedServer(
        world_, disk_, network_,
        {.streams = {.limits = scenario.limits,
                     .sweep_ms = scenario.aged && !scenario.sparse ? 20 : 10'000,
                     .forgotten_after_ms = scenario.aged ? 100 : 3'600'000,
                     .clock_patience_ms = scenario.aged ? 50 : 3'600'000,
                     .snapshot_every = scenario.snapshot_every},
         .verified = scenario.verified,
         .cache_bytes = scenario.cache_bytes,
         .segment_bytes = scenario.segment_bytes,
         .stream_unsent_max = scenario.stream_unsent_max});
    server_->start();
}

void Campaign::restart_server() {
    ++kills_;
    note_damages();
    server_->kill();
    // The process alone dies, or the machine with what its disk had not synced.
    if (scene_.chance(0.6)) disk_.crash();
    if (scene_.scenario.damage == Scenario::Damage::flipped_bits && scene_.chance(0.5))
        damage_at_rest();
    world_.run_for(std::chrono::milliseconds(1 + scene_.below(10)));
    start_server();
}

void Campaign::note_damages() {
    torn_batches_ += server_->torn_batches();
    if (server_->damages() == 0) return;
    damages_ += server_->damages();
    damage_reports_.insert(damage_reports_.end(), server_->reports().begin(),
                           server_->reports().end());
}

// Some bits anywhere; or one of what was written last, so that nothing else explains what is lost.
void Campaign::damage_at_rest() {
    const auto files = disk_.files();
    const auto& last = disk_.last_writes();
    if (!last.empty() && scene_.chance(0.5)) {
        const sim::Disk::Write& write = last[scene_.below(last.size())];
        const uint64_t bit = write.offset * 8 + scene_.below(write.bytes * 8);
        if (std::ranges::find(files, write.path) != files.end()) disk_.flip_bit(write.path, bit);
        return;
    }
    if (files.empty()) return;
    for (uint64_t flips = 1 + scene_.below(3); flips > 0; --flips)
        disk_.flip_bit(files[scene_.below(files.size())], world_.random().draw() >> 1);
}

// Some time under way, with what the scenario has in store.
void Campaign::disturb() {
    const Scenario& scenario = scene_.scenario;
    const auto pass = [&] {
        const std::chrono::microseconds least = std::chrono::milliseconds(2);
        const auto most =
            static_cast<uint64_t>(scenario.think(std::chrono::milliseconds(60)).count());
        world_.run_for(least + std::chrono::microseconds(scene_.below(most)));
    };
    if (scenario.damage == Scenario::Damage::misdirected_writes) {
        sim::DiskOptions options = scenario.disk;
        options.misdirection = 0.002;
        disk_.set_failures(options);
    }
    pass();
    if (scenario.full_disks && scene_.chance(0.5)) {
        ++full_disks_;
        disk_.set_full(true);
        pass();
        disk_.set_full(false);
    }
    if (scenario.slow_disks && scene_.chance(0.5)) {
        ++slow_disks_;
        disk_.set_slowness(100);
        pass();
        disk_.set_slowness(1);
    }
    for (auto days = scenario.aged ? scene_.below(3) : 0; days > 0; --days) {
        ++scene_.jumps;
        ++half_days_;
        scene_.history.half_a_day_passes();
        world_.clock().jump(std::chrono::hours(13));
        pass();
    }
    if (scenario.clock_jumps && scene_.chance(0.5)) {
        ++scene_.jumps;
        const auto reach = scene_.chance(0.5) ? 5'000 : 600'000;
        const auto by = static_cast<int64_t>(scene_.below(static_cast<uint64_t>(2 * reach)));
        world_.clock().jump(std::chrono::milliseconds(by - reach));
    }
    if (scenario.damage == Scenario::Damage::misdirected_writes && scene_.chance(0.5))
        disk_.misdirect_once();
    pass();
}

// No more faults: what is under way can come to an end.
void Campaign::calm() { disk_.set_failures({}); }

void Campaign::start_actors() {
    const auto add = [this](auto actor) {
        actors_.push_back(make_client());
        SimulatedClient& client = *actors_.back();
        client.executor().post([actor, &client] { env::spawn(actor(client)); });
    };
    for (int writer = 0; writer < writers; ++writer)
        add([this, writer](SimulatedClient& client) { return write(scene_, client, writer); });
    for (int reader = 0; reader < readers; ++reader)
        add([this](SimulatedClient& client) { return read(scene_, client); });
    add([this](SimulatedClient& client) { return reshape(scene_, client); });
    add([this](SimulatedClient& client) { return remake(scene_, client); });
    using As = ClientOptions::As;
    for (const As as : {As::impostor, As::stranger}) {
        ClientOptions options = client_options(scene_.scenario);
        options.as = as;
        if (as == As::impostor && !options.signs) continue;  // nobody would notice
        actors_.push_back(std::make_unique<SimulatedClient>(world_, network_, clients_, options));
        SimulatedClient& client = *actors_.back();
        client.executor().post([this, &client] { env::spawn(intrude(scene_, client)); });
    }
    if (scene_.scenario.encrypted)
        add([this](SimulatedClient& client) { return keep_key(scene_, client); });
}

// All actors end; false when they can't. Where nothing is damaged they are first given all there
// is.
bool Campaign::finish() {
    scene_.quiet = true;
    if (scene_.scenario.damage == Scenario::Damage::none && !scene_.key_lost) {
        if (!wait_for(scene_.changing, "who changes something")) return false;
        const auto client = make_client();
        if (!run_task(*client, write_at_last(scene_, *client), std::chrono::minutes(30))) {
            scene_.history.fault("the last put has no end; " + server_->failure());
            return false;
        }
        scene_.settled = true;
        if (!wait_for(scene_.listening, "who is pushed to")) return false;
    }
    scene_.over = true;
    return wait_for(scene_.changing, "who changes something") &&
           wait_for(scene_.listening, "who is pushed to") && wait_for(scene_.looking, "who looks");
}

// Long enough for who holds an iterator.
bool Campaign::wait_for(const int& count, const char* what) {
    if (world_.run_until([&] { return count == 0; }, std::chrono::minutes(30))) return true;
    const bool damaged = scene_.scenario.damage != Scenario::Damage::none;
    refused_start_ = damaged && !server_->listens() && !server_->failure().empty();
    if (!refused_start_) scene_.history.fault(std::string(what) + " hangs; " + server_->failure());
    return false;
}

// What nothing but a slow disk explains.
void Campaign::check_patience() {
    if (scene_.scenario.slow_disks) return;
    for (const auto& client : actors_)
        if (client->unanswered() > 0) scene_.history.fault("a call had no answer");
    for (const auto& subscriber : subscribers_)
        if (subscriber->silences() > 0) scene_.history.fault("no event came for 15 seconds");
}

bool Campaign::run_task(SimulatedClient& client, env::Task<void> task, env::Nanoseconds limit) {
    auto done = std::make_shared<bool>(false);
    auto held = std::make_shared<env::Task<void>>(std::move(task));
    client.executor().post([held, done] { env::spawn(finish_task(std::move(*held), done)); });
    if (world_.run_until([&] { return *done; }, limit)) return true;
    const bool damaged = scene_.scenario.damage != Scenario::Damage::none;
    refused_start_ = damaged && !server_->listens() && !server_->failure().empty();
    return false;
}

std::unique_ptr<SimulatedClient> Campaign::make_client() {
    return std::make_unique<SimulatedClient>(world_, network_, clients_,
                                             client_options(scene_.scenario));
}

void Campaign::add_to(Totals& totals) const {
    ++totals.runs;
    totals.virtual_seconds += static_cast<double>(world_.now().count()) * 1e-9;
    totals.acknowledged += scene_.history.acknowledged_count();
    totals.shards += scene_.shards.size();
    totals.kills += kills_;
    totals.full_disks += full_disks_;
    totals.slow_disks += slow_disks_;
    totals.clock_jumps += static_cast<uint64_t>(scene_.jumps) - half_days_;
    totals.half_days += half_days_;
    totals.damages_reported += damages_;
    totals.torn_batches += torn_batches_;
    totals.starts_refused += refused_start_;
    totals.runs_damaged += scene_.scenario.damage != Scenario::Damage::none;
    totals.deeds.add(scene_.deeds);
    totals.disk.add(disk_.counts());
    totals.network.add(network_.counts());
}

}  // namespace fors::test
