// SPDX-License-Identifier: Apache-2.0
// fors put: one record from an argument or a file, or a record a line from standard input.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/base64.h"
#include "cli/progress.h"
#include "cli/session.h"

namespace fors::cli {

namespace {

using client::json_string;

// One PutRecords takes 500 records and 5 MiB with their keys, or one record of any size.
constexpr size_t request_records_max = 500;
constexpr size_t request_bytes_max = 4 << 20;
constexpr size_t input_bytes = 64 << 10;  // read at once
constexpr size_t line_bytes_max = 10 << 20;
constexpr int retry_ms[] = {100, 200, 400, 800, 1600, 3200, 5000};

struct PutOptions {
    ConnectionOptions connection;
    std::string stream;
    std::vector<std::string> data;
    std::string file;
    std::string key;
    std::string key_separator;
    bool quiet = false;
};

struct Entry {
    std::string key;
    std::string data;
};

std::string entry_json(const Entry& entry) {
    std::string json = R"({"PartitionKey":)" + json_string(entry.key) + R"(,"Data":")";
    base64::encode(as_bytes(entry.data), json);
    return json + "\"}";
}

// Records on their way: gathered, sent as PutRecords, those that were throttled sent again.
class Sender {
public:
    Sender(Session& session, const PutOptions& options) : session_(session), options_(options) {}

    Result<> add(Entry entry) {
        const size_t bytes = entry.key.size() + entry.data.size();
        const bool full = entries_.size() == request_records_max ||
                          (bytes_ + bytes > request_bytes_max && !entries_.empty());
        if (full) {
            auto sent = flush();
            if (!sent) return sent;
        }
        bytes_ += bytes;
        entries_.push_back(std::move(entry));
        return {};
    }

    Result<> flush() {
        for (size_t attempt = 0; !entries_.empty(); ++attempt) {
            auto refused = send();
            if (!refused) return std::unexpected(std::move(refused.error()));
            if (entries_.empty()) break;
            if (attempt == std::size(retry_ms))
                return fail(Code::throttled,
                            std::to_string(entries_.size()) + " records were refused: " + *refused);
            session_.console().sleep(retry_ms[attempt]);
        }
        bytes_ = 0;
        return {};
    }

    uint64_t sent() const { return sent_; }
    const std::string& last_place() const { return last_place_; }

private:
    // Leaves in entries_ what was refused; gives the last refusal's text.
    Result<std::string> send() {
        std::string body = R"({"StreamName":)" + json_string(options_.stream) + R"(,"Records":[)";
        for (size_t at = 0; at < entries_.size(); ++at)
            body += (at > 0 ? "," : "") + entry_json(entries_[at]);
        auto answer = session_.call("PutRecords", body + "]}");
        if (!answer) return std::unexpected(std::move(answer.error()));
        std::vector<Entry> again;
        std::string refusal;
        size_t at = 0;
        each(*answer, "Records", [&](Json result) {
            if (at >= entries_.size()) return;
            Entry& entry = entries_[at++];
            if (text_of(result, "ErrorCode").empty()) {
                ++sent_;
                last_place_ = std::string(text_of(result, "ShardId")) + "  " +
                              std::string(text_of(result, "SequenceNumber"));
                return;
            }
            refusal = std::string(text_of(result, "ErrorCode")) + ": " +
                      std::string(text_of(result, "ErrorMessage"));
            again.push_back(std::move(entry));
        });
        entries_ = std::move(again);
        return refusal;
    }

    Session& session_;
    const PutOptions& options_;
    std::vector<Entry> entries_;
    size_t bytes_ = 0;
    uint64_t sent_ = 0;
    std::string last_place_;
};

// Without --key each record has its own, so that records spread over the shards.
class Keys {
public:
    Keys(const Session& session, const PutOptions& options)
        : options_(options), start_ms_(session.console().now_ms()) {}

