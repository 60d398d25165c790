#include "tests/support/http/v2_fixture.hpp"

#include <fmt/format.h>

#include <thread>

namespace troupe {
namespace {

namespace json = boost::json;
using namespace testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class V2Consume : public v2_fixture {
 protected:
  void produce_numbers(int count, int first = 0) {
    for (int i = first; i < first + count; ++i)
      produce("/topics/" + topic, fmt::format(R"({{"value":{},"timestamp":{}}})", i, 1'000 + i));
  }
  std::string target(std::string_view query = "") {
    return fmt::format("/topics/{}/partitions/0/records?timeout=0&format=json{}", topic, query);
  }
  /// The values read, and where to go on.
  std::string read(std::string_view query) {
    auto answer = client.get(target(query));
    if (answer.status != 200)
      return error_of(answer);
    std::string out;
    const json::value list = json::parse(answer.body);
    for (const auto& record : list.as_array())
      out += fmt::format("{} ", record.at("value").as_int64());
    return fmt::format("{}next {}", out, answer.headers.at("x-next-offset"));
  }

  std::string topic = create_topic();
};

TEST_F(V2Consume, AnEmptyPartitionGivesAnEmptyList) {
  auto answer = client.get(target());
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body, "[]");
  EXPECT_EQ(answer.headers.at("x-next-offset"), "0");
  EXPECT_EQ(answer.headers.at("x-high-watermark"), "0");
  EXPECT_EQ(answer.headers.at("x-log-start-offset"), "0");
}

TEST_F(V2Consume, BeginsWhereItIsAskedTo) {
  produce_numbers(4);
  EXPECT_EQ(read(""), "0 1 2 3 next 4");
  EXPECT_EQ(read("&offset=earliest"), "0 1 2 3 next 4");
  EXPECT_EQ(read("&offset=2"), "2 3 next 4");
  EXPECT_EQ(read("&offset=4"), "next 4");
  EXPECT_EQ(read("&offset=latest"), "next 4");
  EXPECT_EQ(read("&offset=timestamp:1002"), "2 3 next 4");
  EXPECT_EQ(read("&offset=timestamp:0"), "0 1 2 3 next 4");
  EXPECT_EQ(read("&offset=timestamp:99999"), "next 4");
}

TEST_F(V2Consume, TheSameReadGivesTheSameAnswer) {
  produce_numbers(3);
  auto first = client.get(target("&offset=1"));
  EXPECT_EQ(client.get(target("&offset=1")).body, first.body);
}

TEST_F(V2Consume, StopsAtMaxBytesButGivesAtLeastOneBatch) {
  produce_numbers(5);
  EXPECT_EQ(read("&max_bytes=1"), "0 next 1");
  EXPECT_EQ(read("&max_bytes=1&offset=1"), "1 next 2");
  EXPECT_EQ(records(topic, 0).size(), 5u);
}

TEST_F(V2Consume, AnOffsetOutsideTheLogNamesTheValidRange) {
  produce_numbers(3);
  auto answer = client.get(target("&offset=4"));
  EXPECT_EQ(
      error_of(answer),
      fmt::format("416 416: Offset 4 is outside partition 0 of topic '{}': the valid range is "
                  "0 to 3, where 3 waits for the next record.",
                  topic));
  EXPECT_EQ(answer.headers.at("x-high-watermark"), "3");
  EXPECT_EQ(answer.headers.at("x-log-start-offset"), "0");
}

TEST_F(V2Consume, ALongPollIsAnsweredByTheNextRecord) {
  produce_numbers(1);
  http_client reader{server().port()};
  http_answer got;
  std::thread waiting{[&] {
    got = reader.get(
        fmt::format("/topics/{}/partitions/0/records?offset=1&timeout=20000&format=json", topic));
  }};
  produce_numbers(1, 1);
  waiting.join();
  EXPECT_EQ(got.status, 200u);
  EXPECT_THAT(got.body, HasSubstr(R"("value":1,)"));
}

TEST_F(V2Consume, ALongPollWithoutRecordsEndsEmptyAtItsTimeout) {
  auto before = std::chrono::steady_clock::now();
  auto answer = client.get(fmt::format("/topics/{}/partitions/0/records?timeout=200", topic));
  auto took = std::chrono::steady_clock::now() - before;
  EXPECT_EQ(answer.body, "[]");
  EXPECT_GE(took, std::chrono::milliseconds{190});
  EXPECT_LE(took, std::chrono::seconds{5});
}

TEST_F(V2Consume, MinBytesAreWaitedFor) {
  produce_numbers(1);
  http_client reader{server().port()};
  http_answer got;
  std::thread waiting{[&] {
    got = reader.get(fmt::format(
        "/topics/{}/partitions/0/records?timeout=20000&min_bytes=400&format=json", topic));
  }};
  produce_numbers(20, 1);
  waiting.join();
  EXPECT_GT(json::parse(got.body).as_array().size(), 1u);
}

TEST_F(V2Consume, AcceptChoosesTheFormat) {
  produce("/topics/" + topic, R"({"value":"a"})");
  auto get = [&](http_headers headers) {
    auto answer = client.get(fmt::format("/topics/{}/partitions/0/records", topic), headers);
    auto value = answer.status == 200 ? json::parse(answer.body).at(0).at("value") : json::value{};
    return fmt::format("{} {} {}", answer.status, answer.headers.at("content-type"),
                       json::serialize(value));
  };
  EXPECT_EQ(get({}), fmt::format(R"(200 {} "ImEi")", binary_type));
  EXPECT_EQ(get({{"Accept", "*/*"}}), fmt::format(R"(200 {} "ImEi")", binary_type));
  EXPECT_EQ(get({{"Accept", std::string{json_type}}}), fmt::format(R"(200 {} "a")", json_type));
  EXPECT_EQ(get({{"Accept", std::string{text_type}}}), fmt::format(R"(200 {} "\"a\"")", text_type));
  EXPECT_EQ(get({{"Accept", "application/json"}}), R"(200 application/json "a")");
  EXPECT_THAT(get({{"Accept", "text/html"}}), StartsWith("406 application/json"));
}

TEST_F(V2Consume, ARecordTheFormatCannotShowEndsTheAnswerBeforeItself) {
  produce("/topics/" + topic, R"({"value":"MQ=="},{"value":"/w=="},{"value":"Mg=="})", binary_type);
  EXPECT_EQ(read(""), "1 next 1");
  EXPECT_EQ(read("&offset=1"),
            fmt::format("406 40601: The value of the record at offset 1 of partition 0 of topic "
                        "'{}' is not JSON in UTF-8; read it in the format binary, or go on from "
                        "offset 2.",
                        topic));
  EXPECT_EQ(read("&offset=2"), "2 next 3");
  EXPECT_EQ(records(topic, 0, "binary").size(), 3u);
}

TEST_F(V2Consume, BadParametersAreNamed) {
  EXPECT_THAT(read("&offset=-1"), StartsWith("400 400: offset must be a number from 0 on"));
  EXPECT_THAT(read("&offset=first"), HasSubstr("not 'first'."));
  EXPECT_THAT(read("&offset=timestamp:x"), HasSubstr("not 'timestamp:x'."));
  EXPECT_THAT(read("&offset=timestamp:-1"), HasSubstr("not 'timestamp:-1'."));
  EXPECT_THAT(read("&max_bytes=0"), StartsWith("400 400: max_bytes must be an integer"));
  EXPECT_THAT(read("&min_bytes=-1"), StartsWith("400 400: min_bytes must be an integer"));
  EXPECT_THAT(read("&timeout=1"),
              StartsWith("400 400: The query parameter 'timeout' is given twice"));
  EXPECT_THAT(read("&limit=1"), HasSubstr("Unknown query parameter 'limit'"));
  EXPECT_EQ(error_of_get(fmt::format("/topics/{}/partitions/0/records?format=avro", topic)),
            "400 400: format must be json, binary or text, not 'avro'.");
}

}  // namespace
}  // namespace troupe
