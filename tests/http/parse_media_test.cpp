#include "http/parse_media.hpp"
#include "http/parse_query.hpp"
#include "http/parse_topic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace troupe::http {
namespace {

using ::testing::HasSubstr;
using enum embedded_format;

TEST(ContentType, NamesTheFormat) {
  EXPECT_EQ(*parse_content_type("application/vnd.kafka.json.v2+json"), json);
  EXPECT_EQ(*parse_content_type("application/vnd.kafka.binary.v2+json"), binary);
  EXPECT_EQ(*parse_content_type("application/vnd.kafka.text.v2+json"), embedded_format::text);
  EXPECT_EQ(*parse_content_type("application/json"), json);
  EXPECT_EQ(*parse_content_type("Application/JSON ; charset=UTF-8"), json);
  EXPECT_EQ(*parse_content_type("application/json;charset=\"utf-8\";x=y"), json);
}

TEST(ContentType, AnythingElseIsRefusedWithTheList) {
  for (std::string_view header :
       {"", "text/plain", "application/vnd.kafka.v2+json", "application/vnd.kafka.avro.v2+json",
        "application/json2", "application", "application/x-www-form-urlencoded"}) {
    auto got = parse_content_type(header);
    ASSERT_FALSE(got) << header;
    EXPECT_EQ(got.error().code, errc::unsupported_media_type);
    EXPECT_THAT(got.error().message, HasSubstr("application/vnd.kafka.binary.v2+json"));
  }
  EXPECT_THAT(parse_content_type("application/json; charset=latin1").error().message,
              HasSubstr("charset 'latin1'"));
}

TEST(Accept, PicksTheBestTheClientNames) {
  auto format = [](std::string_view header) { return parse_accept(header)->format; };
  EXPECT_EQ(format(""), binary);
  EXPECT_EQ(format("*/*"), binary);
  EXPECT_EQ(format("application/*"), binary);
  EXPECT_EQ(format("application/vnd.kafka.v2+json"), binary);
  EXPECT_EQ(format("application/json"), json);
  EXPECT_EQ(format("application/vnd.kafka.text.v2+json, */*"), embedded_format::text);
  EXPECT_EQ(format("text/html, application/vnd.kafka.json.v2+json;q=0.5, */*;q=0.1"), json);
  EXPECT_EQ(format("application/json;q=0.2,application/vnd.kafka.binary.v2+json;q=0.9"), binary);
  EXPECT_EQ(format("application/json;q=0,application/vnd.kafka.text.v2+json;q=0.001"),
            embedded_format::text);
  EXPECT_EQ(parse_accept("application/json")->media_type, "application/json");
}

TEST(Accept, NothingThatCanBeGivenIsAnError) {
  for (std::string_view header : {"text/html", "application/json;q=0", "application/xml, image/png",
                                  "application/vnd.kafka.avro.v2+json", ",", ";"}) {
    auto got = parse_accept(header);
    ASSERT_FALSE(got) << header;
    EXPECT_EQ(got.error().code, errc::not_acceptable);
  }
}

TEST(Query, UnknownAndDoubledNamesAreNamed) {
  constexpr auto known = std::to_array<std::string_view>({"a", "b"});
  EXPECT_TRUE(check_query({{"b", "1"}, {"a", "2"}}, known));
  EXPECT_EQ(check_query({{"c", "1"}}, known).error().message,
            "Unknown query parameter 'c'; known are a, b.");
  EXPECT_EQ(check_query({{"c", "1"}}, {}).error().message,
            "Unknown query parameter 'c'; there are none here.");
  EXPECT_EQ(check_query({{"a", "1"}, {"a", "1"}}, known).error().message,
            "The query parameter 'a' is given twice.");
}

TEST(Query, NumbersAndBooleansAreStrict) {
  auto number = [](std::string text) { return query_integer({{"n", text}}, "n", 7, 0, 100); };
  EXPECT_EQ(*query_integer({}, "n", 7, 0, 100), 7);
  EXPECT_EQ(*number("0"), 0);
  EXPECT_EQ(*number("100"), 100);
  for (std::string text :
       {"", " 1", "1 ", "+1", "-1", "101", "1.0", "0x1", "1e1", "99999999999999999999"})
    EXPECT_EQ(number(text).error().code, errc::invalid_parameter) << text;
  EXPECT_EQ(number("x").error().message, "n must be an integer between 0 and 100, not 'x'.");
  EXPECT_TRUE(*query_boolean({{"b", "true"}}, "b", false));
  EXPECT_FALSE(*query_boolean({{"b", "false"}}, "b", true));
  for (std::string text : {"", "1", "True", "yes"})
    EXPECT_EQ(query_boolean({{"b", text}}, "b", false).error().code, errc::invalid_parameter);
}

TEST(CreateTopicBody, IsReadStrictly) {
  auto good = parse_create_topic(
      R"({"topic_name":"my-topic","partitions_count":3,"replication_factor":2})");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->name, "my-topic");
  EXPECT_EQ(good->partitions, 3);
  EXPECT_EQ(good->replication_factor, 2);
  auto least = parse_create_topic(R"({"topic_name":"t","partitions_count":null})");
  ASSERT_TRUE(least);
  EXPECT_EQ(least->partitions, -1);
  EXPECT_EQ(least->replication_factor, -1);
  for (std::string_view bad :
       {"", "{}", "[]", "{", R"({"topic_name":1})", R"({"topic_name":"t","partitions_count":0})",
        R"({"topic_name":"t","partitions_count":-1})", R"({"topic_name":"t","partitions":1})",
        R"({"topic_name":"t","replication_factor":32768})", R"({"topic_name":"t"} x)",
        R"({"topic_name":"t","topic_name":"u"})"})
    EXPECT_FALSE(parse_create_topic(bad)) << bad;
}

}  // namespace
}  // namespace troupe::http
