// SPDX-License-Identifier: Apache-2.0
// What the parts of fors bench share: its options, its stream, its report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "load/run.h"

namespace fors::cli {

enum class Work : uint8_t { put, batch, aggregated, get, push };

struct BenchOptions {
    ConnectionOptions connection;
    Work work = Work::put;
    std::string name;  // of the work, as typed
    std::string stream;
    uint32_t shards = 1;
    uint32_t connections = 64;
    uint32_t threads = 1;
    std::string http = "auto";
    uint32_t multiplex = 1;
    double rate = 0;
    double warm_up_s = -1;  // below 0: one second, none with --count
    double duration_s = 10;
    uint64_t count = 0;
    double timeout_s = 30;
    uint32_t size = 1024;
    uint32_t records = 0;  // 0: the work's own default
    uint32_t partition_keys = 0;
    std::string from = "oldest";
    uint32_t limit = 1000;
    uint32_t fill = 10'000;
    uint32_t consumers = 1;
    bool json = false;
};

// The stream under load: the one that was given, or one of its own, which is deleted at the end.
class BenchStream {
public:
    BenchStream(Session& session, const BenchOptions& options)
        : session_(session), options_(options) {}

    Result<> prepare();
    // Takes away what was made; tells what could not be.
    Result<> remove();

    const std::string& name() const { return name_; }
    const std::vector<std::string>& shards() const { return shards_; }  // the open ones
    const std::vector<std::string>& consumers() const { return consumers_; }

    // A reader of a stream of its own finds so many records there.
    Result<> fill(uint32_t records, uint32_t size);
    Result<> register_consumers(uint32_t count);

private:
    Result<> create();
    Result<> await_active();
    Result<> find_shards();
    Result<> await_consumer(const std::string& arn);
    std::string named() const;

    Session& session_;
    const BenchOptions& options_;
    std::string name_;
    std::string arn_;
    std::vector<std::string> shards_;
    std::vector<std::string> consumers_;
    bool created_ = false;
};

struct BenchResult {
    const BenchOptions& options;
    const load::Outcome& outcome;
    std::string endpoint;
    std::string stream;
    std::string protocol;
};

std::string bench_text(const BenchResult& result);
std::string bench_json(const BenchResult& result);
// "12.3 s  56,211/s  p50 1.03 ms  p99 3.50 ms", for the line that is written over and over.
std::string bench_progress(const load::Tally& recent, load::nanoseconds period,
                           const load::Outcome& so_far);

}  // namespace fors::cli
