// SPDX-License-Identifier: Apache-2.0
// Reading a policy document: strict, so that nothing in it is accepted and then ignored.
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "auth/policy.h"

namespace fors::auth {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::unexpected<Error> wrong(std::string text) {
    return fail(Code::invalid_argument, "Invalid policy: " + std::move(text));
}

// One text, or an array of texts; numbers and truth values as they are written.
Result<std::vector<std::string>> texts(element from, std::string_view where) {
    std::vector<std::string> out;
    const auto add = [&](element each) {
        switch (each.type()) {
            case element_type::STRING:
                out.emplace_back(each.get_string().value_unsafe());
                return true;
            case element_type::BOOL:
            case element_type::INT64:
            case element_type::UINT64:
            case element_type::DOUBLE:
                out.push_back(simdjson::minify(each));
                return true;
            default:
                return false;
        }
    };
    bool fine = true;
    if (from.is_array())
        for (element each : from.get_array()) fine = fine && add(each);
    else
        fine = add(from);
    if (!fine || out.empty())
        return wrong(std::string(where) + " must be a string or an array of strings.");
    if (std::ranges::any_of(out, [](const auto& each) { return each.contains("${"); }))
        return wrong("policy variables are not supported, in " + std::string(where) + ".");
    return out;
}

Result<> read_principals(element from, Policy::Statement& to) {
    if (from.is_string()) {
        if (from.get_string().value_unsafe() != "*") return wrong("Principal must be * or a map.");
        to.any_principal = true;
        return {};
    }
    if (!from.is_object()) return wrong("Principal must be * or a map.");
    for (auto [kind, value] : from.get_object()) {
        constexpr auto kinds =
            std::to_array<std::string_view>({"AWS", "Service", "Federated", "CanonicalUser"});
        if (std::ranges::find(kinds, kind) == kinds.end())
            return wrong("unknown kind of principal " + std::string(kind) + ".");
        auto names = texts(value, "Principal");
        if (!names) return std::unexpected(std::move(names.error()));
        for (std::string& name : *names) {
            if (kind == "AWS" && name == "*")
                to.any_principal = true;
            else
                to.principals.push_back(std::move(name));
        }
    }
    if (!to.any_principal && to.principals.empty()) return wrong("Principal is empty.");
    return {};
}

Result<> read_patterns(element from, std::string_view name, bool negated, Policy::Patterns& to) {
    if (!to.any_of.empty())
        return wrong("a statement has either " + std::string(name) + " or its negation.");
    auto read = texts(from, name);
    if (!read) return std::unexpected(std::move(read.error()));
    to = {std::move(*read), negated};
    return {};
}

Result<> read_actions(element from, bool negated, Policy::Patterns& to) {
    auto read = read_patterns(from, "Action", negated, to);
    if (!read) return read;
    for (std::string& action : to.any_of) {
        if (action != "*" && !action.contains(':'))
            return wrong("the action " + action + " names no service.");
        for (char& c : action)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return {};
}

Result<> read_conditions(element from, std::vector<Condition>& to) {
    if (!from.is_object()) return wrong("Condition must be a map.");
    for (auto [test, pairs] : from.get_object()) {
        if (!pairs.is_object())
            return wrong("Condition " + std::string(test) + " must be a map of keys.");
        for (auto [key, value] : pairs.get_object()) {
            auto values = texts(value, "Condition");
            if (!values) return std::unexpected(std::move(values.error()));
            auto made = Condition::make(test, key, std::move(*values));
            if (!made) return wrong(made.error().message);
            to.push_back(std::move(*made));
        }
    }
    return {};
}

Result<> read_element(std::string_view name, element value, Policy::Statement& to) {
    if (name == "Sid" && value.is_string()) return {};
    if (name == "Effect") {
        const bool text = value.is_string();
        to.allows = text && value.get_string().value_unsafe() == "Allow";
        if (to.allows || (text && value.get_string().value_unsafe() == "Deny")) return {};
        return wrong("Effect must be Allow or Deny.");
    }
    if (name == "Principal" || name == "NotPrincipal") {
        if (to.any_principal || !to.principals.empty())
            return wrong("a statement has either Principal or NotPrincipal.");
        to.principals_negated = name == "NotPrincipal";
        return read_principals(value, to);
    }
    if (name == "Action" || name == "NotAction")
        return read_actions(value, name == "NotAction", to.actions);
    if (name == "Resource" || name == "NotResource")
        return read_patterns(value, "Resource", name == "NotResource", to.resources);
    if (name == "Condition") return read_conditions(value, to.conditions);
    return wrong("unknown element " + std::string(name) + " in a statement.");
}

Result<Policy::Statement> read_statement(element from, bool of_resource) {
    if (!from.is_object()) return wrong("Statement must be a map.");
    Policy::Statement out;
    bool effect = false, principal = false;
    for (auto [name, value] : from.get_object()) {
        auto read = read_element(name, value, out);
        if (!read) return std::unexpected(std::move(read.error()));
        effect = effect || name == "Effect";
        principal = principal || name == "Principal" || name == "NotPrincipal";
    }
    if (!effect) return wrong("a statement has no Effect.");
    if (out.actions.any_of.empty()) return wrong("a statement has no Action.");
    if (principal != of_resource)
        return wrong(of_resource ? "a statement has no Principal."
                                 : "a policy of an identity names no Principal.");
    if (!of_resource && out.resources.any_of.empty()) return wrong("a statement has no Resource.");
    return out;
}

}  // namespace

Result<Policy> Policy::parse(std::string_view document, bool of_resource) {
    simdjson::dom::parser parser;
    element root;
    if (parser.parse(simdjson::padded_string(document)).get(root) != simdjson::SUCCESS ||
        !root.is_object())
        return wrong("it is not a JSON object.");
    Policy policy;
    for (auto [name, value] : root.get_object()) {
        if (name == "Version") {
            const std::string_view version =
                value.is_string() ? value.get_string().value_unsafe() : std::string_view{};
            if (version != "2012-10-17" && version != "2008-10-17")
                return wrong("Version must be 2012-10-17 or 2008-10-17.");
        } else if (name == "Statement") {
            std::vector<element> all;
            if (value.is_array())
                for (element each : value.get_array()) all.push_back(each);
            else
                all.push_back(value);
            for (element each : all) {
                auto statement = read_statement(each, of_resource);
                if (!statement) return std::unexpected(std::move(statement.error()));
                policy.statements_.push_back(std::move(*statement));
            }
        } else if (name != "Id") {
            return wrong("unknown element " + std::string(name) + ".");
        }
    }
    if (policy.statements_.empty()) return wrong("it has no Statement.");
    return policy;
}

}  // namespace fors::auth
