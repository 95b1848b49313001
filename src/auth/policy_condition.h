// SPDX-License-Identifier: Apache-2.0
// Conditions of a policy's statement: an operator, a key, values (IAM User Guide, "Condition
// operators").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace fors::auth {

// What is known of a request: "aws:SourceIp" and its value. A key may have several values.
using ContextKeys = std::vector<std::pair<std::string, std::string>>;

class Condition {
public:
    // Code::invalid_argument for an unknown operator or a value that isn't of its type.
    static Result<Condition> make(std::string_view test, std::string_view key,
                                  std::vector<std::string> values);

    bool holds(const ContextKeys& keys) const;

    using Compare = bool (*)(std::string_view wanted, std::string_view found);

private:
    enum class Set : uint8_t { single, all, any };  // ForAllValues:, ForAnyValue:

    bool fits(std::string_view found) const;

    std::string key_;
    std::vector<std::string> values_;
    Compare compare_ = nullptr;  // null: the operator Null
    bool negated_ = false;       // StringNotEquals and the like
    bool if_exists_ = false;
    Set set_ = Set::single;
};

}  // namespace fors::auth
