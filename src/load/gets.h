// SPDX-License-Identifier: Apache-2.0
// Gets: readers of shards by GetRecords; each lane is one, with an iterator of its own.
#pragma once

#include <string>
#include <vector>

#include "load/job.h"

namespace fors::load {

struct Reading {
    std::string stream;
    std::vector<std::string> shards;  // lanes take them in turn
    bool from_latest = false;         // what comes from now on; else what is there, over and over
    uint32_t limit = 1000;            // records of an answer
};

class Gets final : public Job {
public:
    // The worker's first lane is number `first` of all, so that threads share the shards out.
    Gets(const Signer::Scope& scope, const Reading& reading, size_t lanes, size_t first);
    ~Gets() override;

    bool prepares(size_t lane) override { return readers_[lane].iterator.empty(); }
    Call next(size_t lane, std::chrono::nanoseconds due) override;
    void succeeded(size_t lane, std::string_view body, Tally& tally) override;
    void failed(size_t lane, std::string_view type, Tally& tally) override;

private:
    struct Reader {
        size_t shard = 0;
        std::string iterator;
        std::string begin;  // the iterator to begin again with
        std::string body;   // of the request under way
        std::string hash;
        bool placing = false;
    };

    const Reading& reading_;
    Signer iterators_;
    Signer records_;
    std::vector<Reader> readers_;
    struct Parser;
    static void take(const Reading& reading, Reader& reader, const Parser& parsed, Tally& tally);
    std::unique_ptr<Parser> parser_;
};

}  // namespace fors::load
