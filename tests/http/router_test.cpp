#include "http/router.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

task<response> nothing(exchange&) { co_return response::no_content(); }

class RouterTest : public ::testing::Test {
 protected:
  router routes{{
      {verb::get, "/topics", nothing},
      {verb::get, "/topics/{topic}", nothing},
      {verb::post, "/topics/{topic}", nothing},
      {verb::get, "/topics/-/configs", nothing},
      {verb::get, "/topics/{topic}/partitions/{partition}", nothing},
      {verb::post, "/topics/{topic}/configs:alter", nothing},
  }};
  std::vector<std::pair<std::string_view, std::string>> params;

  std::string pattern(verb method, std::string_view path) {
    params.clear();
    auto found = routes.find(method, path, params);
    if (!found)
      return std::string{to_string(found.error().code)};
    return found->found == nullptr ? "none" : std::string{found->found->pattern};
  }
  std::string allowed(std::string_view path) {
    auto found = routes.find(verb::patch, path, params);
    return found ? found->allow : "error";
  }
};

TEST_F(RouterTest, LiteralsAndParametersAreFound) {
  EXPECT_EQ(pattern(verb::get, "/topics"), "/topics");
  EXPECT_EQ(pattern(verb::post, "/topics/orders"), "/topics/{topic}");
  EXPECT_EQ(params[0].first, "topic");
  EXPECT_EQ(params[0].second, "orders");
  EXPECT_EQ(pattern(verb::get, "/topics/orders/partitions/7"),
            "/topics/{topic}/partitions/{partition}");
  EXPECT_EQ(params[1].second, "7");
  EXPECT_EQ(pattern(verb::post, "/topics/orders/configs:alter"), "/topics/{topic}/configs:alter");
}

TEST_F(RouterTest, LiteralGoesBeforeParameterButDoesNotHideIt) {
  EXPECT_EQ(pattern(verb::get, "/topics/-/configs"), "/topics/-/configs");
  EXPECT_EQ(pattern(verb::get, "/topics/-/partitions/1"), "/topics/{topic}/partitions/{partition}");
  EXPECT_EQ(params.size(), 2u);
  EXPECT_EQ(params[0].second, "-");
}

TEST_F(RouterTest, UnknownPathsLeadNowhere) {
  for (auto path : {"", "/", "/topic", "/topicsx", "/topics//partitions/1", "/topics/a/b",
                    "/topics/a/partitions/1/2", "topics", "*"})
    EXPECT_EQ(pattern(verb::get, path), "none") << path;
}

TEST_F(RouterTest, SlashAtTheEndIsIgnored) {
  EXPECT_EQ(pattern(verb::get, "/topics/"), "/topics");
  EXPECT_EQ(pattern(verb::get, "/topics/a/"), "/topics/{topic}");
}

TEST_F(RouterTest, MethodsOfAPathAreNamed) {
  EXPECT_EQ(allowed("/topics/a"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(allowed("/nowhere"), "");
}

TEST_F(RouterTest, HeadFindsTheRouteOfGet) {
  EXPECT_EQ(pattern(verb::head, "/topics"), "/topics");
  EXPECT_EQ(pattern(verb::head, "/topics/a/configs:alter"), "none");
}

TEST_F(RouterTest, ParametersAreDecodedSegmentBySegment) {
  EXPECT_EQ(pattern(verb::get, "/topics/a%2Fb%20c+"), "/topics/{topic}");
  EXPECT_EQ(params[0].second, "a/b c+");
  EXPECT_EQ(pattern(verb::get, "/topics/a%2"), "bad_request");
  EXPECT_EQ(pattern(verb::get, "/topics/a%zz"), "bad_request");
  EXPECT_EQ(pattern(verb::get, "/topics/%c3%28"), "bad_request");
}

}  // namespace
}  // namespace troupe::http
