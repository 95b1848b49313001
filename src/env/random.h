// SPDX-License-Identifier: Apache-2.0
// Random: the only source of chance; the operating system's in production, a seed's in simulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fors::env {

class Random {
public:
    virtual ~Random() = default;

    // Fills `out` with bytes fit for keys. Any thread.
    virtual void fill(std::span<std::byte> out) = 0;

    uint64_t next() {
        uint64_t value = 0;
        fill(std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }
};

}  // namespace fors::env
