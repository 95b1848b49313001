// SPDX-License-Identifier: Apache-2.0
// fors tail: shows a stream's records as they come, of one shard or of all.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <set>

#include "base/base64.h"
#include "cli/session.h"

namespace fors::cli {

namespace {

using client::json_string;

constexpr int poll_ms = 250;  // a shard may be read five times a second

struct TailOptions {
    ConnectionOptions connection;
    std::string stream;
    std::string shard;
    std::string from = "latest";
    uint64_t count = 0;  // 0: no end
    bool json = false;
    bool raw = false;
    bool no_follow = false;
};

// A shard on its way; without an iterator one is made at the next turn.
struct Cursor {
    std::string shard;
    std::string iterator;
    std::string last_sequence;
    bool from_start = false;  // a child that appeared while its parent was followed
    bool behind = true;
};

std::string decoded(std::string_view text) {
    std::string data(base64::decoded_size_max(text.size()), '\0');
    const auto result = base64::decode(text, std::as_writable_bytes(std::span(data)).data());
    data.resize(result.fault == base64::Fault::none ? result.size : 0);
    return data;
}

class Tail {
public:
    Tail(Session& session, const TailOptions& options) : session_(session), options_(options) {}

    Result<> run() {
        auto begun = find_shards();
        if (!begun) return begun;
        while (!cursors_.empty() && !enough()) {
            // Iterators at "latest" first, all of them, so that nothing put from now on is missed.
            for (Cursor& cursor : cursors_) {
                auto placed = place(cursor);
                if (!placed) return placed;
            }
            // Children that are found on the way are placed first, in the next round.
            const size_t placed_cursors = cursors_.size();
            for (size_t at = 0; at < placed_cursors && !enough(); ++at) {
                auto read = advance(cursors_[at]);
                if (!read) return read;
            }
            std::erase_if(cursors_, [](const Cursor& cursor) { return cursor.shard.empty(); });
            const bool tip = std::ranges::none_of(cursors_, &Cursor::behind);
            if (tip && options_.no_follow) return {};
            if (tip) session_.console().sleep(poll_ms);
        }
        return {};
    }

private:
    bool enough() const { return options_.count > 0 && shown_ >= options_.count; }
    std::string named() const { return R"({"StreamName":)" + json_string(options_.stream); }

    void follow(std::string_view shard, bool from_start) {
        if (!seen_.insert(std::string(shard)).second) return;
        cursors_.push_back({.shard = std::string(shard), .from_start = from_start});
    }

    Result<> find_shards() {
        if (!options_.shard.empty()) {
            follow(options_.shard, false);
            return {};
        }
        std::string body = named() + "}";
        while (!body.empty()) {
            auto answer = session_.call("ListShards", body);
            if (!answer) return std::unexpected(std::move(answer.error()));
            each(*answer, "Shards", [&](Json shard) { follow(text_of(shard, "ShardId"), false); });
            const auto next = text_of(*answer, "NextToken");
            body = next.empty() ? "" : R"({"NextToken":)" + json_string(next) + "}";
        }
        return {};
    }

    // "latest", "oldest", a sequence number, or seconds since 1970 (checked_from).
    std::string position(const Cursor& cursor) const {
        if (!cursor.last_sequence.empty())
            return R"("AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":)" +
                   json_string(cursor.last_sequence);
        const std::string& from = options_.from;
        if (cursor.from_start || from == "oldest") return R"("TRIM_HORIZON")";
        if (from == "latest") return R"("LATEST")";
        if (from.size() > 40)
            return R"("AT_SEQUENCE_NUMBER","StartingSequenceNumber":)" + json_string(from);
        return R"("AT_TIMESTAMP","Timestamp":)" + from;
    }

    Result<> place(Cursor& cursor) {
        if (!cursor.iterator.empty()) return {};
        auto answer = session_.call("GetShardIterator",
                                    named() + R"(,"ShardId":)" + json_string(cursor.shard) +
                                        R"(,"ShardIteratorType":)" + position(cursor) + "}");
        if (!answer) return std::unexpected(std::move(answer.error()));
        cursor.iterator = std::string(text_of(*answer, "ShardIterator"));
        return {};
    }

