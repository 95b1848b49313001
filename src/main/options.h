// SPDX-License-Identifier: Apache-2.0
// What `fors serve` can be told: by flags, by environment (FORS_...), by a file, in that order of
// precedence.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace fors {

struct ServeOptions {
    std::string config;  // the file
    std::string data = "fors-data";
    std::string listen = "127.0.0.1:4566";
    std::string limits = "aws";
    std::string access_key_id;
    std::string secret_access_key;
    std::string account = "000000000000";
    std::string root_key;
    std::string root_key_file;
    std::string tls_certificate;
    std::string tls_key;
    uint32_t reactors = 0;  // 0: one less than there are cores, at least one
    uint32_t cache_mib = 224;
    uint32_t connections = 20'000;
    uint32_t idle_timeout_s = 300;
    uint32_t request_timeout_s = 30;
    uint32_t send_timeout_s = 60;
    uint32_t transition_ms = 100;
    bool ephemeral = false;
    bool strict = false;
};

// Adds the options to the subcommand.
void add_options(CLI::App& serve, ServeOptions& options);

}  // namespace fors
