// SPDX-License-Identifier: Apache-2.0
// Endpoints as people write them.
#include "load/target.h"

#include <gtest/gtest.h>

namespace fors::load {
namespace {

TEST(Place, urls_are_taken_apart) {
    const auto local = place_of("http://127.0.0.1:4566");
    ASSERT_TRUE(local);
    EXPECT_EQ(local->host, "127.0.0.1");
    EXPECT_EQ(local->port, 4566);
    EXPECT_EQ(local->authority, "127.0.0.1:4566");
    EXPECT_EQ(local->path, "/");
    EXPECT_FALSE(local->tls);

    const auto far = place_of("https://kinesis.us-east-1.example/api/");
    ASSERT_TRUE(far);
    EXPECT_EQ(far->host, "kinesis.us-east-1.example");
    EXPECT_EQ(far->port, 443);
    EXPECT_EQ(far->authority, "kinesis.us-east-1.example");
    EXPECT_EQ(far->path, "/api/");
    EXPECT_TRUE(far->tls);

    const auto six = place_of("http://[::1]:4566/");
    ASSERT_TRUE(six);
    EXPECT_EQ(six->host, "::1");
    EXPECT_EQ(six->port, 4566);
    EXPECT_EQ(six->authority, "[::1]:4566");
}

// The host header of clients leaves out the scheme's own port, and so must the signature.
TEST(Place, the_usual_port_is_not_said) {
    EXPECT_EQ(place_of("https://x:443/")->authority, "x");
    EXPECT_EQ(place_of("http://x:80")->authority, "x");
    EXPECT_EQ(place_of("http://x:443")->authority, "x:443");
}

TEST(Place, what_is_no_url_is_refused) {
    for (const char* url : {"", "127.0.0.1:4566", "ftp://x", "http://", "http://:80", "http://x:y",
                            "http://x:99999", "http://[::1", "http://a@b/", "http://x/?q"})
        EXPECT_FALSE(place_of(url)) << url;
}

}  // namespace
}  // namespace fors::load
