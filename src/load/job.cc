// SPDX-License-Identifier: Apache-2.0
// Reading of error answers.
#include "load/job.h"

#include <simdjson.h>

namespace fors::load {

// {"__type": "X", "message": "..."}; a front end may put it into "Output" and a name space.
Refusal refusal_of(int status, std::string_view body) {
    simdjson::dom::parser parser;
    simdjson::dom::element answer;
    std::string_view type;
    std::string_view text;
    if (parser.parse(body.data(), body.size()).get(answer) == simdjson::SUCCESS &&
        answer.is_object()) {
        simdjson::dom::element inner;
        if (answer["Output"].get(inner) == simdjson::SUCCESS) answer = inner;
        if (answer["__type"].get(type) != simdjson::SUCCESS) type = {};
        if (answer["message"].get(text) != simdjson::SUCCESS &&
            answer["Message"].get(text) != simdjson::SUCCESS)
            text = {};
    }
    type = type.substr(type.find('#') + 1);
    return {type.empty() ? "HTTP " + std::to_string(status) : std::string(type), std::string(text)};
}

bool is_throttling(std::string_view type) {
    return type == "ProvisionedThroughputExceededException" || type == "ThrottlingException" ||
           type == "LimitExceededException" || type == "KMSThrottlingException" ||
           type == "RequestLimitExceeded";
}

}  // namespace fors::load
