// SPDX-License-Identifier: Apache-2.0
#include "upkeep.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "journal/backup.h"
#include "journal/scrub.h"
#include "kms/root_key.h"
#include "new_directory.h"
#include "offline.h"
#include "root_key_copy.h"
#include "upkeep_shapes.h"
#include "wire/wire.h"

namespace fors {

namespace {

constexpr int32_t verify_mib_per_second = 64;
constexpr int32_t backup_mib_per_second = 256;
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

http::Response Upkeep::status_of(const Job& job) {
    upkeep::Status status;
    if (!job.pace) {
        status.state = "none";
        return answer(status);
    }
    status.state = job.running() ? "running" : job.error ? "failed" : "done";
    if (!job.directory.empty()) status.directory = job.directory;
    status.started_ms = job.started_ms;
    status.ended_ms = job.ended_ms;
    status.bytes_done = static_cast<int64_t>(job.pace->done());
    // What there was at the start; a log that is written to grows meanwhile.
    status.bytes_total = std::max(*status.bytes_done, static_cast<int64_t>(job.bytes_total));
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

Upkeep::Upkeep(Parts parts, core::Meter& meter) : parts_(std::move(parts)) {
    const auto read = [&](const char* name, const char* help, auto value) {
        meter.read(name, help, "gauge", [value] { return static_cast<double>(value()); });
    };
    read("fors_verify_ended_seconds",
         "When the files were last verified (seconds since 1970); 0: never.",
         [this] { return verified_ms_ / 1000; });
    read("fors_verify_damages",
         "Damaged places that the last verification found which came to its end.",
         [this] { return damages_; });
    read("fors_backup_ended_seconds",
         "When the last backup was finished (seconds since 1970); 0: never.",
         [this] { return backed_up_ms_ / 1000; });
}

std::vector<core::AdminPage> Upkeep::pages() {
    return {{"/_fors/verify", [this](std::string_view method,
                                     std::string_view body) { return verify(method, body); }},
            {"/_fors/backup", [this](std::string_view method, std::string_view body) {
                 return backup(method, body);
             }}};
}

void Upkeep::stop() {
    stopping_ = true;
    for (Job* job : {&verify_, &backup_})
        if (job->pace) job->pace->stop();
}

env::Task<void> Upkeep::ended() {
    for (Job* job : {&verify_, &backup_})
        if (job->running()) (void)co_await job->over;
}

void Upkeep::begin(Job& job, uint64_t mib_per_second) {
    const journal::Figures& figures = parts_.journal.figures();
    job = Job();
    job.started_ms = parts_.clock.wall_ms();
    job.bytes_total = figures.chunk_bytes + figures.tail_bytes;
    job.pace = std::make_unique<ThrottledPace>(parts_.clock, parts_.apart, mib_per_second << 20);
    if (stopping_) job.pace->stop();
}

void Upkeep::end(Job& job, Result<journal::Verified> outcome) {
    job.ended_ms = parts_.clock.wall_ms();
    if (outcome)
        job.found = std::move(*outcome);
    else
        job.error = std::move(outcome.error());
    job.over.set(true);
}

// POST starts it, or joins the one that runs; DELETE stops it.
http::Response Upkeep::verify(std::string_view method, std::string_view body) {
    if (method == "POST") {
        Arena arena;
        auto request = read_request<upkeep::StartVerify>(body, arena);
        if (!request) return bad_request(request.error());
        if (verify_.running()) return status_of(verify_);
        const auto rate = request->mib_per_second.value_or(verify_mib_per_second);
        begin(verify_, static_cast<uint64_t>(rate));
        env::spawn(run_verify());
    } else if (method == "DELETE") {
        if (verify_.running()) verify_.pace->stop();
    } else if (method != "GET") {
        return wrong_method();
    }
    return status_of(verify_);
}

env::Task<void> Upkeep::run_verify() {
    auto outcome = co_await journal::scrub(parts_.journal, parts_.disk, parts_.home, parts_.apart,
                                           *verify_.pace);
    end(verify_, std::move(outcome));
    if (verify_.error) co_return;
    verified_ms_ = *verify_.ended_ms;
    damages_ = verify_.found.damages();
    for (const journal::Finding& finding : verify_.found.findings)
        if (finding.kind == journal::Finding::Kind::damage)
            spdlog::error("verified, damaged: {}", text_of(finding));
}

// POST starts it, DELETE stops it.
http::Response Upkeep::backup(std::string_view method, std::string_view body) {
    if (method == "POST") {
        Arena arena;
        auto request = read_request<upkeep::StartBackup>(body, arena);
        if (!request) return bad_request(request.error());
        const std::string directory(request->directory.value_or(""));
        if (!directory.starts_with('/'))
            return bad_request({Code::validation, "directory: an absolute path is needed."});
        if (lies_within(directory, parts_.directory))
            return bad_request({Code::validation, "directory: it lies within the data directory."});
        if (backup_.running())
            return core::refusal(409, "ResourceInUseException", "A backup is being made already.");
        const auto rate = request->mib_per_second.value_or(backup_mib_per_second);
        begin(backup_, static_cast<uint64_t>(rate));
        backup_.directory = directory;
        backup_.bytes_total *= 2;  // written, then verified
        env::spawn(run_backup(request->with_root_key.value_or(false)));
    } else if (method == "DELETE") {
        if (backup_.running()) backup_.pace->stop();
    } else if (method != "GET") {
        return wrong_method();
    }
    return status_of(backup_);
}

env::Task<void> Upkeep::run_backup(bool with_root_key) {
    auto outcome = co_await make_backup(with_root_key);
    co_await env::resume_on(parts_.home);
    end(backup_, std::move(outcome));
    if (backup_.error) {
        spdlog::error("no backup in {}: {}", backup_.directory, backup_.error->message);
        co_return;
    }
    backed_up_ms_ = *backup_.ended_ms;
    spdlog::info("backup in {}: {}", backup_.directory, backup_.found.summary());
}

// What is in the data directory may not be what was read there at the start.
Result<journal::Manifest::File> Upkeep::copy_key_in_use(env::Disk& to) const {
    auto copied = copy_root_key(parts_.disk, to);
    if (!copied) return std::unexpected(std::move(copied.error()));
    if (!*copied)
        return fail(Code::not_found,
                    "root.key is not in the data directory: it was given from outside");
    auto key = run_here(kms::read_root_key(to));
    if (!key) return std::unexpected(std::move(key.error()));
    if (*key != parts_.root_key)
        return fail(Code::corrupt, "root.key in the data directory is not the key in use");
    return std::move(**copied);
}

// Begins at home, ends apart.
env::Task<Result<journal::Verified>> Upkeep::make_backup(bool with_root_key) {
    ThrottledPace& pace = *backup_.pace;
    const std::string path = backup_.directory;
    co_await env::resume_on(parts_.apart);
    auto made = NewDirectory::make(path, parts_.directory);
    if (!made) co_return std::unexpected(std::move(made.error()));
    std::optional<journal::Manifest::File> key;
    if (with_root_key) {
        auto copied = copy_key_in_use(made->disk());
        if (!copied) co_return std::unexpected(std::move(copied.error()));
        key = std::move(*copied);
    }
    co_await env::resume_on(parts_.home);
    auto manifest = co_await journal::backup(
        {parts_.journal, parts_.disk, made->disk(), parts_.home, parts_.apart, std::move(key)},
        parts_.clock.wall_ms(), pace);
    co_await env::resume_on(parts_.apart);
    if (!manifest) co_return std::unexpected(std::move(manifest.error()));
    auto verified = co_await journal::verify(made->disk(), pace);
    if (!verified) co_return verified;
    auto finished = made->finish();
    if (!finished) co_return std::unexpected(std::move(finished.error()));
    co_return verified;
}

}  // namespace fors
