// SPDX-License-Identifier: Apache-2.0
#include "upkeep.h"

#include <spdlog/spdlog.h>

#include "journal/scrub.h"
#include "upkeep_shapes.h"
#include "wire/wire.h"

namespace fors {

namespace {

constexpr int32_t verify_mib_per_second = 64;
constexpr size_t findings_told_max = 1000;

template <class T>
Result<T> read_request(std::string_view body, Arena& arena) {
    T request;
    if (body.empty()) return request;
    auto decoded = wire::decode(wire::Format::json, body, arena, wire::table_of<T>, &request,
                                {.strict = true});
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    if (auto fault = wire::validate(wire::table_of<T>, &request))
        return fail(Code::validation, std::move(*fault));
    return request;
}

template <class T>
http::Response answer(const T& status) {
    http::Response response;
    response.content_type = "application/json";
    wire::encode(wire::Format::json, wire::table_of<T>, &status, response.body);
    response.body += '\n';
    return response;
}

http::Response bad_request(const Error& error) {
    const bool unreadable = error.code == Code::serialization;
    return core::refusal(
        400, unreadable ? "SerializationException" : "ValidationException",
        error.message.empty() ? "The body is no JSON object that this page knows." : error.message);
}

http::Response wrong_method() {
    http::Response response;
    response.status = 405;
    return response;
}

upkeep::Figures told(const journal::VerifyFigures& figures) {
    const auto number = [](uint64_t value) { return static_cast<int64_t>(value); };
    return {.chunks = number(figures.chunks),
            .blocks = number(figures.blocks),
            .blocks_trimmed = number(figures.blocks_trimmed),
            .segments = number(figures.segments),
            .batches = number(figures.batches),
            .records = number(figures.records),
            .shards = number(figures.shards),
            .bytes = number(figures.bytes)};
}

}  // namespace

Upkeep::Upkeep(env::Clock& clock, env::Disk& disk, env::Executor& home, env::Executor& apart,
               journal::Journal& journal, core::Meter& meter)
    : clock_(clock), disk_(disk), home_(home), apart_(apart), journal_(journal) {
    meter.read("fors_verify_ended_seconds",
               "When the files were last verified (seconds since 1970), 0: never.", "gauge",
               [this] { return static_cast<double>(verify_.ended_ms.value_or(0)) / 1000; });
    meter.read("fors_verify_damages", "Damaged places that the last verification found.", "gauge",
               [this] { return static_cast<double>(verify_.found.damages()); });
}

std::vector<core::AdminPage> Upkeep::pages() {
    return {{"/_fors/verify", [this](std::string_view method, std::string_view body) {
                 return verify(method, body);
             }}};
}

void Upkeep::stop() {
    if (verify_.pace) verify_.pace->stop();
}

// POST starts it, or joins the one that runs; DELETE stops it.
http::Response Upkeep::verify(std::string_view method, std::string_view body) {
    if (method == "POST") {
        Arena arena;
        auto request = read_request<upkeep::StartVerify>(body, arena);
        if (!request) return bad_request(request.error());
        if (verify_.running()) return verify_status();
        const auto rate = request->mib_per_second.value_or(verify_mib_per_second);
        begin(verify_, static_cast<uint64_t>(rate));
        verify_.bytes_total = journal_.figures().chunk_bytes + journal_.figures().tail_bytes;
        env::spawn(run_verify());
    } else if (method == "DELETE") {
        if (verify_.running()) verify_.pace->stop();
    } else if (method != "GET") {
        return wrong_method();
    }
    return verify_status();
}

void Upkeep::begin(Job& job, uint64_t mib_per_second) {
    job = Job();
    job.started_ms = clock_.wall_ms();
    job.pace = std::make_unique<ThrottledPace>(clock_, apart_, mib_per_second << 20);
}

void Upkeep::end(Job& job, Result<journal::Verified> outcome) {
    job.ended_ms = clock_.wall_ms();
    if (!outcome) {
        job.error = std::move(outcome.error());
        return;
    }
    job.found = std::move(*outcome);
    for (const journal::Finding& finding : job.found.findings)
        if (finding.kind == journal::Finding::Kind::damage)
            spdlog::error("verified, damaged: {}", text_of(finding));
}

env::Task<void> Upkeep::run_verify() {
    auto outcome = co_await journal::scrub(journal_, disk_, home_, apart_, *verify_.pace);
    end(verify_, std::move(outcome));
}

http::Response Upkeep::verify_status() const {
    const Job& job = verify_;
    upkeep::VerifyStatus status;
    if (!job.pace) {
        status.state = "none";
        return answer(status);
    }
    status.state = job.running() ? "running" : job.error ? "failed" : "done";
    status.started_ms = job.started_ms;
    status.ended_ms = job.ended_ms;
    status.bytes_done = static_cast<int64_t>(job.pace->done());
    status.bytes_total = static_cast<int64_t>(job.bytes_total);
    if (job.error) status.error = job.error->message;
    if (status.state != "done") return answer(status);
    status.damages = static_cast<int64_t>(job.found.damages());
    status.figures = told(job.found.figures);
    const std::string summary = job.found.summary();
    status.summary = summary;
    status.findings.emplace();
    std::vector<std::string> texts;
    texts.reserve(findings_told_max);
    for (const journal::Finding& finding : job.found.findings) {
        if (texts.size() == findings_told_max) break;
        texts.push_back(text_of(finding));
        status.findings->push_back({.damage = finding.kind == journal::Finding::Kind::damage,
                                    .file = finding.file,
                                    .offset = static_cast<int64_t>(finding.offset),
                                    .text = texts.back()});
    }
    return answer(status);
}

}  // namespace fors
