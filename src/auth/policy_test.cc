// SPDX-License-Identifier: Apache-2.0
// The evaluator against the rules of the IAM User Guide.
#include "auth/policy.h"

#include <gtest/gtest.h>

#include <string>

namespace fors::auth {
namespace {

constexpr std::string_view arn = "arn:aws:kinesis:us-east-1:111111111111:stream/orders";

struct Ask {
    std::string_view account = "222222222222";
    std::string_view principal = "arn:aws:iam::222222222222:root";
    std::string_view action = "kinesis:PutRecord";
    std::string_view resource = arn;
    ContextKeys keys;
};

Verdict judge(const std::string& statements, const Ask& ask = {}) {
    auto policy = Policy::parse(R"({"Version":"2012-10-17","Statement":)" + statements + "}", true);
    EXPECT_TRUE(policy) << policy.error().message;
    return policy->judge({{ask.account, ask.principal}, ask.action, ask.resource, ask.keys});
}

std::string fault(const std::string& document, bool of_resource = true) {
    auto policy = Policy::parse(document, of_resource);
    return policy ? "" : policy.error().message;
}

// An Allow for everybody under that condition.
Verdict under(const std::string& condition, ContextKeys keys) {
    Ask ask;
    ask.keys = std::move(keys);
    return judge(R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":)" + condition + "}",
                 ask);
}

TEST(Policy, is_silent_when_nothing_concerns_the_request) {
    const std::string only_gets =
        R"([{"Effect":"Allow","Principal":"*","Action":"kinesis:GetRecords"}])";
    EXPECT_EQ(judge(only_gets), Verdict::silent);
    EXPECT_EQ(judge(only_gets, {.action = "kinesis:GetRecords"}), Verdict::allowed);
}

TEST(Policy, a_denial_outweighs_permissions_whatever_their_order) {
    const std::string allow = R"({"Effect":"Allow","Principal":"*","Action":"kinesis:*"})";
    const std::string deny = R"({"Effect":"Deny","Principal":"*","Action":"kinesis:Put*"})";
    EXPECT_EQ(judge("[" + allow + "," + deny + "]"), Verdict::denied);
    EXPECT_EQ(judge("[" + deny + "," + allow + "]"), Verdict::denied);
    EXPECT_EQ(judge("[" + deny + "," + allow + "]", {.action = "kinesis:GetRecords"}),
              Verdict::allowed);
}

TEST(Policy, names_principals_by_account_root_and_arn) {
    const auto by = [](const std::string& principal) {
        return judge(R"({"Effect":"Allow","Action":"*","Principal":)" + principal + "}");
    };
    EXPECT_EQ(by(R"("*")"), Verdict::allowed);
    EXPECT_EQ(by(R"({"AWS":"*"})"), Verdict::allowed);
    EXPECT_EQ(by(R"({"AWS":"222222222222"})"), Verdict::allowed);
    EXPECT_EQ(by(R"({"AWS":["333333333333","arn:aws:iam::222222222222:root"]})"), Verdict::allowed);
    EXPECT_EQ(by(R"({"AWS":"333333333333"})"), Verdict::silent);
    EXPECT_EQ(by(R"({"Service":"lambda.amazonaws.com"})"), Verdict::silent);
    EXPECT_EQ(judge(R"({"Effect":"Allow","Action":"*",
                        "Principal":{"AWS":"arn:aws:iam::222222222222:user/ann"}})",
                    {.principal = "arn:aws:iam::222222222222:user/ann"}),
              Verdict::allowed);
    const std::string all_but = R"({"Effect":"Deny","Action":"*",
                                    "NotPrincipal":{"AWS":"222222222222"}})";
    EXPECT_EQ(judge(all_but), Verdict::silent);
    EXPECT_EQ(judge(all_but, {.account = "333333333333", .principal = "x"}), Verdict::denied);
}

TEST(Policy, actions_have_wildcards_and_no_case) {
    const auto on = [](const std::string& actions) {
        return judge(R"({"Effect":"Allow","Principal":"*",)" + actions + "}");
    };
    EXPECT_EQ(on(R"("Action":"KINESIS:putrecord")"), Verdict::allowed);
    EXPECT_EQ(on(R"("Action":"kinesis:Put?ecord")"), Verdict::allowed);
    EXPECT_EQ(on(R"("Action":["kinesis:Get*","kinesis:*Record"])"), Verdict::allowed);
    EXPECT_EQ(on(R"("Action":"kinesis:PutRecord?")"), Verdict::silent);
    EXPECT_EQ(on(R"("NotAction":"kinesis:Put*")"), Verdict::silent);
    EXPECT_EQ(on(R"("NotAction":"kinesis:Get*")"), Verdict::allowed);
}