    std::string next() {
        if (!options_.key.empty()) return options_.key;
        return std::to_string(start_ms_) + "-" + std::to_string(count_++);
    }

    // A line's key and data: before and after the separator, where one was asked for.
    Entry split(std::string line) {
        const std::string& separator = options_.key_separator;
        const size_t at = separator.empty() ? std::string::npos : line.find(separator);
        if (at == std::string::npos || at == 0) return {next(), std::move(line)};
        return {line.substr(0, at), line.substr(at + separator.size())};
    }

private:
    const PutOptions& options_;
    int64_t start_ms_;
    uint64_t count_ = 0;
};

// A record a line; what has come is sent at once when no more is there yet.
Result<> put_lines(Session& session, Sender& sender, Keys& keys) {
    Progress progress(session.console());
    std::string rest;
    while (true) {
        const std::string read = session.console().read_input(input_bytes);
        rest += read;
        size_t begin = 0;
        for (size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
            auto added = sender.add(keys.split(rest.substr(begin, end - begin)));
            if (!added) return added;
        }
        rest.erase(0, begin);
        if (rest.size() > line_bytes_max)
            return fail(Code::too_large, "a line is longer than any record may be (10 MiB)");
        if (read.empty() && !rest.empty()) {
            auto added = sender.add(keys.split(std::exchange(rest, {})));
            if (!added) return added;
        }
        if (read.size() < input_bytes) {
            auto sent = sender.flush();
            if (!sent) return sent;
        }
        progress.show(std::to_string(sender.sent()) + " records");
        if (read.empty()) return {};
    }
}

Result<> put_file(const std::string& path, Sender& sender, Keys& keys) {
    std::ifstream file(path, std::ios::binary);
    std::string data{std::istreambuf_iterator<char>(file), {}};
    if (!file) return fail(Code::not_found, path + ": cannot be read");
    return sender.add({keys.next(), std::move(data)});
}

int put(Session& session, const PutOptions& options) {
    Sender sender(session, options);
    Keys keys(session, options);
    Result<> done{};
    for (const std::string& data : options.data)
        if (done) done = sender.add({keys.next(), data});
    if (done && !options.file.empty()) done = put_file(options.file, sender, keys);
    if (done && options.data.empty() && options.file.empty())
        done = put_lines(session, sender, keys);
    if (done) done = sender.flush();
    if (!done) {
        const std::string before =
            sender.sent() > 0 ? "after " + std::to_string(sender.sent()) + " records: " : "";
        return complain(before + done.error().message, exit_failed);
    }
    if (options.quiet) return exit_ok;
    print(sender.sent() == 1 ? sender.last_place() : std::to_string(sender.sent()) + " records");
    print("\n");
    return exit_ok;
}

}  // namespace

void add_put(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<PutOptions>();
    CLI::App* command = app.add_subcommand("put", "Put records into a stream");
    command->add_option("STREAM", options->stream, "The stream")->required();
    CLI::Option* data = command->add_option("DATA", options->data, "Each argument is one record");
    command->add_option("--file", options->file, "One record: the whole file")
        ->type_name("PATH")
        ->excludes(data);
    command->add_option("--key", options->key, "Partition key (default: another one each record)");
    command
        ->add_option("--key-separator", options->key_separator,
                     "Of lines: the text before it is the partition key")
        ->type_name("TEXT");
    command->add_flag("-q,--quiet", options->quiet, "Say nothing when all went well");
    add_connection(*command, options->connection);
    command->footer(
        "Without DATA and --file each line of standard input is a record.\n\n"
        "Examples:\n"
        "  fors put orders 'hello' --key alice\n"
        "  fors put orders --file invoice.pdf\n"
        "  tail -f events.log | fors put orders\n"
        "  fors put orders --key-separator : <keyed-lines.txt");
    command->callback([console, options, &exit_code] {
        Session session(*console, options->connection);
        exit_code = put(session, *options);
    });
}

}  // namespace fors::cli
