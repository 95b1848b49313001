// SPDX-License-Identifier: Apache-2.0
// One libcurl handle, kept alive; SigV4 on each try, since a signature is of its time.
#include "client/client.h"

#include <curl/curl.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>

#include "auth/auth.h"

namespace fors::client {

namespace {

constexpr std::string_view content_type = "application/x-amz-json-1.1";
constexpr int delay_ms_first = 50;
constexpr int delay_ms_max = 2000;

void set_from(std::string& value, const char* variable) {
    const char* found = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets any
    if (found && *found) value = found;
}

Code code_of(std::string_view exception, long status) {
    if (exception == "ResourceNotFoundException") return Code::not_found;
    if (exception == "ResourceInUseException") return Code::in_use;
    if (exception == "LimitExceededException") return Code::limit_exceeded;
    if (exception == "ProvisionedThroughputExceededException") return Code::throttled;
    if (exception == "ThrottlingException") return Code::throttled;
    if (exception == "ExpiredIteratorException") return Code::expired_iterator;
    if (exception == "AccessDeniedException") return Code::access_denied;
    return status >= 500 ? Code::unavailable : Code::invalid_argument;
}

// {"__type": "X", "message": "..."}; the front end puts it into "Output" and a name space.
Error error_of(const std::string& body, long status) {
    simdjson::dom::parser parser;
    simdjson::dom::element answer;
    std::string_view type;
    std::string_view message;
    if (parser.parse(body).get(answer) == simdjson::SUCCESS && answer.is_object()) {
        simdjson::dom::element inner;
        if (answer["Output"].get(inner) == simdjson::SUCCESS) answer = inner;
        if (answer["__type"].get(type) != simdjson::SUCCESS) type = {};
        if (answer["message"].get(message) != simdjson::SUCCESS &&
            answer["Message"].get(message) != simdjson::SUCCESS)
            message = {};
    }
    type = type.substr(type.find('#') + 1);
    std::string text = type.empty() ? "HTTP " + std::to_string(status) : std::string(type);
    if (!message.empty()) text.append(": ").append(message);
    return {code_of(type, status), std::move(text)};
}

size_t receive(char* data, size_t, size_t bytes, void* body) {
    static_cast<std::string*>(body)->append(data, bytes);
    return bytes;
}

// The part of a URL, or nothing.
std::string part(CURLU* url, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
    std::string value = text;
    curl_free(text);
    return value;
}

}  // namespace

Options options_from_environment() {
    Options options;
    set_from(options.endpoint, "AWS_ENDPOINT_URL");
    set_from(options.endpoint, "AWS_ENDPOINT_URL_KINESIS");
    set_from(options.region, "AWS_DEFAULT_REGION");
    set_from(options.region, "AWS_REGION");
    set_from(options.access_key_id, "AWS_ACCESS_KEY_ID");
    set_from(options.secret_access_key, "AWS_SECRET_ACCESS_KEY");
    set_from(options.session_token, "AWS_SESSION_TOKEN");
    set_from(options.ca_bundle, "AWS_CA_BUNDLE");
    return options;
}

// What is sent, before it is signed.
struct Client::Message {
    std::string method;
    std::string url;
    std::string path;  // within the URL
    std::string_view service;
    std::vector<http::Header> headers;
    std::string_view body;
};

struct Client::Connection {
    CURL* handle = curl_easy_init();
    std::string scheme;
    std::string host;  // as the Host header says it; empty: the endpoint is no URL
    std::string path;

    explicit Connection(const std::string& endpoint) {
        CURLU* url = curl_url();
        if (curl_url_set(url, CURLUPART_URL, endpoint.c_str(), 0) == CURLUE_OK) {
            host = part(url, CURLUPART_HOST);
            path = part(url, CURLUPART_PATH);
            scheme = part(url, CURLUPART_SCHEME);
            const std::string port = part(url, CURLUPART_PORT);
            const bool usual = port == (scheme == "https" ? "443" : "80");
            if (!port.empty() && !usual) host += ":" + port;
        }
        curl_url_cleanup(url);
    }
    ~Connection() { curl_easy_cleanup(handle); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Result<std::string> send(const Options& options, const Message& message);
};

Result<std::string> Client::Connection::send(const Options& options, const Message& message) {
    auth::SigningInput input{.method = message.method,
                             .path = message.path,
                             .headers = message.headers,
                             .body = message.body,
                             .service = message.service,
                             .region = options.region,
                             .now_ms = options.now_ms()};
    input.headers.push_back({"host", host});
    if (!options.session_token.empty())
        input.headers.push_back({"x-amz-security-token", options.session_token});
    const auth::Signed sealed =
        auth::sign(input, {options.access_key_id, options.secret_access_key, {}});
    curl_slist* headers = curl_slist_append(nullptr, "expect:");  // no waiting for "100 Continue"
    for (const http::Header& header : input.headers) {
        std::string line = std::string(header.name) + ": " + std::string(header.value);
        headers = curl_slist_append(headers, line.c_str());
    }
    headers = curl_slist_append(headers, ("authorization: " + sealed.authorization).c_str());
    headers = curl_slist_append(headers, ("x-amz-date: " + sealed.amz_date).c_str());

    std::string body;
    curl_easy_setopt(handle, CURLOPT_URL, message.url.c_str());
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, message.method.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!options.ca_bundle.empty())
        curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_bundle.c_str());
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "fors/0.1.0");
    if (host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]"))
        curl_easy_setopt(handle, CURLOPT_PROXY, "");  // never by way of another machine
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, 5L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, message.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(message.body.size()));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
    const CURLcode sent = curl_easy_perform(handle);
    curl_slist_free_all(headers);
    if (sent != CURLE_OK)
        return fail(Code::unavailable, options.endpoint + ": " + curl_easy_strerror(sent));
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return std::unexpected(error_of(body, status));
    return body;
}

Client::Client(Options options)
    : options_(std::move(options)), connection_(std::make_unique<Connection>(options_.endpoint)) {}

Client::~Client() = default;

Result<std::string> Client::call(std::string_view operation, std::string_view json) {
    const std::string target = "Kinesis_20131202." + std::string(operation);
    return send({.method = "POST",
                 .url = options_.endpoint,
                 .path = connection_->path,
                 .service = "kinesis",
                 .headers = {{"content-type", content_type}, {"x-amz-target", target}},
                 .body = json});
}

Result<std::string> Client::page(std::string_view method, std::string_view path,
                                 std::string_view json) {
    return send({.method = std::string(method),
                 .url = connection_->scheme + "://" + connection_->host + std::string(path),
                 .path = std::string(path),
                 .service = "fors",
                 .headers = {{"content-type", "application/json"}},
                 .body = json});
}

Result<std::string> Client::send(const Message& message) {
    if (connection_->host.empty()) return fail(Code::validation, options_.endpoint + ": not a URL");
    int delay_ms = delay_ms_first;
    for (uint32_t tries = 1;; ++tries) {
        auto answered = connection_->send(options_, message);
        if (answered) return answered;
        const Code code = answered.error().code;
        const uint32_t tries_max = code == Code::throttled     ? options_.throttled_tries_max
                                   : code == Code::unavailable ? options_.refused_tries_max
                                                               : 0;
        if (tries >= tries_max) return answered;
        options_.sleep(delay_ms);
        delay_ms = std::min(2 * delay_ms, delay_ms_max);
    }
}

}  // namespace fors::client
