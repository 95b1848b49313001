// SPDX-License-Identifier: Apache-2.0
// Puts: PutRecord and PutRecords from bodies made beforehand.
#pragma once

#include <vector>

#include "load/bodies.h"
#include "load/job.h"

namespace fors::load {

class Puts final : public Job {
public:
    // `bodies` outlives it; worker `first` of `step` takes every step-th, so that threads don't
    // send the same at once.
    Puts(const Signer::Scope& scope, const std::vector<Body>& bodies, bool batched, size_t lanes,
         size_t first, size_t step);

    Call next(size_t lane, std::chrono::nanoseconds due) override;
    void succeeded(size_t lane, std::string_view body, Tally& tally) override;
    void failed(size_t lane, std::string_view type, Tally& tally) override;

private:
    void count_entries(const Body& sent, std::string_view answer, Tally& tally);

    const std::vector<Body>& bodies_;
    bool batched_;
    Signer signer_;
    std::vector<const Body*> under_way_;  // by lane
    size_t at_;
    size_t step_;
};

}  // namespace fors::load
