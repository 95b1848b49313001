// SPDX-License-Identifier: Apache-2.0
// fors bench: a load generator for any Kinesis endpoint.
#include "cli/bench.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/progress.h"
#include "load/bodies.h"
#include "load/gets.h"
#include "load/push.h"
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
        if (ready && options_.work == Work::get && options_.from == "oldest")
            ready = stream_.fill(options_.fill, options_.size);
        if (ready && options_.work == Work::push)
            ready = stream_.register_consumers(options_.consumers);
        if (!ready) return ready;
        reading_ = {.stream = stream_.name(),
                    .shards = stream_.shards(),
                    .from_latest = options_.from == "latest",
                    .limit = options_.limit};
        pushing_ = {.stream = stream_.name(),
                    .shards = stream_.shards(),
                    .consumers = stream_.consumers(),
                    .size = options_.size,
                    .partition_keys = options_.partition_keys};
        if (options_.work == Work::get || options_.work == Work::push) return {};
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
        const double usual_s = options_.count > 0 ? 0 : 1;
        const double warm_up_s = options_.warm_up_s >= 0 ? options_.warm_up_s : usual_s;
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
        if (options_.work == Work::push)
            return load::make_push(env, target_, scope, pushing_, mine, std::move(events));
        std::unique_ptr<load::Job> job;
        if (options_.work == Work::get)
            job = std::make_unique<load::Gets>(scope, reading_, lanes, thread * lanes);
        else
            job = std::make_unique<load::Puts>(scope, bodies_, shape_.batched, lanes, thread,
                                               options_.threads);
        return std::make_unique<load::Requests>(env, target_, std::move(job), mine,
                                                std::move(events));
    }

    int tell() const {
        const load::Tally total = outcome_.total();
        const BenchResult result{.options = options_,
                                 .outcome = outcome_,
                                 .endpoint = connection_.endpoint,
                                 .stream = stream_.name(),
                                 .protocol = std::string(total.protocol)};
        print(options_.json ? bench_json(result) : bench_text(result));
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
    load::Reading reading_;
    load::Pushing pushing_;
    std::vector<load::Body> bodies_;
    load::Outcome outcome_;
};

void add_stream_options(CLI::App& command, BenchOptions& options) {
    command.add_option("--stream", options.stream,
                       "The stream (default: one is made, and deleted at the end)");
    command.add_option("--shards", options.shards, "Of a stream that is made")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
}

