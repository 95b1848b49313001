// SPDX-License-Identifier: Apache-2.0
// Policy: an IAM policy document, read once, then asked about each request (IAM User Guide, "Policy
// evaluation logic" and "IAM JSON policy elements reference").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/policy_condition.h"
#include "base/result.h"

namespace fors::auth {

// Who asks.
struct Principal {
    std::string_view account;  // 12 digits
    std::string_view arn;      // "arn:aws:iam::111122223333:root"
};

struct Question {
    Principal principal;
    std::string_view action;    // "kinesis:PutRecord"
    std::string_view resource;  // an ARN
    const ContextKeys& keys;
};

// A denial anywhere outweighs any permission; silence permits nothing.
enum class Verdict : uint8_t { silent, allowed, denied };

class Policy {
public:
    // `of_resource`: attached to a resource, so every statement names principals; a policy of an
    // identity names none, but resources. Code::invalid_argument with what is wrong. What the
    // evaluator doesn't know (an operator, an element, a policy variable) is refused, never
    // passed over.
    static Result<Policy> parse(std::string_view document, bool of_resource);

    Verdict judge(const Question& question) const;

    // Patterns with * and ?, or their negation.
    struct Patterns {
        std::vector<std::string> any_of;
        bool negated = false;
    };
    struct Statement {
        bool allows = false;
        bool any_principal = false;           // "*"
        std::vector<std::string> principals;  // accounts and ARNs
        bool principals_negated = false;
        Patterns actions;    // in lower case
        Patterns resources;  // empty: the resource that the policy is attached to
        std::vector<Condition> conditions;
    };

private:
    std::vector<Statement> statements_;
};

// The policy of a resource, in its owner's words.
class ResourcePolicy {
public:
    // A document that can't be read (another version wrote it) denies everything.
    explicit ResourcePolicy(std::string_view document)
        : document_(document), policy_(Policy::parse(document, true)) {}

    const std::string& document() const { return document_; }
    Verdict judge(const Question& question) const {
        return policy_ ? policy_->judge(question) : Verdict::denied;
    }

private:
    std::string document_;
    Result<Policy> policy_;
};

// A pattern in which * stands for any characters and ? for one.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace fors::auth
