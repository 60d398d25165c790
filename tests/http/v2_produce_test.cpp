#include "http/record_format.hpp"
#include "runtime/base/limits.hpp"
#include "tests/support/http/v2_fixture.hpp"

#include <fmt/format.h>

namespace troupe {
namespace {

namespace json = boost::json;
using namespace testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using V2Produce = v2_fixture;

TEST_F(V2Produce, TheAnswerHasTheShapeOfTheProxy) {
  auto target = "/topics/" + create_topic();
  auto answer = client.send("POST", target, R"({"records":[{"value":1},{"value":2}]})", json_type);
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.headers.at("content-type"), "application/vnd.kafka.v2+json");
  EXPECT_EQ(answer.body, R"({"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null},)"
                         R"({"partition":0,"offset":1,"error_code":null,"error":null}],)"
                         R"("key_schema_id":null,"value_schema_id":null})");
}

TEST_F(V2Produce, EveryFormatComesBackAsItWent) {
  struct round_trip {
    std::string_view type, format, record;
  };
  for (const auto& each : {
           round_trip{json_type, "json", R"("key":{"id":7},"value":{"a":[1,2.50],"b":"é"})"},
           round_trip{"application/json", "json", R"("key":"k","value":12345678901234567890)"},
           round_trip{binary_type, "binary", R"("key":"a2V5","value":"AAH/gA==")"},
           round_trip{text_type, "text", R"("key":"schlüssel","value":"line\n\"two\"")"},
       }) {
    auto topic = create_topic();
    produce("/topics/" + topic,
            fmt::format(R"({{{},"timestamp":1591897790000,)"
                        R"("headers":[{{"key":"h","value":"dmFsdWUx"}}]}})",
                        each.record),
            each.type);
    auto target = fmt::format("/topics/{}/partitions/0/records?format={}", topic, each.format);
    EXPECT_EQ(client.get(target).body,
              fmt::format(R"([{{"topic":"{}",{},"partition":0,"offset":0,)"
                          R"("timestamp":1591897790000,)"
                          R"("headers":[{{"key":"h","value":"dmFsdWUx"}}]}}])",
                          topic, each.record));
  }
}

TEST_F(V2Produce, NullIsATombstone) {
  auto topic = create_topic();
  produce("/topics/" + topic, R"({"key":"k","value":null})");
  auto record = records(topic, 0).at(0);
  EXPECT_EQ(record.at("key"), "k");
  EXPECT_TRUE(record.at("value").is_null());
}

TEST_F(V2Produce, WithoutATimestampTheTimeOfArrivalIsTaken) {
  auto topic = create_topic();
  auto before = system_clock().wall_ms();
  produce("/topics/" + topic, R"({"value":1})");
  auto stamp = records(topic, 0).at(0).at("timestamp").as_int64();
  EXPECT_GE(stamp, before);
  EXPECT_LE(stamp, system_clock().wall_ms());
}

TEST_F(V2Produce, APartitionTakesWhatIsSentToIt) {
  auto topic = create_topic(3);
  auto offsets =
      produce(fmt::format("/topics/{}/partitions/2", topic), R"({"value":1},{"value":2})");
  EXPECT_EQ(offsets.at(1).at("partition"), 2);
  EXPECT_EQ(offsets.at(1).at("offset"), 1);
  produce("/topics/" + topic, R"({"value":3,"partition":2},{"value":4,"partition":1})");
  EXPECT_EQ(records(topic, 2).size(), 3u);
  EXPECT_EQ(records(topic, 1).size(), 1u);
  EXPECT_EQ(records(topic, 0).size(), 0u);
}