void add_load_options(CLI::App& command, BenchOptions& options) {
    command.add_option("--connections", options.connections, "Connections at once")
        ->check(CLI::Range(1, 50'000))
        ->capture_default_str();
    if (options.work != Work::push)
        command.add_option("--threads", options.threads, "Threads that share the connections")
            ->check(CLI::Range(1, 256))
            ->capture_default_str();
    command
        .add_option("--http", options.http,
                    "1.1, 2 (without TLS by prior knowledge) or auto: what TLS agrees on, else 1.1")
        ->check(CLI::IsMember({"auto", "1.1", "2"}))
        ->capture_default_str();
    command
        .add_option("--multiplex", options.multiplex,
                    "Over HTTP/2: requests at once on each connection")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command
        .add_option("--rate", options.rate,
                    "Requests a second, sent when they are due whatever the server does; latencies "
                    "count from when they were due (default: each as soon as the last one is "
                    "answered)")
        ->check(CLI::PositiveNumber);
    command.add_option("--duration", options.duration_s, "Seconds that are measured")
        ->check(CLI::Range(0.1, 1e6))
        ->capture_default_str();
    command
        .add_option("--warm-up", options.warm_up_s,
                    "Seconds before them (default: 1, with --count none)")
        ->check(CLI::Range(0.0, 1e6));
    command.add_option("--count", options.count, "Requests in all, instead of a duration")
        ->check(CLI::PositiveNumber)
        ->excludes("--duration");
    command.add_option("--timeout", options.timeout_s, "Seconds until a request has failed")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    command.add_flag("--json", options.json, "The result as a JSON object");
}

void add_record_options(CLI::App& command, BenchOptions& options) {
    const bool pushed = options.work == Work::push;
    const auto least = pushed ? load::pushed_bytes_min : 1U;
    command.add_option("--size", options.size, "Bytes of each record's data")
        ->check(CLI::Range(least, 10U << 20))
        ->capture_default_str();
    if (options.work == Work::batch)
        command.add_option("--records", options.records, "Of each request (default: 500)")
            ->check(CLI::Range(1, 500));
    if (options.work == Work::aggregated)
        command
            .add_option("--records", options.records,
                        "User records in each record (default: what fits into 50 KiB)")
            ->check(CLI::Range(1, 100'000));
    if (options.work != Work::get)
        command
            .add_option("--partition-keys", options.partition_keys,
                        "As many different ones (default: 500)")
            ->check(CLI::Range(1, 100'000'000));
}

void add_reading_options(CLI::App& command, BenchOptions& options) {
    command
        .add_option("--from", options.from,
                    "oldest: what is there, over and over; latest: what is put from now on")
        ->check(CLI::IsMember({"oldest", "latest"}))
        ->capture_default_str();
    command.add_option("--limit", options.limit, "Records of an answer, at most")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    command.add_option("--fill", options.fill, "Records put into a stream that is made")
        ->check(CLI::Range(0, 100'000'000))
        ->capture_default_str();
}

// What can only be seen from all options together.
std::string usage_fault(const BenchOptions& options) {
    if (options.threads > options.connections)
        return "--threads: each needs a connection (--connections)";
    if (options.count > 0 && options.count < options.threads)
        return "--threads: each needs a request (--count)";
    if (options.multiplex > 1 && options.http == "1.1")
        return "--multiplex: HTTP/1.1 has one request at a time";
    if (options.multiplex > 1 && options.http == "auto") return "--multiplex: needs --http 2";
    return "";
}

struct Kind {
    const char* name;
    const char* help;
    Work work;
    uint32_t connections;
};

constexpr Kind kinds[] = {
    {"put", "PutRecord: a record a request", Work::put, 64},
    {"batch", "PutRecords: many records a request", Work::batch, 4},
    {"aggregated", "PutRecord of records aggregated as KPL does it", Work::aggregated, 16},
    {"get", "GetRecords, by iterators", Work::get, 4},
    {"push", "From PutRecord to the event of SubscribeToShard", Work::push, 1},
};

}  // namespace

void add_bench(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    CLI::App* bench = app.add_subcommand("bench", "Load a Kinesis endpoint and measure it");
    bench->require_subcommand(1);
    for (const Kind& kind : kinds) {
        const auto options = std::make_shared<BenchOptions>();
        options->work = kind.work;
        options->name = kind.name;
        options->connections = kind.connections;
        if (kind.work == Work::push) options->rate = 100;
        CLI::App* command = bench->add_subcommand(kind.name, kind.help);
        add_stream_options(*command, *options);
        add_load_options(*command, *options);
        add_record_options(*command, *options);
        if (kind.work == Work::get) add_reading_options(*command, *options);
        if (kind.work == Work::push) {
            command->get_option("--rate")
                ->description("Requests a second, sent when they are due whatever the server does")
                ->capture_default_str();
            command->add_option("--consumers", options->consumers, "Each hears all shards")
                ->check(CLI::Range(1, 20))
                ->capture_default_str();
        }
        add_connection(*command, options->connection);
        command->callback([console, options, &exit_code] {
            const std::string fault = usage_fault(*options);
            exit_code =
                fault.empty() ? Bench(*console, *options).run() : complain(fault, exit_usage);
        });
    }
    bench->footer(
        "Ends with code 1 when nothing succeeded. Each takes --help.\n\n"
        "Examples:\n"
        "  fors bench put\n"
        "  fors bench put --rate 5000 --duration 60\n"
        "  fors bench batch --http 2 --connections 2 --multiplex 4\n"
        "  fors bench get --stream orders --from latest --json\n"
        "  fors bench push --rate 200");
}

}  // namespace fors::cli