TEST(Policy, resources_have_wildcards_and_case) {
    const auto on = [](const std::string& resources) {
        return judge(R"({"Effect":"Allow","Principal":"*","Action":"*",)" + resources + "}");
    };
    EXPECT_EQ(on(R"("Resource":"arn:aws:kinesis:*:111111111111:stream/ord*")"), Verdict::allowed);
    EXPECT_EQ(on(R"("Resource":"arn:aws:kinesis:*:111111111111:stream/Orders")"), Verdict::silent);
    EXPECT_EQ(on(R"("NotResource":"*/orders")"), Verdict::silent);
    EXPECT_EQ(on(R"("NotResource":"*/others")"), Verdict::allowed);
}

TEST(Policy, matches_patterns_with_many_stars) {
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("a*b*c", "a-b-b-c"));
    EXPECT_FALSE(matches_pattern("a*b*c", "a-c-b"));
    EXPECT_TRUE(matches_pattern("**a?", "xxab"));
    EXPECT_FALSE(matches_pattern("", "a"));
    EXPECT_FALSE(matches_pattern(std::string(40, '*') + "b", std::string(10'000, 'a')));
}

TEST(Policy, compares_texts) {
    const ContextKeys west = {{"aws:RequestedRegion", "us-west-2"}};
    EXPECT_EQ(under(R"({"StringEquals":{"aws:requestedregion":["eu-west-1","us-west-2"]}})", west),
              Verdict::allowed);
    EXPECT_EQ(under(R"({"StringEquals":{"aws:RequestedRegion":"US-west-2"}})", west),
              Verdict::silent);
    EXPECT_EQ(under(R"({"StringEqualsIgnoreCase":{"aws:RequestedRegion":"US-west-2"}})", west),
              Verdict::allowed);
    EXPECT_EQ(under(R"({"StringLike":{"aws:RequestedRegion":"us-*"}})", west), Verdict::allowed);
    EXPECT_EQ(under(R"({"StringNotLike":{"aws:RequestedRegion":["eu-*","us-*"]}})", west),
              Verdict::silent);
    EXPECT_EQ(under(R"({"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}})", west),
              Verdict::allowed);
}

TEST(Policy, compares_numbers_dates_truth_addresses_and_arns) {
    EXPECT_EQ(under(R"({"NumericLessThanEquals":{"n":5}})", {{"n", "5"}}), Verdict::allowed);
    EXPECT_EQ(under(R"({"NumericLessThan":{"n":"5"}})", {{"n", "5"}}), Verdict::silent);
    EXPECT_EQ(under(R"({"NumericGreaterThan":{"n":5}})", {{"n", "x"}}), Verdict::silent);
    const ContextKeys now = {{"aws:CurrentTime", "2026-11-24T05:00:00Z"}};
    EXPECT_EQ(under(R"({"DateLessThan":{"aws:CurrentTime":"2026-11-24T05:00:01Z"}})", now),
              Verdict::allowed);
    EXPECT_EQ(under(R"({"DateGreaterThan":{"aws:CurrentTime":"2026-11-25"}})", now),
              Verdict::silent);
    EXPECT_EQ(under(R"({"Bool":{"aws:SecureTransport":false}})", {{"aws:SecureTransport", "true"}}),
              Verdict::silent);
    const ContextKeys from = {{"aws:SourceIp", "203.0.113.77"}};
    EXPECT_EQ(under(R"({"IpAddress":{"aws:SourceIp":"203.0.113.64/27"}})", from), Verdict::allowed);
    EXPECT_EQ(under(R"({"IpAddress":{"aws:SourceIp":"203.0.113.96/27"}})", from), Verdict::silent);
    EXPECT_EQ(under(R"({"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/33"]}})", from),
              Verdict::allowed);
    const ContextKeys source = {{"aws:SourceArn", "arn:aws:lambda:eu-west-1:1:function:f"}};
    EXPECT_EQ(under(R"({"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:1:function:*"}})", source),
              Verdict::allowed);
    EXPECT_EQ(under(R"({"ArnLike":{"aws:SourceArn":"arn:aws:*:function:f"}})", source),
              Verdict::silent);
}

