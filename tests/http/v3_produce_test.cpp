#include "tests/support/http/v3_fixture.hpp"

#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <map>
#include <thread>

namespace troupe::testing {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class V3Produce : public v3_fixture {
 protected:
  static std::string record(std::string_view value, int partition = 0) {
    return fmt::format(R"({{"partition_id":{},"value":{{"type":"STRING","data":"{}"}}}})",
                       partition, value);
  }
};

TEST_F(V3Produce, OneRecordGetsOneReport) {
  const auto topic = create_topic(2);
  const auto answer =
      client.send("POST", path("/topics/" + topic + "/records"),
                  R"({"partition_id":1,"headers":[{"name":"Header-1","value":"SGVhZGVyLTE="}],
          "key":{"type":"BINARY","data":"Zm9vYmFy"},"value":{"type":"JSON","data":{"foo":"bar"}},
          "timestamp":"2021-02-05T19:14:42Z"})");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(json::parse(answer.body),
            json::parse(fmt::format(
                R"({{"error_code":200,"cluster_id":"{}","topic_name":"{}","partition_id":1,
                     "offset":0,"timestamp":"2021-02-05T19:14:42Z",
                     "key":{{"type":"BINARY","size":6}},"value":{{"type":"JSON","size":13}}}})",
                server().cluster_id(), topic)));
}

TEST_F(V3Produce, WhatGoesInComesOut) {
  const auto topic = create_topic();
  produce(topic, R"({"headers":[{"name":"h","value":"AAE="},{"name":"n","value":null}],
                     "key":{"type":"STRING","data":"k\u00e9y"},
                     "value":{"type":"BINARY","data":"/w=="},"timestamp":"2021-02-05T19:14:42.007Z"}
                    {"value":{"type":"JSON","data":{"a":[1,2.50]}}}{})");
  const auto found = records(topic, 0);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], json::parse(
                          R"({"partition_id":0,"offset":0,"timestamp":"2021-02-05T19:14:42.007Z",
                              "headers":[{"name":"h","value":"AAE="},{"name":"n","value":null}],
                              "key":{"type":"STRING","data":"kéy"},
                              "value":{"type":"BINARY","data":"/w=="}})"));
  EXPECT_EQ(found[1].at("value"), json::parse(R"({"type":"JSON","data":{"a":[1,2.50]}})"));
  EXPECT_TRUE(found[2].at("value").is_null());
}

TEST_F(V3Produce, AReportComesWhileTheStreamIsOpen) {
  const auto topic = create_topic();
  client.begin("POST", path("/topics/" + topic + "/records"),
               {{"Content-Type", "application/json"}});
  EXPECT_EQ(client.read_head().status, 200u);
  for (int i = 0; i < 20; ++i) {
    client.send_chunk(record(fmt::format("r{}", i)));
    EXPECT_EQ(json::parse(client.read_chunk()).at("offset"), is(i));
  }
  client.end_chunks();
  EXPECT_EQ(client.read_chunk(), "");
  // The connection serves on.
  EXPECT_EQ(client.get("/healthz").status, 200u);
}

TEST_F(V3Produce, ABadRecordHasItsPlaceInTheReports) {
  const auto topic = create_topic();
  const auto reports = produce(topic, record("a") + R"({"value":{"type":"BINARY","data":"?"}})" +
                                          record("b") + "{oops}" + record("c", 7) + record("d"));
  ASSERT_EQ(reports.size(), 6u);
  EXPECT_EQ(reports[0].at("offset"), is(0));
  EXPECT_EQ(reports[1].at("error_code"), is(42206));
  EXPECT_EQ(reports[1].at("message"), is("value.data is not valid base64."));
  EXPECT_EQ(reports[2].at("offset"), is(1));
  EXPECT_EQ(reports[3].at("error_code"), is(400));
  EXPECT_EQ(reports[4].at("error_code"), is(40402));
  EXPECT_EQ(reports[5].at("offset"), is(2));
}

TEST_F(V3Produce, AStreamWhoseFramingIsLostEndsWithTheReason) {
  const auto topic = create_topic();
  const auto reports = produce(topic, record("a") + "," + record("b"));
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].at("error_code"), is(200));
  EXPECT_THAT(reports[1].at("message").as_string().c_str(), HasSubstr("there is no comma"));
  EXPECT_EQ(records(topic, 0).size(), 1u);
}

TEST_F(V3Produce, ARecordCutShortIsReportedAndNotStored) {
  const auto topic = create_topic();
  const auto reports = produce(topic, record("a") + R"({"value":{"type")");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[1].at("error_code"), is(400));
  EXPECT_EQ(records(topic, 0).size(), 1u);
}

TEST_F(V3Produce, AStreamWithoutRecordsSaysSo) {
  const auto reports = produce(create_topic(), "");
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].at("error_code"), is(422));
}

