// SPDX-License-Identifier: Apache-2.0
// The server's own pages: health as JSON, metrics as Prometheus text.
#pragma once

#include <functional>

#include "core/meter.h"
#include "http/message.h"
#include "journal/journal.h"
#include "metrics/metrics.h"
#include "options.h"

namespace fors {

http::Response health_page(const journal::Journal& journal, const ServeOptions& options,
                           size_t connections);
http::Response metrics_page(const core::Meter& meter, const metrics::Metrics& metrics);

// Of the services.
struct ServiceFigures {
    uint64_t snapshot_failures = 0;
    bool clock_doubted = false;
};

// Makes the journal's figures, the connections and the services' part of the metrics.
void register_figures(core::Meter& meter, const journal::Journal& journal,
                      std::function<size_t()> connections,
                      std::function<ServiceFigures()> services);

}  // namespace fors
