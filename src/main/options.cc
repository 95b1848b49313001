// SPDX-License-Identifier: Apache-2.0
// The one table of settings.
#include "options.h"

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "settings_file.h"

namespace fors {

namespace {

constexpr std::string_view digits = "0123456789";

// CLI11 would take a number that begins with a zero for an octal one.
std::string make_decimal(std::string& number) {
    if (number.find_first_not_of(digits) == number.npos)
        number.erase(0, std::min(number.find_first_not_of('0'), number.size() - 1));
    return {};
}

std::string check_account(const std::string& account) {
    const bool fits = account.size() == 12 && account.find_first_not_of(digits) == account.npos;
    return fits ? "" : "an account has 12 digits, not " + account;
}

}  // namespace

void add_options(CLI::App& serve, ServeOptions& options) {
    const auto add = [&](const char* name, auto& value, const char* help) {
        std::string variable = "FORS_";
        for (const char c : std::string_view(name).substr(2))
            variable.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(c)));
        auto* option = serve.add_option(name, value, help)->envname(variable);
        if constexpr (std::is_integral_v<std::remove_reference_t<decltype(value)>>)
            option->transform(CLI::Validator(make_decimal, ""));
        return option->capture_default_str();
    };
    add("--config", options.config,
        "File of settings, a line name=value for each (TOML); flags and environment go before");
    serve.parse_complete_callback([&serve, &options] {
        if (!options.config.empty()) take_settings(serve, options.config);
    });
    add("--data", options.data, "Directory of the data; made when missing");
    add("--listen", options.listen, "Numeric address and port; port 0 takes a free one");
    add("--limits", options.limits,
        "aws: throughput limits as the service has them; none: no throughput limits")
        ->check(CLI::IsMember({"aws", "none"}));
    add("--access-key-id", options.access_key_id,
        "Root credentials: when given, every request's signature is verified");
    add("--secret-access-key", options.secret_access_key,
        "Its secret (better given by the environment)");
    add("--account", options.account, "Account of the root credentials (12 digits)")
        ->check(check_account);
    add("--root-key", options.root_key,
        "Key that wraps the keys of KMS: 32 bytes in base64 (better given by the environment)");
    add("--root-key-file", options.root_key_file,
        "File with it (default: root.key in the data directory, made when missing)");
    add("--tls-cert", options.tls_certificate,
        "PEM file of the certificate chain (default: self-signed)");
    add("--tls-key", options.tls_key, "PEM file of the private key");
    add("--reactors", options.reactors, "Threads that serve connections (0: cores less one)")
        ->check(CLI::Range(0, 1024));
    add("--cache-mib", options.cache_mib, "Memory for recent and re-read records, in MiB")
        ->check(CLI::Range(16, 1 << 20));
    add("--connections", options.connections,
        "Connections at once, of each reactor (fewer when ulimit -n is lower)")
        ->check(CLI::Range(1, 1 << 20));
    add("--idle-timeout", options.idle_timeout_s,
        "Seconds after which an idle connection is closed")
        ->check(CLI::Range(1, 31'536'000));
    add("--request-timeout", options.request_timeout_s,
        "Seconds that a request (or a TLS handshake) may take to arrive")
        ->check(CLI::Range(1, 86'400));
    add("--send-timeout", options.send_timeout_s,
        "Seconds after which a client that takes nothing of its answers is cut off")
        ->check(CLI::Range(1, 86'400));
    add("--transition-ms", options.transition_ms,
        "How long CREATING, UPDATING and DELETING last under --limits aws");
    serve.add_flag("--ephemeral", options.ephemeral, "Keep everything in memory, touch no files")
        ->envname("FORS_EPHEMERAL");
    serve.add_flag("--strict", options.strict, "Refuse unknown members of requests")
        ->envname("FORS_STRICT");
}

}  // namespace fors