TEST_F(V3Produce, AbortingTheStreamKeepsWhatWasReported) {
  const auto topic = create_topic();
  {
    http_client other{server().port()};
    other.begin("POST", path("/topics/" + topic + "/records"));
    EXPECT_EQ(other.read_head().status, 200u);
    other.send_chunk(record("kept"));
    EXPECT_EQ(json::parse(other.read_chunk()).at("offset"), is(0));
    other.send_chunk(record("lost").substr(0, 20));
  }
  EXPECT_EQ(records(topic, 0).size(), 1u);
  EXPECT_EQ(produce(topic, record("next")).at(0).at("offset"), is(1));
}

/// Cut anywhere into chunks, the same records come out, in the order of each partition.
TEST_F(V3Produce, ManyRecordsKeepTheirOrderInEachPartition) {
  const auto topic = create_topic(3);
  constexpr int count = 3000;
  std::string body;
  for (int i = 0; i < count; ++i)
    body += record(fmt::format("{}", i), i % 3) + "\n";
  client.begin("POST", path("/topics/" + topic + "/records"));
  std::thread writer{[&] {
    for (std::size_t i = 0, step = 1; i < body.size(); i += step, step = step * 7 % 1999 + 1)
      client.send_chunk(std::string_view{body}.substr(i, step));
    client.end_chunks();
  }};
  EXPECT_EQ(client.read_head().status, 200u);
  const auto reports = parse_lines(client.read_chunks());
  writer.join();
  ASSERT_EQ(reports.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(reports[i].at("partition_id"), is(i % 3));
    ASSERT_EQ(reports[i].at("offset"), is(i / 3));
  }
  for (int p = 0; p < 3; ++p) {
    const auto found = records(topic, p, "&max_bytes=20000&format=string");
    ASSERT_EQ(found.size(), count / 3u);
    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(found[i].at("value").at("data"), is(fmt::format("{}", i * 3 + p)));
  }
}

TEST_F(V3Produce, RecordsWithTheSameKeyShareAPartition) {
  const auto topic = create_topic(8);
  std::string body;
  for (int i = 0; i < 60; ++i)
    body += fmt::format(R"({{"key":{{"type":"STRING","data":"key-{}"}}}})", i % 6);
  std::map<int, json::value> where;
  const auto reports = produce(topic, body);
  ASSERT_EQ(reports.size(), 60u);
  for (int i = 0; i < 60; ++i) {
    const auto [seen, first] = where.emplace(i % 6, reports[i].at("partition_id"));
    EXPECT_EQ(seen->second, reports[i].at("partition_id"));
  }
}

TEST_F(V3Produce, ARecordThatIsTooLargeIsReported) {
  const auto topic = create_topic(1, R"([{"name":"max.message.bytes","value":"2000"}])");
  const auto reports = produce(topic, record("a") + record(std::string(3000, 'x')) +
                                          record(std::string(200'000, 'y')) + record("b"));
  ASSERT_EQ(reports.size(), 4u);
  EXPECT_EQ(reports[1].at("error_code"), is(413));
  EXPECT_EQ(reports[2].at("error_code"), is(413));
  EXPECT_EQ(reports[3].at("offset"), is(1));
}

TEST_F(V3Produce, AcksAreChosenPerStream) {
  const auto topic = create_topic();
  EXPECT_TRUE(produce(topic, record("a"), "?acks=0").at(0).at("offset").is_null());
  EXPECT_EQ(produce(topic, record("b"), "?acks=1").at(0).at("offset"), is(1));
  EXPECT_EQ(produce(topic, record("c"), "?acks=all&timeout=5000").at(0).at("offset"), is(2));
  EXPECT_THAT(error_of("POST", "/topics/" + topic + "/records?acks=2", record("d")),
              StartsWith("400 400: acks must be"));
  EXPECT_THAT(error_of("POST", "/topics/" + topic + "/records?ack=1", record("d")),
              HasSubstr("Unknown query parameter 'ack'"));
  EXPECT_THAT(error_of("POST", "/topics/nobody/records", record("d")), StartsWith("404 40401"));
}

TEST_F(V3Produce, SchemasAreRefusedClearly) {
  const auto reports = produce(create_topic(), R"({"value":{"type":"AVRO","data":"x"}})");
  EXPECT_EQ(reports.at(0).at("error_code"), is(501));
  EXPECT_THAT(reports[0].at("message").as_string().c_str(), HasSubstr("BINARY, JSON or STRING"));
}

TEST_F(V3Produce, ABatchAnswersInTwoLists) {
  const auto topic = create_topic();
  const auto found = send("POST", "/topics/" + topic + "/records:batch",
                          R"({"entries":[{"id":"a","value":{"type":"STRING","data":"1"}},
                              {"id":"b","partition_id":9},{"id":"c","value":{"type":"X"}},
                              {"id":"d","value":{"type":"STRING","data":"2"}}]})",
                          207);
  ASSERT_EQ(found.at("successes").as_array().size(), 2u);
  ASSERT_EQ(found.at("failures").as_array().size(), 2u);
  EXPECT_EQ(found.at("successes").at(1).at("id"), is("d"));
  EXPECT_EQ(found.at("successes").at(1).at("offset"), is(1));
  EXPECT_EQ(found.at("failures").at(0).at("id"), is("b"));
  EXPECT_EQ(found.at("failures").at(0).at("error_code"), is(40402));
  EXPECT_EQ(found.at("failures").at(1).at("error_code"), is(422));
  EXPECT_EQ(records(topic, 0).size(), 2u);
}

