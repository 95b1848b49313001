// SPDX-License-Identifier: Apache-2.0
// Session: what the commands share: a client for the endpoint asked for, answers as JSON, errors,
// colours.
#pragma once

#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/cli.h"
#include "client/client.h"

namespace fors::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

using Json = simdjson::dom::element;

// The members of a JSON object; empty or 0 when absent or of another type.
std::string_view text_of(Json object, const char* name);
int64_t number_of(Json object, const char* name);
double real_of(Json object, const char* name);
bool truth_of(Json object, const char* name);

// Calls `use(element)` for each element of a member that is an array.
template <class Use>
void each(Json object, const char* name, Use use) {
    simdjson::dom::array list;
    if (object[name].get(list) != simdjson::SUCCESS) return;
    for (const Json element : list) use(element);
}

struct ConnectionOptions {
    std::string endpoint;
    std::string region;
    std::string ca_bundle;
};

void add_connection(CLI::App& command, ConnectionOptions& options);

// The environment's, overruled by the command's.
client::Options client_options(const Console& console, const ConnectionOptions& options);

class Session {
public:
    Session(const Console& console, const ConnectionOptions& options);

    // The answer lives until the next call.
    Result<Json> call(std::string_view operation, std::string_view json);
    // One of the server's own pages, for administrators.
    Result<Json> page(std::string_view method, std::string_view path, std::string_view json = {});

    const Console& console() const { return console_; }
    bool colours() const { return colours_; }
    // `text` in an SGR colour ("1;32"), where there are colours.
    std::string coloured(std::string_view text, std::string_view colour) const;

private:
    Result<Json> parse(std::string_view of, Result<std::string> answered);

    const Console& console_;
    bool colours_;
    client::Client client_;
    std::string answer_;
    simdjson::dom::parser parser_;
};

// "fors: <text>" to standard error; gives the exit code.
int complain(std::string_view text, int exit_code);
inline int complain(const Error& error) { return complain(error.message, exit_failed); }

void print(std::string_view text);  // to standard output
std::string iso_time(int64_t ms);   // 2026-01-31T12:00:00.000Z

// Each adds its command.
void add_streams(CLI::App& app, const ConsoleRef& console, int& exit_code);
void add_put(CLI::App& app, const ConsoleRef& console, int& exit_code);
void add_tail(CLI::App& app, const ConsoleRef& console, int& exit_code);
void add_verify(CLI::App& app, const ConsoleRef& console, int& exit_code);
void add_backup(CLI::App& app, const ConsoleRef& console, int& exit_code);
void add_bench(CLI::App& app, const ConsoleRef& console, int& exit_code);

}  // namespace fors::cli
