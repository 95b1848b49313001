// SPDX-License-Identifier: Apache-2.0
// Sessions and the small things around them.
#include "cli/session.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace fors::cli {

namespace {

// NO_COLOR: any value but none.
bool colours_wanted(const Console& console) {
    const char* refused = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): one thread
    return console.terminal && !(refused && *refused);
}

template <class T>
T member(Json object, const char* name) {
    T value{};
    return object[name].get(value) == simdjson::SUCCESS ? value : T{};
}

}  // namespace

std::string_view text_of(Json object, const char* name) {
    return member<std::string_view>(object, name);
}
int64_t number_of(Json object, const char* name) { return member<int64_t>(object, name); }
double real_of(Json object, const char* name) { return member<double>(object, name); }
bool truth_of(Json object, const char* name) { return member<bool>(object, name); }

client::Options client_options(const Console& console, const ConnectionOptions& options) {
    client::Options made = client::options_from_environment();
    if (!options.endpoint.empty()) made.endpoint = options.endpoint;
    if (!options.region.empty()) made.region = options.region;
    if (!options.ca_bundle.empty()) made.ca_bundle = options.ca_bundle;
    made.sleep = console.sleep;
    made.now_ms = console.now_ms;
    return made;
}

void add_connection(CLI::App& command, ConnectionOptions& options) {
    command
        .add_option("--endpoint", options.endpoint,
                    "The server (AWS_ENDPOINT_URL, else http://127.0.0.1:4566)")
        ->type_name("URL");
    command
        .add_option("--region", options.region, "Region to sign for (AWS_REGION, else us-east-1)")
        ->type_name("NAME");
    command
        .add_option("--ca-bundle", options.ca_bundle,
                    "PEM file of the certificates to trust (AWS_CA_BUNDLE, else the system's)")
        ->type_name("PATH");
}

Session::Session(const Console& console, const ConnectionOptions& options)
    : console_(console),
      colours_(colours_wanted(console)),
      client_(client_options(console, options)) {}

Result<Json> Session::call(std::string_view operation, std::string_view json) {
    return parse(operation, client_.call(operation, json));
}

Result<Json> Session::page(std::string_view method, std::string_view path, std::string_view json) {
    return parse(path, client_.page(method, path, json));
}

Result<Json> Session::parse(std::string_view of, Result<std::string> answered) {
    if (!answered) return std::unexpected(std::move(answered.error()));
    answer_ = std::move(*answered);
    if (answer_.empty()) answer_ = "{}";
    Json parsed;
    if (parser_.parse(answer_).get(parsed) != simdjson::SUCCESS || !parsed.is_object())
        return fail(Code::internal, std::string(of) + ": the answer is no JSON object");
    return parsed;
}

std::string Session::coloured(std::string_view text, std::string_view colour) const {
    if (!colours_) return std::string(text);
    return "\x1b[" + std::string(colour) + "m" + std::string(text) + "\x1b[0m";
}

int complain(std::string_view text, int exit_code) {
    std::fflush(stdout);
    const std::string line = "fors: " + std::string(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
    return exit_code;
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string iso_time(int64_t ms) {
    const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(ms)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const auto rest = static_cast<int>((at - day).count());
    char text[64];
    std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), rest / 3'600'000,
                  rest / 60'000 % 60, rest / 1000 % 60, rest % 1000);
    return text;
}

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    const bool readable = simdjson::validate_utf8(text.data(), text.size());
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !readable)) {
            out += "\\x";
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    return out;
}

}  // namespace fors::cli