TEST(Policy, a_missing_key_fits_nothing_but_negations) {
    EXPECT_EQ(under(R"({"StringEquals":{"k":"v"}})", {}), Verdict::silent);
    EXPECT_EQ(under(R"({"StringNotEquals":{"k":"v"}})", {}), Verdict::allowed);
    EXPECT_EQ(under(R"({"StringEqualsIfExists":{"k":"v"}})", {}), Verdict::allowed);
    EXPECT_EQ(under(R"({"StringEqualsIfExists":{"k":"v"}})", {{"k", "w"}}), Verdict::silent);
    EXPECT_EQ(under(R"({"Null":{"k":"true"}})", {}), Verdict::allowed);
    EXPECT_EQ(under(R"({"Null":{"k":"true"}})", {{"k", "v"}}), Verdict::silent);
    EXPECT_EQ(under(R"({"Null":{"k":"false"}})", {{"k", "v"}}), Verdict::allowed);
}

TEST(Policy, sets_of_values) {
    const ContextKeys two = {{"aws:TagKeys", "a"}, {"aws:TagKeys", "b"}};
    EXPECT_EQ(under(R"({"ForAllValues:StringEquals":{"aws:TagKeys":["a","b","c"]}})", two),
              Verdict::allowed);
    EXPECT_EQ(under(R"({"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}})", two),
              Verdict::silent);
    EXPECT_EQ(under(R"({"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}})", {}),
              Verdict::allowed);
    EXPECT_EQ(under(R"({"ForAnyValue:StringEquals":{"aws:TagKeys":["b"]}})", two),
              Verdict::allowed);
    EXPECT_EQ(under(R"({"ForAnyValue:StringEquals":{"aws:TagKeys":["c"]}})", two), Verdict::silent);
}

TEST(Policy, all_conditions_must_hold) {
    const std::string both = R"({"StringEquals":{"a":"1","b":"2"},"NumericLessThan":{"c":"3"}})";
    EXPECT_EQ(under(both, {{"a", "1"}, {"b", "2"}, {"c", "2"}}), Verdict::allowed);
    EXPECT_EQ(under(both, {{"a", "1"}, {"b", "2"}, {"c", "4"}}), Verdict::silent);
    EXPECT_EQ(under(both, {{"a", "1"}, {"c", "2"}}), Verdict::silent);
}

TEST(Policy, says_what_is_wrong_with_a_document) {
    EXPECT_NE(fault("{"), "");
    EXPECT_NE(fault("[]"), "");
    EXPECT_NE(fault("{}"), "");
    EXPECT_NE(fault(R"({"Statement":[]})"), "");
    EXPECT_NE(fault(R"({"Statement":[3]})"), "");
    const auto statement = [](const std::string& text) {
        return fault(R"({"Statement":{)" + text + "}}");
    };
    const std::string fine = R"("Effect":"Allow","Principal":"*","Action":"kinesis:*")";
    EXPECT_EQ(statement(fine), "");
    for (const char* wrong :
         {R"("Principal":"*","Action":"kinesis:*")", R"("Effect":"Maybe","Principal":"*")",
          R"("Effect":"Allow","Action":"kinesis:*")", R"("Effect":"Allow","Principal":"*")",
          R"("Effect":"Allow","Principal":"me","Action":"*")",
          R"("Effect":"Allow","Principal":{"Me":"me"},"Action":"*")",
          R"("Effect":"Allow","Principal":{},"Action":"*")",
          R"("Effect":"Allow","Principal":"*","Action":"PutRecord")",
          R"("Effect":"Allow","Principal":"*","Action":[])",
          R"("Effect":"Allow","Principal":"*","Action":"a:b","NotAction":"a:c")"})
        EXPECT_NE(statement(wrong), "") << wrong;
    for (const char* more :
         {R"(,"Sauce":"x")", R"(,"Condition":3)", R"(,"Condition":{"StringLikes":{"a":"b"}})",
          R"(,"Condition":{"NumericEquals":{"a":"b"}})",
          R"(,"Condition":{"IpAddress":{"a":"10.0.0.0/33"}})",
          R"(,"Resource":"arn:${aws:PrincipalAccount}")"})
        EXPECT_NE(statement(fine + more), "") << more;
    EXPECT_NE(fault(R"({"Version":"2020-01-01","Statement":{)" + fine + "}}"), "");
    EXPECT_NE(fault(R"({"Statement":{)" + fine + "}}", false), "");
    EXPECT_EQ(
        fault(R"({"Statement":{"Effect":"Allow","Action":"kinesis:*","Resource":"*"}})", false),
        "");
}

}  // namespace
}  // namespace fors::auth
