// SPDX-License-Identifier: Apache-2.0
#include "cli/upkeep.h"

#include "cli/progress.h"

namespace fors::cli {

namespace {

constexpr int poll_ms = 250;

uint64_t count_of(Json object, const char* name) {
    return static_cast<uint64_t>(number_of(object, name));
}

}  // namespace

Result<Json> await_upkeep(Session& session, std::string_view page, std::string_view what,
                          std::string_view request) {
    auto status = session.page("POST", page, request);
    Progress progress(session.console());
    while (status && text_of(*status, "state") == "running") {
        progress.show_bytes(what, count_of(*status, "bytes_done"),
                            count_of(*status, "bytes_total"));
        session.console().sleep(poll_ms);
        status = session.page("GET", page);
    }
    return status;
}

void print_findings(Json status) {
    each(status, "findings", [](Json finding) {
        print(truth_of(finding, "damage") ? "DAMAGED  " : "note     ");
        print(printable(text_of(finding, "text")) + "\n");
    });
}

}  // namespace fors::cli
