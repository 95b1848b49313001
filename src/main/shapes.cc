// SPDX-License-Identifier: Apache-2.0
// Walks the operations' tables.
#include "shapes.h"

#include "streams/streams.h"

namespace fors {

std::string describe_shapes() {
    std::string out = "{";
    for (const core::Operation& operation : streams::operation_list()) {
        if (out.size() > 1) out += ",\n";
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
    return out + "}\n";
}

}  // namespace fors
