// SPDX-License-Identifier: Apache-2.0
// fors bench: a load generator for any Kinesis endpoint.
#include "cli/bench.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/progress.h"
#include "load/bodies.h"
#include "load/puts.h"
#include "load/requests.h"
#include "load/target.h"

namespace fors::cli {

namespace {

using load::nanoseconds;

constexpr uint32_t batch_records = 500;          // the most that PutRecords takes
constexpr uint32_t aggregate_bytes = 50 * 1024;  // KPL's own default
constexpr uint32_t record_overhead_bytes = 10;   // of a user record in an aggregated one

nanoseconds time_of(double seconds) { return nanoseconds(static_cast<int64_t>(seconds * 1e9)); }

Result<std::string> file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) return fail(Code::not_found, path + ": cannot be read");
    return text;
}

class Bench {
public:
    Bench(const Console& console, const BenchOptions& options)
        : console_(console),
          options_(options),
          connection_(client_options(console, options.connection)),
          session_(console, options.connection),
          stream_(session_, options_) {}

    int run() {
        Result<> done = aim();
        if (done) done = make_ready();
        if (done) load();
        const auto removed = stream_.remove();
        if (!done) return complain(done.error());
        if (!removed) complain(stream_.name() + " is left over: " + removed.error().message, 0);
        return tell();
    }

private:
    // Finds the endpoint.
    Result<> aim() {
        const auto place = load::place_of(connection_.endpoint);
        if (!place) return std::unexpected(place.error());
        auto address = console_.resolve(place->host);
        if (!address) return std::unexpected(address.error());
        target_.address = {*address, place->port};
        target_.authority = place->authority;
        target_.host = place->host;
        target_.path = place->path;
        target_.protocol = options_.http == "1.1" ? load::Protocol::http1
                           : options_.http == "2" ? load::Protocol::http2
                                                  : load::Protocol::any;
        target_.streams = options_.multiplex;
        return place->tls ? trust() : Result<>{};
    }

    Result<> trust() {
        std::string pem;
        if (!connection_.ca_bundle.empty()) {
            auto read = file_text(connection_.ca_bundle);
            if (!read) return std::unexpected(std::move(read.error()));
            pem = std::move(*read);
        }
        auto made = http::make_client_tls_context(pem);
        if (!made)
            return fail(made.error().code, connection_.ca_bundle + ": " + made.error().message);
        tls_ = std::move(*made);
        target_.tls = tls_.get();
        return {};
    }

    Result<> make_ready() {
        auto ready = stream_.prepare();
        if (!ready) return ready;
        shape_ = {.stream = stream_.name(),
                  .size = options_.size,
                  .records = records(),
                  .partition_keys = options_.partition_keys,
                  .aggregated = options_.work == Work::aggregated,
                  .batched = options_.work == Work::batch};
        auto bodies = load::make_bodies(shape_, *console_.random);
        if (!bodies) return std::unexpected(std::move(bodies.error()));
        bodies_ = std::move(*bodies);
        return {};
    }

    uint32_t records() const {
        if (options_.records > 0) return options_.records;
        if (options_.work == Work::batch) return batch_records;
        if (options_.work == Work::aggregated)
            return std::max(1U, aggregate_bytes / (options_.size + record_overhead_bytes));
        return 1;
    }

    load::Share share() const {
        const double warm_up_s = options_.warm_up_s >= 0 ? options_.warm_up_s
                                 : options_.count > 0    ? 0
                                                         : 1;
        load::Share whole{.links = options_.connections,
                          .rate = options_.rate,
                          .count = std::nullopt,
                          .warm_up = time_of(warm_up_s),
                          .duration = time_of(options_.duration_s),
                          .timeout = time_of(options_.timeout_s)};
        if (options_.count > 0) {
            whole.count = options_.count;
            whole.duration = nanoseconds(0);
        }
        return whole;
    }

    void load() {
        Progress progress(console_);
        const load::Plan plan{
            .threads = options_.threads,
            .make_party =
                [&](uint32_t thread, env::Env& env, load::Worker::Events events) {
                    return make_party(thread, env, std::move(events));
                },
            .progress =
                [&](const load::Tally& recent, nanoseconds period, const load::Outcome& so_far) {
                    progress.show(bench_progress(recent, period, so_far));
                }};
        outcome_ = load::run(*console_.threads, plan);
    }

    std::unique_ptr<load::Party> make_party(uint32_t thread, env::Env& env,
                                            load::Worker::Events events) const {
        const load::Share mine = load::share_of(share(), thread, options_.threads);
        const size_t lanes = mine.links * target_.streams;
        const load::Signer::Scope scope{
            .host = target_.authority,
            .path = target_.path,
            .region = connection_.region,
            .session_token = connection_.session_token,
            .key = {connection_.access_key_id, connection_.secret_access_key, {}}};
        auto job = std::make_unique<load::Puts>(scope, bodies_, shape_.batched, lanes, thread,
                                                options_.threads);
        return std::make_unique<load::Requests>(env, target_, std::move(job), mine,
                                                std::move(events));
    }

    int tell() const {
        const BenchResult result{.options = options_,
                                 .outcome = outcome_,
                                 .endpoint = connection_.endpoint,
                                 .stream = stream_.name(),
                                 .protocol = options_.http};
        print(options_.json ? bench_json(result) : bench_text(result));
        const load::Tally total = outcome_.total();
        if (total.succeeded > 0) return exit_ok;
        std::string why = total.requests > 0
                              ? "all of " + std::to_string(total.requests) + " requests failed"
                              : "no request was answered";
        for (const auto& [kind, trouble] : total.troubles)
            why += "; " + kind + (trouble.text.empty() ? "" : ": " + printable(trouble.text));
        return complain(why, exit_failed);
    }

    const Console& console_;
    const BenchOptions& options_;
    client::Options connection_;
    Session session_;
    BenchStream stream_;
    load::Target target_;
    http::TlsContextPtr tls_;
    load::Shape shape_;
    std::vector<load::Body> bodies_;
    load::Outcome outcome_;
};

}  // namespace

void add_bench(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    CLI::App* bench = app.add_subcommand("bench", "Load an endpoint and measure it");
    bench->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, Work work) {
        const auto options = std::make_shared<BenchOptions>();
        options->work = work;
        options->name = name;
        CLI::App* command = bench->add_subcommand(name, help);
        add_connection(*command, options->connection);
        command->add_option("--stream", options->stream,
                            "The stream (default: one is made, and deleted at the end)");
        command->add_option("--connections", options->connections, "Connections at once")
            ->capture_default_str();
        command->callback(
            [console, options, &exit_code] { exit_code = Bench(*console, *options).run(); });
    };
    add("put", "PutRecord: a record a request", Work::put);
}

}  // namespace fors::cli
