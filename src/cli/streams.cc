// SPDX-License-Identifier: Apache-2.0
// fors streams: create, list, describe and delete streams.
#include <algorithm>
#include <cmath>

#include "cli/session.h"

namespace fors::cli {

namespace {

using client::json_string;

constexpr int wait_ms = 100;
constexpr int waits_max = 600;

struct StreamsOptions {
    ConnectionOptions connection;
    std::string name;
    uint32_t shards = 1;
    bool on_demand = false;
    bool force = false;
    bool no_wait = false;
};

std::string named(const StreamsOptions& options) {
    return R"({"StreamName":)" + json_string(options.name);
}

std::string padded(std::string_view text, size_t width) {
    std::string out = printable(text);
    out.resize(std::max(width, out.size()), ' ');
    return out;
}

std::string_view colour_of(std::string_view status) { return status == "ACTIVE" ? "32" : "33"; }

int64_t ms_of(double seconds) { return std::llround(seconds * 1000); }

Result<std::string> status(Session& session, const StreamsOptions& options) {
    auto answer = session.call("DescribeStreamSummary", named(options) + "}");
    if (!answer) return std::unexpected(std::move(answer.error()));
    Json summary;
    if ((*answer)["StreamDescriptionSummary"].get(summary) != simdjson::SUCCESS) return "";
    return std::string(text_of(summary, "StreamStatus"));
}

int create(Session& session, const StreamsOptions& options) {
    std::string body = named(options);
    if (options.on_demand)
        body += R"(,"StreamModeDetails":{"StreamMode":"ON_DEMAND"}})";
    else
        body += R"(,"ShardCount":)" + std::to_string(options.shards) + "}";
    auto created = session.call("CreateStream", body);
    if (!created) return complain(created.error());
    if (options.no_wait) return exit_ok;
    for (int waits = 0; waits < waits_max; ++waits) {
        auto now = status(session, options);
        if (!now) return complain(now.error());
        if (*now == "ACTIVE") {
            print(options.name + "  " + session.coloured("ACTIVE", "32") + "\n");
            return exit_ok;
        }
        session.console().sleep(wait_ms);
    }
    return complain(options.name + " is still being created", exit_failed);
}

int remove(Session& session, const StreamsOptions& options) {
    const char* force = options.force ? R"(,"EnforceConsumerDeletion":true})" : "}";
    auto removed = session.call("DeleteStream", named(options) + force);
    if (!removed) return complain(removed.error());
    if (options.no_wait) return exit_ok;
    for (int waits = 0; waits < waits_max; ++waits) {
        auto now = status(session, options);
        if (!now && now.error().code == Code::not_found) return exit_ok;
        if (!now) return complain(now.error());
        session.console().sleep(wait_ms);
    }
    return complain(options.name + " is still being deleted", exit_failed);
}

int list(Session& session) {
    std::string body = "{}";
    for (bool more = true; more;) {
        auto answer = session.call("ListStreams", body);
        if (!answer) return complain(answer.error());
        std::string last;
        each(*answer, "StreamSummaries", [&](Json stream) {
            last = text_of(stream, "StreamName");
            const auto now = text_of(stream, "StreamStatus");
            Json mode;
            const bool has_mode = stream["StreamModeDetails"].get(mode) == simdjson::SUCCESS;
            print(padded(last, 32) + "  " + session.coloured(padded(now, 8), colour_of(now)) +
                  "  " + std::string(has_mode ? text_of(mode, "StreamMode") : "") + "\n");
        });
        more = truth_of(*answer, "HasMoreStreams") && !last.empty();
        body = R"({"ExclusiveStartStreamName":)" + json_string(last) + "}";
    }
    return exit_ok;
}

void line(Session& session, std::string_view name, std::string_view value) {
    print(session.coloured(padded(name, 12), "1") + "  " + printable(value) + "\n");
}

void print_shard(Session& session, Json shard) {
    Json keys;
    Json sequences;
    const bool ranged = shard["HashKeyRange"].get(keys) == simdjson::SUCCESS;
    const bool numbered = shard["SequenceNumberRange"].get(sequences) == simdjson::SUCCESS;
    const bool closed = numbered && !text_of(sequences, "EndingSequenceNumber").empty();
    std::string text = std::string(text_of(shard, "ShardId")) +
                       (closed ? "  closed" : "  " + session.coloured("open", "32") + "  ");
    if (ranged)
        text.append("  ")
            .append(text_of(keys, "StartingHashKey"))
            .append("..")
            .append(text_of(keys, "EndingHashKey"));
    for (const char* parent : {"ParentShardId", "AdjacentParentShardId"})
        if (!text_of(shard, parent).empty()) text.append("  from ").append(text_of(shard, parent));
    print(text + "\n");
}

int print_shards(Session& session, const StreamsOptions& options) {
    std::string body = named(options) + "}";
    while (!body.empty()) {
        auto answer = session.call("ListShards", body);
        if (!answer) return complain(answer.error());
        each(*answer, "Shards", [&](Json shard) { print_shard(session, shard); });
        const auto next = text_of(*answer, "NextToken");
        body = next.empty() ? "" : R"({"NextToken":)" + json_string(next) + "}";
    }
    return exit_ok;
}

int describe(Session& session, const StreamsOptions& options) {
    auto answer = session.call("DescribeStreamSummary", named(options) + "}");
    if (!answer) return complain(answer.error());
    Json stream;
    if ((*answer)["StreamDescriptionSummary"].get(stream) != simdjson::SUCCESS)
        return complain("the answer holds no description", exit_failed);
    Json mode;
    line(session, "name", text_of(stream, "StreamName"));
    line(session, "arn", text_of(stream, "StreamARN"));
    line(session, "status", text_of(stream, "StreamStatus"));
    if (stream["StreamModeDetails"].get(mode) == simdjson::SUCCESS)
        line(session, "mode", text_of(mode, "StreamMode"));
    line(session, "created", iso_time(ms_of(real_of(stream, "StreamCreationTimestamp"))));
    line(session, "retention",
         std::to_string(number_of(stream, "RetentionPeriodHours")) + " hours");
    line(session, "encryption", text_of(stream, "EncryptionType"));
    line(session, "open shards", std::to_string(number_of(stream, "OpenShardCount")));
    line(session, "consumers", std::to_string(number_of(stream, "ConsumerCount")));
    return print_shards(session, options);
}

using StreamsRef = std::shared_ptr<StreamsOptions>;

CLI::App* add_named(CLI::App& streams, const StreamsRef& options, const char* name,
                    const char* text) {
    CLI::App* command = streams.add_subcommand(name, text);
    command->add_option("NAME", options->name, "The stream")->required();
    add_connection(*command, options->connection);
    return command;
}

}  // namespace

void add_streams(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<StreamsOptions>();
    CLI::App* streams = app.add_subcommand("streams", "Create, list, describe, delete streams");
    streams->require_subcommand(1);
    streams->footer(
        "Examples:\n"
        "  fors streams create orders --shards 4\n"
        "  fors streams list\n"
        "  fors streams describe orders\n"
        "  fors streams delete orders");
    const auto runs = [console, options, &exit_code](int (*run)(Session&, const StreamsOptions&)) {
        return [console, options, &exit_code, run] {
            Session session(*console, options->connection);
            exit_code = run(session, *options);
        };
    };
    CLI::App* made = add_named(*streams, options, "create", "Create a stream, wait until active");
    CLI::Option* shards = made->add_option("--shards", options->shards, "Number of shards (1)");
    shards->check(CLI::PositiveNumber);
    made->add_flag("--on-demand", options->on_demand, "Shards by demand")->excludes(shards);
    made->add_flag("--no-wait", options->no_wait, "Don't wait until it is active");
    made->callback(runs(create));
    CLI::App* listed = streams->add_subcommand("list", "Names, status and mode of all streams");
    add_connection(*listed, options->connection);
    listed->callback(runs([](Session& session, const StreamsOptions&) { return list(session); }));
    add_named(*streams, options, "describe", "A stream and its shards")->callback(runs(describe));
    CLI::App* gone = add_named(*streams, options, "delete", "Delete a stream, wait until gone");
    gone->add_flag("--force", options->force, "Even when it has consumers");
    gone->add_flag("--no-wait", options->no_wait, "Don't wait until it is gone");
    gone->callback(runs(remove));
}

}  // namespace fors::cli
