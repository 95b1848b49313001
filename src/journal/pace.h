// SPDX-License-Identifier: Apache-2.0
// Pace: what a long reading of files does between its pieces: rests, shows how far it is, stops.
#pragma once

#include <cstddef>

#include "env/task.h"

namespace fors::journal {

class Pace {
public:
    virtual ~Pace() = default;
    // So many bytes more were read (or copied). False: stop, nobody wants to know any more.
    virtual env::Task<bool> took(size_t bytes) = 0;
    // So many were found not to be worth reading.
    virtual void skipped(size_t /*bytes*/) {}
};

// As fast as it goes.
class FullSpeed final : public Pace {
public:
    env::Task<bool> took(size_t) override { co_return true; }
};

}  // namespace fors::journal
