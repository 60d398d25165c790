#include "app/server_url.hpp"

#include <gtest/gtest.h>

namespace troupe::app {
namespace {

TEST(server_url, TakesWhatPeopleWrite) {
  struct row {
    const char* text;
    const char* authority;
  };
  for (auto [text, authority] : {row{"http://127.0.0.1:8082", "127.0.0.1:8082"},
                                 {"http://broker.example:80/", "broker.example:80"},
                                 {"localhost", "localhost:8082"},
                                 {"localhost:9000", "localhost:9000"},
                                 {"http://[::1]:9000", "[::1]:9000"},
                                 {"[::1]", "[::1]:8082"}}) {
    auto url = parse_server_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->authority(), authority);
  }
}

TEST(server_url, RefusesWhatIsNone) {
  for (auto text : {"", "http://", "https://a:1", "a:0", "a:65536", "a:x", "a:", "http://a/b",
                    "http://a?b", "[::1", "a b", "user@a"}) {
    auto url = parse_server_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, exit_usage);
  }
}

TEST(server_url, EncodesWhatDoesNotBelongInAPath) {
  EXPECT_EQ(encode_component("a.b_c-1~"), "a.b_c-1~");
  EXPECT_EQ(encode_component("a/b?c d%\xc3\xa9"), "a%2Fb%3Fc%20d%25%C3%A9");
}

}  // namespace
}  // namespace troupe::app
