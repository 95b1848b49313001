// SPDX-License-Identifier: Apache-2.0
// Keyring: all keys and aliases: the state that the key service's commands fold into. Key material
// lies in it only wrapped by the root key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy.h"
#include "core/control_log.h"
#include "wire/shape.h"

namespace fors::kms {

inline constexpr int64_t day_ms = 86'400'000;
inline constexpr size_t tags_max = 50;
inline constexpr size_t on_demand_rotations_max = 25;  // of a key, ever

enum class Origin : uint8_t { creation, automatic, on_demand };

// What a key encrypts with; the newest does, the older ones still decrypt.
struct Material {
    uint32_t number = 0;
    std::string wrapped;
    int64_t created_ms = 0;
    Origin origin = Origin::creation;

    std::string id() const;  // 64 hexadecimal digits
};

struct Key {
    std::string account, region, id;
    int64_t created_ms = 0;
    std::string description;
    auth::ResourcePolicy policy;
    bool managed = false;  // a service's own: alias/aws/...
    bool enabled = true;
    std::optional<int64_t> deletion_ms;  // when it goes
    std::optional<int32_t> rotation_days;
    int64_t rotation_since_ms = 0;  // when automatic rotation was switched on
    std::map<std::string, std::string, std::less<>> tags;
    std::vector<Material> materials;  // oldest first, never empty

    std::string arn() const;
    std::optional<int64_t> next_rotation_ms() const;
};

struct Alias {
    std::string key;  // its id
    int64_t created_ms = 0;
    int64_t updated_ms = 0;
};

class Keyring final : public core::Fold {
public:
    struct AliasName {
        std::string account, region, name;  // "alias/orders"
        friend auto operator<=>(const AliasName&, const AliasName&) = default;
    };
    using Keys = std::map<std::string, Key, std::less<>>;  // by id
    using Aliases = std::map<AliasName, Alias>;

    const Keys& keys() const { return keys_; }
    const Aliases& aliases() const { return aliases_; }
    const Key* find(std::string_view id) const;
    const Alias* find_alias(std::string_view account, std::string_view region,
                            std::string_view name) const;
    // What only the right root key opens; empty before the first start.
    const std::string& root_check() const { return root_check_; }

    std::string_view name() const override { return "KMS"; }
    // Errors: Code::key_not_found, already_exists, limit_exceeded.
    Result<> apply(std::string_view command) override;
    std::string snapshot() const override;
    Result<> restore(std::string_view snapshot) override;

private:
    Keys keys_;
    Aliases aliases_;
    std::string root_check_;
};

std::string alias_arn(const Keyring::AliasName& alias);

}  // namespace fors::kms
