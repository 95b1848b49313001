// SPDX-License-Identifier: Apache-2.0
// What the administrators' pages are asked and answer, as JSON.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "wire/shape.h"

namespace fors::upkeep {

using Text = std::string_view;

struct StartVerify {
    std::optional<int32_t> mib_per_second;
};

struct Found {
    bool damage = false;
    Text file;
    int64_t offset = 0;
    Text text;  // file and offset included
};

struct Figures {
    int64_t chunks = 0, blocks = 0, blocks_trimmed = 0, segments = 0, batches = 0, records = 0,
            shards = 0, bytes = 0;
};

struct StartBackup {
    std::optional<Text> directory;
    std::optional<bool> with_root_key;
    std::optional<int32_t> mib_per_second;
};

// How far something is, or what came of it.
struct Status {
    Text state;  // none, running, done, failed
    std::optional<Text> directory;
    std::optional<Text> error;
    std::optional<int64_t> started_ms, ended_ms;
    std::optional<int64_t> bytes_done, bytes_total;
    std::optional<int64_t> damages;
    std::optional<std::vector<Found>> findings;  // the first of them
    std::optional<Figures> figures;
    std::optional<Text> summary;
};

}  // namespace fors::upkeep

namespace fors::wire {

template <>
struct Shape<upkeep::StartVerify> {
    static constexpr std::string_view name = "StartVerify";
    static constexpr Field fields[] = {
        field<&upkeep::StartVerify::mib_per_second>("mib_per_second", optional,
                                                    {.min = 1, .max = 1 << 20}),
    };
};

template <>
struct Shape<upkeep::Found> {
    using T = upkeep::Found;
    static constexpr std::string_view name = "Found";
    static constexpr Field fields[] = {
        field<&T::damage>("damage"),
        field<&T::file>("file"),
        field<&T::offset>("offset"),
        field<&T::text>("text"),
    };
};

template <>
struct Shape<upkeep::Figures> {
    using T = upkeep::Figures;
    static constexpr std::string_view name = "Figures";
    static constexpr Field fields[] = {
        field<&T::chunks>("chunks"),
        field<&T::blocks>("blocks"),
        field<&T::blocks_trimmed>("blocks_trimmed"),
        field<&T::segments>("segments"),
        field<&T::batches>("batches"),
        field<&T::records>("records"),
        field<&T::shards>("shards"),
        field<&T::bytes>("bytes"),
    };
};

template <>
struct Shape<upkeep::StartBackup> {
    using T = upkeep::StartBackup;
    static constexpr std::string_view name = "StartBackup";
    static constexpr Field fields[] = {
        field<&T::directory>("directory", required, {.min = 1, .max = 4096}),
        field<&T::with_root_key>("with_root_key"),
        field<&T::mib_per_second>("mib_per_second", optional, {.min = 1, .max = 1 << 20}),
    };
};

template <>
struct Shape<upkeep::Status> {
    using T = upkeep::Status;
    static constexpr std::string_view name = "Status";
    static constexpr Field fields[] = {
        field<&T::state>("state"),
        field<&T::directory>("directory"),
        field<&T::error>("error"),
        field<&T::started_ms>("started_ms"),
        field<&T::ended_ms>("ended_ms"),
        field<&T::bytes_done>("bytes_done"),
        field<&T::bytes_total>("bytes_total"),
        field<&T::damages>("damages"),
        field<&T::findings>("findings"),
        field<&T::summary>("summary"),
        field<&T::figures>("figures"),
    };
};

}  // namespace fors::wire
