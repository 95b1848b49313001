// SPDX-License-Identifier: Apache-2.0
// Making of the pages under /_fors/.
#include "pages.h"

namespace fors {

namespace {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
    return out + '"';
}

}  // namespace

http::Response health_page(const journal::Journal& journal, const ServeOptions& options,
                           size_t connections) {
    const journal::Figures& figures = journal.figures();
    const bool writable = figures.trouble.empty();
    http::Response response;
    response.status = writable ? 200 : 503;
    response.content_type = "application/json";
    response.body = std::string("{\"status\":") + (writable ? "\"ok\"" : "\"failing\"") +
                    ",\"live\":true,\"ready\":" + (writable ? "true" : "false") +
                    ",\"version\":\"0.1.0\"" +
                    ",\"access\":" + (options.access_key_id.empty() ? "\"open\"" : "\"verified\"") +
                    ",\"limits\":" + json_text(options.limits) +
                    ",\"data\":" + json_text(options.ephemeral ? "memory" : options.data) +
                    ",\"connections\":" + std::to_string(connections) +
                    ",\"journal\":{\"trouble\":" + json_text(figures.trouble) +
                    ",\"damages\":" + std::to_string(figures.damages) +
                    ",\"read_failures\":" + std::to_string(figures.read_failures) +
                    ",\"tail_bytes\":" + std::to_string(figures.tail_bytes) +
                    ",\"chunks\":" + std::to_string(figures.chunks) +
                    ",\"chunk_bytes\":" + std::to_string(figures.chunk_bytes) + "}}\n";
    return response;
}

http::Response metrics_page(const core::Meter& meter, const metrics::Metrics& metrics) {
    http::Response response;
    response.content_type = "text/plain; version=0.0.4";
    response.body = meter.prometheus() + metrics.prometheus();
    return response;
}

void register_figures(core::Meter& meter, const journal::Journal& journal,
                      std::function<size_t()> connections,
                      std::function<ServiceFigures()> services) {
    const journal::Figures& figures = journal.figures();
    const auto read = [&](const char* name, const char* help, const char* type, auto value) {
        meter.read(name, help, type, [value] { return static_cast<double>(value()); });
    };
    read("fors_connections", "Open connections.", "gauge", std::move(connections));
    read("fors_control_snapshot_failures_total",
         "Snapshots of streams or keys that could not be written: the next start takes longer.",
         "counter", [services] { return services().snapshot_failures; });
    read("fors_clock_doubted",
         "1: the wall clock has leapt ahead, and nothing expires on the disk for an hour.", "gauge",
         [services] { return services().clock_doubted; });
    read("fors_journal_batches_total", "Batches written and synced.", "counter",
         [&figures] { return figures.batches; });
    read("fors_journal_records_total", "Records written.", "counter",
         [&figures] { return figures.records; });
    read("fors_journal_bytes_total", "Bytes of batches written.", "counter",
         [&figures] { return figures.batch_bytes; });
    read("fors_journal_failures_total", "Batches that could not be written.", "counter",
         [&figures] { return figures.failures; });
    read("fors_journal_commit_seconds_total", "Time spent in writes and syncs.", "counter",
         [&figures] { return static_cast<double>(figures.sync_ns_total) * 1e-9; });
    read("fors_journal_tail_bytes", "Batches in memory, not yet in a chunk.", "gauge",
         [&figures] { return figures.tail_bytes; });
    read("fors_journal_block_cache_bytes", "Chunk blocks kept in memory.", "gauge",
         [&figures] { return figures.block_cache_bytes; });
    read("fors_journal_chunks", "Chunk files.", "gauge", [&figures] { return figures.chunks; });
    read("fors_journal_chunk_bytes", "Bytes of chunk files, holes included.", "gauge",
         [&figures] { return figures.chunk_bytes; });
    read("fors_journal_damages_total", "Damaged places found by checksum.", "counter",
         [&figures] { return figures.damages; });
    read("fors_journal_read_failures_total", "Blocks that the disk did not give.", "counter",
         [&figures] { return figures.read_failures; });
}

}  // namespace fors
