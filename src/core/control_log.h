// SPDX-License-Identifier: Apache-2.0
// ControlLog: every control-plane fact is a command in a log, folded by deterministic code into
// state in memory.
//
// A command is appended, synced, then applied; the outcome of applying it is the answer, so two
// commands that race are judged by their place in the log. After some commands the state is written
// as a snapshot into the same shard and what lies before it is trimmed; at start the snapshot is
// restored and the commands after it are applied again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/task.h"
#include "env/turnstile.h"
#include "log/log.h"

namespace fors::core {

// A state machine: what it is depends on nothing but the commands it was given, in their order.
class Fold {
public:
    virtual ~Fold() = default;
    // For messages: "streams".
    virtual std::string_view name() const = 0;
    // Of the commands and snapshots that it writes; it reads all versions up to this one. A change
    // that an older program would misread takes the next number.
    virtual uint8_t version() const { return 1; }
    // Never fails for reasons outside the state; a refused command leaves the state as it was.
    virtual Result<> apply(std::string_view command) = 0;
    virtual std::string snapshot() const = 0;
    // Replaces the state. Code::corrupt when the snapshot can't be read.
    virtual Result<> restore(std::string_view snapshot) = 0;
};

// On the home thread; the log and the fold outlive it.
class ControlLog {
public:
    // `shard`: nobody else's.
    ControlLog(log::Log& log, log::ShardId shard, Fold& fold, uint32_t snapshot_every = 1000)
        : log_(log), shard_(shard), fold_(fold), snapshot_every_(snapshot_every) {}

    // Restores the state. Once, before anything else. Code::not_implemented: something in it was
    // written by a later version; nothing is changed then.
    env::Task<Result<>> open();

    // Makes a command durable, then applies it; the fold's outcome, or the log's error. One at a
    // time: the others wait in line.
    env::Task<Result<>> submit(std::string command);

    // How many snapshots could not be written. Nothing is lost by it, but what lies before them
    // stays in the log and is read at the next start.
    uint64_t snapshot_failures() const { return snapshot_failures_; }

private:
    Result<> check_version(const log::Record& record) const;
    uint16_t flags_of(uint16_t kind) const;
    env::Task<void> take_snapshot();
    env::Task<void> append_later(std::string command);

    log::Log& log_;
    log::ShardId shard_;
    Fold& fold_;
    uint32_t snapshot_every_;
    uint32_t since_snapshot_ = 0;
    uint64_t snapshot_failures_ = 0;
    env::Turnstile turnstile_;
};

}  // namespace fors::core
