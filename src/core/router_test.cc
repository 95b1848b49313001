// SPDX-License-Identifier: Apache-2.0
// What the router says of faults.
#include "core/router.h"

#include <gtest/gtest.h>

#include "journal/test_home.h"

namespace fors::core {

struct Listen {};

}  // namespace fors::core

namespace fors::wire {

template <>
struct Shape<fors::core::Listen> {
    static constexpr std::string_view name = "Listen";
    static constexpr std::span<const Field> fields{};
};

}  // namespace fors::wire

namespace fors::core {
namespace {

// Ends with its error at once.
class Broken final : public EventSource {
public:
    explicit Broken(Error error) : error_(std::move(error)) {}
    env::Task<Result<std::optional<Event>>> next() override { co_return std::unexpected(error_); }
    void cancel() override {}

private:
    Error error_;
};

class Told final : public Service {
public:
    env::Task<Result<Events>> listen(Context&, const Listen&) {
        co_return std::make_shared<Broken>(error);
    }
    std::string_view name() const override { return "told"; }
    std::string_view target_prefix() const override { return "Told"; }
    std::span<const Operation> operations() const override {
        static constexpr Operation table[] = {operation_in_events<&Told::listen, Listen>("Listen")};
        return table;
    }
    std::span<const std::string_view> operations_missing() const override { return {}; }
    std::span<const ErrorName> errors() const override {
        static constexpr ErrorName table[] = {{Code::in_use, "ResourceInUseException", 400}};
        return table;
    }

    Error error{Code::internal, ""};
};

// One that is spoken to in forms, too.
class Formal final : public Service {
public:
    env::Task<Result<Nothing>> ask(Context&, const Listen&) {
        co_return fail(error.code, error.message);
    }
    std::string_view name() const override { return "formal"; }
    std::string_view target_prefix() const override { return "Formal"; }
    std::span<const Operation> operations() const override {
        static constexpr Operation table[] = {operation<&Formal::ask>("Ask")};
        return table;
    }
    std::span<const std::string_view> operations_missing() const override { return {}; }
    std::span<const ErrorName> errors() const override { return {}; }
    std::optional<QueryProtocol> query_protocol() const override {
        return QueryProtocol{"2026-01-01", "http://formal/"};
    }

    Error error{Code::internal, ""};
};

class RouterTest : public testing::Test, protected journal::TestHome {
protected:
    Answer answer(std::string target, std::string body,
                  std::string media = "application/x-amz-json-1.1") {
        http::Request request;
        request.method = "POST";
        request.path = "/";
        request.body = std::move(body);
        request.body.reserve(request.body.size() + http::body_padding);
        request.headers = {{"x-amz-target", std::move(target)},
                           {"content-type", std::move(media)},
                           {"x-amz-date", "20231114T221320Z"},
                           {"authorization",
                            "AWS4-HMAC-SHA256 Credential=t/20231114/us-east-1/t/aws4_request, "
                            "SignedHeaders=host, Signature=0"}};
        return run<Answer>([&] { return router_.handle(std::move(request)); });
    }

    // The last event of a subscription that ends with this.
    std::string exception_of(Error error) {
        told_.error = std::move(error);
        const Answer answered = answer("Told.Listen", "{}");
        return *run<std::optional<std::string>>([&] { return answered.body->next(); });
    }

    http::Response answer_to_form(Error error) {
        formal_.error = std::move(error);
        return answer("", "Action=Ask&Version=2026-01-01", "application/x-www-form-urlencoded")
            .response;
    }

    Told told_;
    Formal formal_;

private:
    Meter meter_;
    std::unique_ptr<auth::Verifier> verifier_ = auth::make_verifier({});
    Router router_{env(), *verifier_, {&told_, &formal_}, {}, meter_, {}};
};

TEST_F(RouterTest, an_exception_amidst_events_is_one_of_the_model) {
    const std::string clients = exception_of({Code::in_use, "Taken over."});
    EXPECT_TRUE(clients.contains("ResourceInUseException\r:content-type")) << clients;
    EXPECT_TRUE(clients.contains(R"({"message":"Taken over."})")) << clients;
    for (const Code code : {Code::corrupt, Code::io_failed, Code::outcome_unknown, Code::internal,
                            Code::unavailable}) {
        const std::string ours = exception_of({code, "why"});
        EXPECT_TRUE(ours.contains("InternalFailureException\r:content-type")) << ours;
    }
}

TEST_F(RouterTest, what_went_wrong_inside_is_not_for_subscribers) {
    const std::string ours = exception_of({Code::corrupt, "chunk 7 at 4096: bad checksum"});
    EXPECT_TRUE(ours.contains(R"({"message":""})")) << ours;
    EXPECT_FALSE(ours.contains("4096")) << ours;
}

TEST_F(RouterTest, an_error_in_xml_says_whose_fault_it_is) {
    const http::Response theirs = answer_to_form({Code::access_denied, "no"});
    EXPECT_TRUE(theirs.body.contains("<Type>Sender</Type>")) << theirs.body;
    const http::Response ours = answer_to_form({Code::io_failed, "full"});
    EXPECT_TRUE(ours.body.contains("<Type>Receiver</Type>")) << ours.body;
    EXPECT_EQ(ours.status, 500);
}

}  // namespace
}  // namespace fors::core
