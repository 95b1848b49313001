// SPDX-License-Identifier: Apache-2.0
// The global condition keys that this server knows (IAM User Guide, "AWS global condition context
// keys").
#include "core/access.h"

#include <ctime>

#include "base/concat.h"

namespace fors::core {

namespace {

std::string iso_time(int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    const size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, size};
}

}  // namespace

std::string principal_arn(const auth::Caller& caller) {
    return concat("arn:aws:iam::", caller.account, ":root");
}

auth::ContextKeys condition_keys(const auth::Caller& caller, int64_t now_ms) {
    return {
        {"aws:PrincipalAccount", caller.account}, {"aws:PrincipalArn", principal_arn(caller)},
        {"aws:PrincipalType", "Account"},         {"aws:RequestedRegion", caller.region},
        {"aws:CurrentTime", iso_time(now_ms)},    {"aws:EpochTime", std::to_string(now_ms / 1000)}};
}

auth::ContextKeys condition_keys(const Context& context) {
    auth::ContextKeys keys = condition_keys(context.caller, context.now_ms);
    keys.emplace_back("aws:SourceIp", std::string(context.source_ip));
    keys.emplace_back("aws:SecureTransport", context.encrypted ? "true" : "false");
    return keys;
}

}  // namespace fors::core
