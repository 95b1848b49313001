// SPDX-License-Identifier: Apache-2.0
// What a policy says to a request.
#include "auth/policy.h"

#include <algorithm>

namespace fors::auth {

namespace {

std::string in_lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool covers(const Policy::Patterns& patterns, std::string_view text) {
    const bool one = std::ranges::any_of(
        patterns.any_of, [&](const auto& pattern) { return matches_pattern(pattern, text); });
    return one != patterns.negated;
}

// An account, or its root, stands for everybody in it.
bool names(const Policy::Statement& statement, const Principal& principal) {
    const std::string root = "arn:aws:iam::" + std::string(principal.account) + ":root";
    const bool one =
        statement.any_principal || std::ranges::any_of(statement.principals, [&](const auto& each) {
            return each == principal.account || each == root || each == principal.arn;
        });
    return one != statement.principals_negated;
}

bool concerns(const Policy::Statement& statement, const Question& question,
              std::string_view action_in_lower_case) {
    const bool names_principals =
        statement.any_principal || !statement.principals.empty() || statement.principals_negated;
    if (names_principals && !names(statement, question.principal)) return false;
    if (!covers(statement.actions, action_in_lower_case)) return false;
    if (!statement.resources.any_of.empty() && !covers(statement.resources, question.resource))
        return false;
    return std::ranges::all_of(statement.conditions, [&](const Condition& condition) {
        return condition.holds(question.keys);
    });
}

}  // namespace

// Remembers the last * and tries it on one more character when what follows does not fit.
bool matches_pattern(std::string_view pattern, std::string_view text) {
    size_t at = 0, star = pattern.npos, star_text = 0;
    for (size_t in_text = 0; in_text < text.size();) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            star_text = in_text;
        } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text])) {
            ++at;
            ++in_text;
        } else if (star != pattern.npos) {
            at = star + 1;
            in_text = ++star_text;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

Verdict Policy::judge(const Question& question) const {
    const std::string action = in_lower_case(question.action);
    Verdict verdict = Verdict::silent;
    for (const Statement& statement : statements_) {
        if (!concerns(statement, question, action)) continue;
        if (!statement.allows) return Verdict::denied;
        verdict = Verdict::allowed;
    }
    return verdict;
}

}  // namespace fors::auth