TEST_F(V2Produce, ASingleBadRecordIsReportedAndTheOthersAreStored) {
  auto topic = create_topic(2, R"([{"name":"max.message.bytes","value":"2000"}])");
  auto offsets =
      produce("/topics/" + topic,
              fmt::format(R"({{"value":"AAAA","partition":0}},{{"value":"?","partition":0}},)"
                          R"({{"value":"AAAA","partition":7}},{{"value":"{}","partition":0}},)"
                          R"({{"value":"AAAA","partition":0}})",
                          std::string(4000, 'A')),
              binary_type);
  ASSERT_EQ(offsets.size(), 5u);
  EXPECT_EQ(offsets[0].at("offset"), 0);
  EXPECT_EQ(offsets[4].at("offset"), 1);
  auto failed = [&](std::size_t i) {
    const auto& x = offsets[i];
    EXPECT_TRUE(x.at("offset").is_null());
    EXPECT_TRUE(x.at("partition").is_null());
    return fmt::format("{}: {}", x.at("error_code").as_int64(), x.at("error").as_string().c_str());
  };
  EXPECT_EQ(failed(1), "42206: records[1].value is not base64.");
  EXPECT_EQ(failed(2),
            fmt::format("40402: Partition 7 of topic '{}' does not exist; it has 2.", topic));
  EXPECT_THAT(failed(3), StartsWith("413: The record takes 3"));
  EXPECT_EQ(records(topic, 0, "binary").size(), 2u);
}

TEST_F(V2Produce, RecordsOfAKeyStayInOrder) {
  auto topic = create_topic(4);
  std::string list;
  for (int i = 0; i < 400; ++i)
    list += fmt::format(R"({}{{"key":{},"value":{}}})", i == 0 ? "" : ",", i % 17, i);
  produce("/topics/" + topic, list);
  std::size_t total = 0;
  for (int partition = 0; partition < 4; ++partition) {
    std::map<std::int64_t, std::int64_t> last;
    for (const auto& record : records(topic, partition)) {
      auto key = record.at("key").as_int64(), value = record.at("value").as_int64();
      auto before = last.try_emplace(key, -1).first;
      EXPECT_GT(value, before->second);
      before->second = value;
      ++total;
    }
  }
  EXPECT_EQ(total, 400u);
}

TEST_F(V2Produce, EqualKeysGoToOnePartitionHoweverTheyAreSpelt) {
  auto topic = create_topic(16);
  auto offsets = produce("/topics/" + topic, R"({"key":"alice","value":1},
      {"key":"\u0061lice","value":2},{"key":{"a":[1,"x y"]},"value":3},
      {"key":{ "a" : [ 1,  "x y" ] },"value":4})");
  EXPECT_EQ(offsets.at(0).at("partition"), offsets.at(1).at("partition"));
  EXPECT_EQ(offsets.at(2).at("partition"), offsets.at(3).at("partition"));
}

TEST_F(V2Produce, ARecordTooLargeHindersNoOther) {
  auto topic = create_topic(1, R"([{"name":"max.message.bytes","value":"2000"}])");
  std::string list;
  for (std::size_t size : {10, 3000, 1500, 1500})
    list += (list.empty() ? "" : ",") + fmt::format(R"({{"value":"{}"}})", std::string(size, 'x'));
  auto offsets = produce("/topics/" + topic, list);
  EXPECT_EQ(offsets.at(0).at("offset"), 0);
  EXPECT_EQ(offsets.at(1).at("error_code"), 413);
  EXPECT_EQ(offsets.at(2).at("offset"), 1);
  EXPECT_EQ(offsets.at(3).at("offset"), 2) << "in a batch of its own";
}

TEST_F(V2Produce, AcksAreOfThreeKinds) {
  auto topic = create_topic();
  auto target = "/topics/" + topic;
  for (std::string_view acks : {"1", "all", "-1"})
    EXPECT_GE(produce(fmt::format("{}?acks={}&timeout=5000", target, acks), R"({"value":1})")
                  .at(0)
                  .at("offset")
                  .as_int64(),
              0);
  auto none = produce(target + "?acks=0", R"({"value":1})").at(0);
  EXPECT_TRUE(none.at("offset").is_null());
  EXPECT_TRUE(none.at("error_code").is_null());
  // The same connection's next request comes after it.
  produce(target, R"({"value":1})");
  EXPECT_EQ(records(topic, 0).size(), 5u);
}