TEST_F(V3Produce, ABatchThatIsNoneIsRefusedWhole) {
  const auto topic = create_topic();
  const auto batch = "/topics/" + topic + "/records:batch";
  EXPECT_THAT(error_of("POST", batch, R"({"entries":[]})"), StartsWith("422 42208"));
  EXPECT_THAT(error_of("POST", batch, R"({"entries":[{"id":"1"},{"id":"1"}]})"),
              HasSubstr("42208: entries[1].id: '1' is used twice"));
  EXPECT_THAT(error_of("POST", batch, "{"), StartsWith("400 400"));
  EXPECT_THAT(error_of("POST", batch, ""), StartsWith("422 422"));
  EXPECT_EQ(records(topic, 0).size(), 0u);
}

// -- reading ------------------------------------------------------------------

TEST_F(V3Produce, ReadingBeginsWhereAsked) {
  const auto topic = create_topic();
  std::string body;
  for (int i = 0; i < 10; ++i)
    body += fmt::format(R"({{"value":{{"type":"STRING","data":"v{}"}},)"
                        R"("timestamp":"2021-02-05T19:14:4{}Z"}})",
                        i, i);
  produce(topic, body);
  const auto from = [&](std::string_view offset) {
    const auto list =
        get(fmt::format("/topics/{}/partitions/0/records?timeout=0&offset={}", topic, offset));
    const auto& data = list.at("data").as_array();
    EXPECT_EQ(list.at("high_watermark"), is(10));
    EXPECT_EQ(list.at("next_offset"), is(10));
    return data.empty() ? std::string{"none"}
                        : std::string{data.front().at("value").at("data").as_string()};
  };
  EXPECT_EQ(from("earliest"), "v0");
  EXPECT_EQ(from("4"), "v4");
  EXPECT_EQ(from("10"), "none");
  EXPECT_EQ(from("latest"), "none");
  EXPECT_EQ(from("timestamp:1612552485500"), "v6");
  EXPECT_EQ(from("timestamp:1912552485500"), "none");
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/partitions/0/records?offset=11"),
              StartsWith("416 416: Offset 11"));
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/partitions/0/records?offset=-3"),
              StartsWith("400 400"));
}

TEST_F(V3Produce, FormatsAreChosenForKeyAndValue) {
  const auto topic = create_topic();
  produce(topic, R"({"key":{"type":"STRING","data":"k"},"value":{"type":"JSON","data":{"a":1}}})");
  const auto rest = "/topics/" + topic + "/partitions/0/records?timeout=0";
  const auto one = [&](std::string_view query) {
    return get(fmt::format("{}{}", rest, query)).at("data").at(0);
  };
  EXPECT_EQ(one("&format=binary").at("key").at("data"), is("aw=="));
  EXPECT_EQ(one("&key_format=string&value_format=string").at("value").at("data"), is("{\"a\":1}"));
  EXPECT_EQ(one("").at("key").at("type"), is("STRING"));
  EXPECT_EQ(one("").at("value").at("type"), is("JSON"));
  EXPECT_THAT(error_of("GET", rest + "&format=json"), HasSubstr("40601: The key at offset 0"));
  EXPECT_THAT(error_of("GET", rest + "&format=avro"), StartsWith("400 400: format must be"));
}

TEST_F(V3Produce, ARecordThatCannotBeShownEndsTheListBeforeIt) {
  const auto topic = create_topic();
  produce(topic, record("ok") + R"({"value":{"type":"BINARY","data":"/w=="}})" + record("after"));
  const auto list = get("/topics/" + topic + "/partitions/0/records?format=string&timeout=0");
  EXPECT_EQ(list.at("data").as_array().size(), 1u);
  EXPECT_EQ(list.at("next_offset"), is(1));
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/partitions/0/records?format=string&offset=1"),
              StartsWith("406 40601: The value at offset 1"));
}

TEST_F(V3Produce, AReaderWaitsForWhatComes) {
  const auto topic = create_topic();
  http_client reader{server().port()};
  reader.write(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n",
                           path("/topics/" + topic + "/partitions/0/records?timeout=8000")));
  produce(topic, record("come"));
  const auto found = json::parse(reader.read_answer().body);
  EXPECT_EQ(found.at("data").at(0).at("value").at("data"), is("come"));
  EXPECT_THAT(found.at("metadata").at("next").as_string().c_str(),
              HasSubstr("/records?offset=1&timeout=8000"));
}

}  // namespace
}  // namespace troupe::testing
