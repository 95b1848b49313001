// SPDX-License-Identifier: Apache-2.0
// A shape as JSON, for the conformance test against the published model and for documentation.
#include "wire/encoder.h"
#include "wire/wire.h"

namespace fors::wire {
namespace {

std::string_view type_of(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "string";
        case Kind::blob:
            return "blob";
        case Kind::int32:
            return "integer";
        case Kind::int64:
            return "long";
        case Kind::real:
            return "double";
        case Kind::boolean:
            return "boolean";
        case Kind::timestamp:
            return "timestamp";
        case Kind::structure:
            return "structure";
        case Kind::list:
            return "list";
        case Kind::map:
            return "map";
    }
    return "";
}

void quote(std::string_view text, std::string& out) {
    out += '"';
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

void name(std::string_view key, std::string& out) {
    if (out.back() != '{') out += ',';
    quote(key, out);
    out += ':';
}

void limits_into(const Limits& limits, std::string& out) {
    if (limits.min != Limits::none) {
        name("min", out);
        out += std::to_string(limits.min);
    }
    if (limits.max != Limits::none) {
        name("max", out);
        out += std::to_string(limits.max);
    }
    if (!limits.pattern.empty()) {
        name("pattern", out);
        quote(limits.pattern, out);
    }
    if (limits.values.empty()) return;
    name("enum", out);
    for (size_t i = 0; i < limits.values.size(); ++i) {
        out += i ? ',' : '[';
        quote(limits.values[i], out);
    }
    out += ']';
}

void text_into(std::string_view key, const Limits* limits, std::string& out) {
    name(key, out);
    out += R"({"type":"string")";
    if (limits) limits_into(*limits, out);
    out += '}';
}

void members_into(const Table& shape, std::string& out);

void member_into(const Field& field, std::string& out) {
    out += '{';
    name("type", out);
    quote(type_of(field.kind), out);
    name("required", out);
    out += field.presence == Presence::required ? "true" : "false";
    limits_into(field.limits, out);
    if (field.kind == Kind::structure) members_into(*field.shape, out);
    if (field.kind == Kind::list && field.element_kind == Kind::structure) {
        name("member", out);
        describe(*field.shape, out);
    } else if (field.kind == Kind::list && field.element_kind != Kind::text) {
        name("member", out);
        out += R"({"type":")";
        out += type_of(field.element_kind);
        out += R"("})";
    } else if (field.kind == Kind::list) {
        text_into("member", field.limits.element, out);
    } else if (field.kind == Kind::map) {
        text_into("key", field.limits.key, out);
        text_into("value", field.limits.element, out);
    }
    out += '}';
}

void members_into(const Table& shape, std::string& out) {
    name("members", out);
    out += '{';
    for (const Field& field : shape.fields) {
        name(field.name, out);
        member_into(field, out);
    }
    out += '}';
}

}  // namespace

void describe(const Table& shape, std::string& out) {
    out += '{';
    name("type", out);
    quote("structure", out);
    members_into(shape, out);
    out += '}';
}

}  // namespace fors::wire