TEST_F(V2Produce, AsyncIsAnsweredAtOnceWithoutABody) {
  auto topic = create_topic();
  auto target = fmt::format("/topics/{}?async=true", topic);
  auto answer = client.send("POST", target, R"({"records":[{"value":1}]})", json_type);
  EXPECT_EQ(answer.status, 204u);
  EXPECT_EQ(answer.body, "");
  produce("/topics/" + topic, R"({"value":2})");
  EXPECT_EQ(records(topic, 0).size(), 2u);
  // What is known to be lost is said even so.
  auto offsets = produce(target, R"({"value":1},{"value":1,"partition":9})");
  EXPECT_EQ(offsets.at(1).at("error_code"), 40402);
}

TEST_F(V2Produce, BadParametersAreNamed) {
  auto target = "/topics/" + create_topic();
  auto with = [&](std::string_view query) {
    return error_of_produce(target + std::string{query}, R"({"records":[{"value":1}]})");
  };
  EXPECT_EQ(with("?acks=2"), "400 400: acks must be 0, 1 or all, not '2'.");
  EXPECT_EQ(with("?acks="), "400 400: acks must be 0, 1 or all, not ''.");
  EXPECT_EQ(with("?timeout=0"),
            "400 400: timeout must be an integer between 1 and 300000, not '0'.");
  EXPECT_THAT(with("?timeout=soon"), HasSubstr("not 'soon'"));
  EXPECT_EQ(with("?async=yes"), "400 400: async must be true or false, not 'yes'.");
  EXPECT_THAT(with("?async=true&acks=all"), HasSubstr("leave acks out"));
  EXPECT_EQ(with("?ack=all"),
            "400 400: Unknown query parameter 'ack'; known are acks, timeout, async.");
  EXPECT_EQ(with("?acks=1&acks=1"), "400 400: The query parameter 'acks' is given twice.");
}

TEST_F(V2Produce, BadRequestsHaveTheirStatusAndSayWhatAndWhere) {
  auto topic = create_topic();
  auto target = "/topics/" + topic;
  constexpr std::string_view good = R"({"records":[{"value":1}]})";
  EXPECT_EQ(error_of_produce("/topics/nowhere", good),
            "404 40401: Topic 'nowhere' does not exist.");
  EXPECT_THAT(error_of_produce(target + "/partitions/1", good), StartsWith("404 40402: "));
  EXPECT_THAT(error_of_produce(target + "/partitions/one", good), StartsWith("400 400: "));
  EXPECT_THAT(error_of_produce(target, good, "text/plain"),
              StartsWith("415 415: Content-Type 'text/plain' is not supported; send application/"));
  EXPECT_THAT(error_of_produce(target, good, "application/vnd.kafka.avro.v2+json"),
              StartsWith("415"));
  EXPECT_THAT(error_of_produce(target, ""), StartsWith("422 422: "));
  EXPECT_THAT(error_of_produce(target, "{\n \"records\": x}"),
              StartsWith("400 400: Line 2, column 13"));
  EXPECT_THAT(error_of_produce(target, R"({"records":[]})"),
              StartsWith("422 422: records must hold"));
  EXPECT_THAT(error_of_produce(target, R"({"records":[{"value":1,"partition":"0"}]})"),
              StartsWith("422 422: records[0].partition must be an integer, not a string."));
  EXPECT_THAT(
      error_of_produce(target + "/partitions/0", R"({"records":[{"value":1,"partition":0}]})"),
      HasSubstr("the path names the partition"));
  EXPECT_THAT(error_of_produce(target, "{\"records\":[{\"value\":\"\xff\"}]}"), HasSubstr("UTF-8"));
  EXPECT_EQ(records(topic, 0).size(), 0u);
}

TEST_F(V2Produce, NothingOfARefusedBodyIsStored) {
  auto topic = create_topic();
  std::string body = R"({"records":[{"value":1},{"value":2},{"value":3}]})";
  for (std::size_t size = 1; size < body.size(); ++size)
    EXPECT_THAT(error_of_produce("/topics/" + topic, body.substr(0, size)),
                StartsWith("400 400: "));
  EXPECT_EQ(records(topic, 0).size(), 0u);
}

}  // namespace
}  // namespace troupe
