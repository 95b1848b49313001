// SPDX-License-Identifier: Apache-2.0
// Walks the operations' tables.
#include "shapes.h"

#include "kms/kms.h"
#include "metrics/metrics.h"
#include "streams/streams.h"

namespace fors {

namespace {

void describe_service(std::string_view name, std::span<const core::Operation> operations,
                      std::string& out) {
    out.append("\"").append(name).append("\": {");
    bool first = true;
    for (const core::Operation& operation : operations) {
        if (!first) out += ",\n";
        first = false;
        out.append("\"").append(operation.name).append("\": {\"input\": ");
        wire::describe(*operation.input, out);
        out += ", \"output\": ";
        if (operation.output)
            wire::describe(*operation.output, out);
        else
            out += "null";
        if (operation.event) {
            out += ", \"event\": ";
            wire::describe(*operation.event, out);
        }
        out += "}";
    }
    out += "}";
}

}  // namespace

std::string describe_shapes() {
    std::string out = "{";
    describe_service("kinesis", streams::operation_list(), out);
    out += ",\n";
    describe_service("kms", kms::operation_list(), out);
    out += ",\n";
    describe_service("cloudwatch", metrics::operation_list(), out);
    return out + "}\n";
}

}  // namespace fors
