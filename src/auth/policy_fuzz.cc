// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any text as a policy. What can be read judges without surprise, and the same twice;
// what can't be read denies everything where it is attached.
#include <cstdint>
#include <string_view>

#include "auth/policy.h"
#include "base/assert.h"

namespace fors::auth {
namespace {

const ContextKeys keys{{"aws:SourceIp", "10.1.2.3"},
                       {"aws:SecureTransport", "false"},
                       {"aws:CurrentTime", "2026-11-23T19:00:00Z"},
                       {"kms:EncryptionContext:a", "b"},
                       {"aws:TagKeys", "x"},
                       {"aws:TagKeys", "y"}};

void judge(const Policy& policy) {
    for (const std::string_view account : {"111111111111", "222222222222"})
        for (const std::string_view action : {"kinesis:PutRecord", "kms:Decrypt", ""}) {
            const Question question{{account, "arn:aws:iam::111111111111:root"},
                                    action,
                                    "arn:aws:kinesis:us-east-1:111111111111:stream/s",
                                    keys};
            FORS_ASSERT(policy.judge(question) == policy.judge(question));
        }
}

}  // namespace
}  // namespace fors::auth

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::auth;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const bool of_resource : {true, false})
        if (const auto policy = Policy::parse(text, of_resource)) judge(*policy);
    const ResourcePolicy attached(text);
    FORS_ASSERT(attached.document() == text);
    const Question question{{"111111111111", "arn:aws:iam::111111111111:root"},
                            "kinesis:PutRecord",
                            "arn:aws:kinesis:us-east-1:111111111111:stream/s",
                            keys};
    if (!Policy::parse(text, true)) FORS_ASSERT(attached.judge(question) == Verdict::denied);
    return 0;
}