    Result<> advance(Cursor& cursor) {
        auto answer = session_.call("GetRecords",
                                    R"({"ShardIterator":)" + json_string(cursor.iterator) + "}");
        if (!answer && answer.error().code == Code::expired_iterator) {
            cursor.iterator.clear();  // the machine slept: another one from where it was
            return {};
        }
        if (!answer) return std::unexpected(std::move(answer.error()));
        each(*answer, "Records", [&](Json record) {
            if (enough()) return;
            show(cursor.shard, record);
            cursor.last_sequence = std::string(text_of(record, "SequenceNumber"));
        });
        std::fflush(stdout);
        cursor.behind = number_of(*answer, "MillisBehindLatest") > 0;
        cursor.iterator = std::string(text_of(*answer, "NextShardIterator"));
        if (!cursor.iterator.empty()) return {};
        cursor.shard.clear();  // closed, and read to its end
        if (options_.shard.empty())
            each(*answer, "ChildShards",
                 [&](Json child) { follow(text_of(child, "ShardId"), true); });
        return {};
    }

    void show(std::string_view shard, Json record) {
        ++shown_;
        const std::string data = decoded(text_of(record, "Data"));
        const auto key = text_of(record, "PartitionKey");
        const std::string time =
            iso_time(std::llround(real_of(record, "ApproximateArrivalTimestamp") * 1000));
        if (options_.raw) return print(data + "\n");
        if (options_.json) return print(json_line(shard, record, time, data));
        print(session_.coloured(time, "2") + "  " +
              session_.coloured(shard.substr(shard.find_last_of('-') + 1), "36") + "  " +
              session_.coloured(printable(key), "1") + "  " + printable(data) + "\n");
    }

    // Data that is no text goes as Base64, under another name.
    static std::string json_line(std::string_view shard, Json record, const std::string& time,
                                 const std::string& data) {
        const bool text = simdjson::validate_utf8(data.data(), data.size());
        const auto encoded = std::string(text_of(record, "Data"));
        return R"({"shard":)" + json_string(shard) + R"(,"sequence":)" +
               json_string(text_of(record, "SequenceNumber")) + R"(,"time":")" + time +
               R"(","key":)" + json_string(text_of(record, "PartitionKey")) +
               (text ? R"(,"data":)" + json_string(data)
                     : R"(,"data_base64":)" + json_string(encoded)) +
               "}\n";
    }

    Session& session_;
    const TailOptions& options_;
    std::deque<Cursor> cursors_;
    std::set<std::string> seen_;
    uint64_t shown_ = 0;
};

// A time of day becomes seconds since 1970, the form the API takes; empty when it is nothing known.
std::string checked_from(const std::string& from) {
    if (from == "latest" || from == "oldest") return from;
    if (!from.empty() && from.find_first_not_of("0123456789.") == std::string::npos) return from;
    int year{}, month{}, day{}, hour{}, minute{}, second{}, length{};
    const int fields = std::sscanf(from.c_str(), "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day,
                                   &hour, &minute, &second, &length);
    if (fields != 6 || static_cast<size_t>(length) != from.size()) return "";
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return "";
    const auto at = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                    std::chrono::minutes(minute) + std::chrono::seconds(second);
    return std::to_string(std::chrono::sys_seconds(at).time_since_epoch().count());
}

}  // namespace

void add_tail(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<TailOptions>();
    CLI::App* command = app.add_subcommand("tail", "Show a stream's records as they come");
    command->add_option("STREAM", options->stream, "The stream")->required();
    command->add_option("--shard", options->shard, "This one alone (default: all)");
    command->add_option("--from", options->from,
                        "latest (default), oldest, a sequence number, or a time: "
                        "2026-01-31T12:00:00Z or seconds since 1970");
    command->add_option("-n,--count", options->count, "Stop after so many records");
    command->add_flag("--no-follow", options->no_follow, "Stop at the end of what is there");
    CLI::Option* json = command->add_flag("--json", options->json, "One JSON object a line");
    command->add_flag("--raw", options->raw, "The data alone, one a line")->excludes(json);
    add_connection(*command, options->connection);
    command->footer(
        "Examples:\n"
        "  fors tail orders\n"
        "  fors tail orders --from oldest --no-follow --json");
    command->callback([console, options, &exit_code] {
        options->from = checked_from(options->from);
        if (options->from.empty()) {
            exit_code = complain("--from: latest, oldest, a sequence number or a time", exit_usage);
            return;
        }
        Session session(*console, options->connection);
        const auto done = Tail(session, *options).run();
        exit_code = done ? exit_ok : complain(done.error());
    });
}

}  // namespace fors::cli
