#include "tests/support/http/v2_fixture.hpp"

#include <fmt/format.h>

namespace troupe {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using V2Topics = testing::v2_fixture;

TEST_F(V2Topics, ACreatedTopicIsListedAndDescribed) {
  auto answer = client.send("POST", "/admin/topics",
                            R"({"topic_name":"made","partitions_count":3,"replication_factor":1})");
  EXPECT_EQ(answer.status, 201u) << answer.body;
  EXPECT_EQ(answer.body, "");
  auto names = get("/topics").as_array();
  EXPECT_NE(std::find(names.begin(), names.end(), json::value("made")), names.end());
  auto topic = get("/topics/made");
  EXPECT_EQ(topic.at("name"), "made");
  EXPECT_EQ(topic.at("configs").at("cleanup.policy"), "delete");
  EXPECT_EQ(topic.at("partitions").as_array().size(), 3u);
  EXPECT_EQ(topic.at("partitions"), get("/topics/made/partitions"));
}

TEST_F(V2Topics, APartitionNamesItsReplicas) {
  auto topic = create_topic(2);
  auto broker = get("/brokers").at("brokers").at(0);
  auto partition = get(fmt::format("/topics/{}/partitions/1", topic));
  EXPECT_EQ(
      partition,
      (json::object{{"partition", 1},
                    {"leader", broker},
                    {"replicas", {{{"broker", broker}, {"leader", true}, {"in_sync", true}}}}}));
}

TEST_F(V2Topics, AnswersSayTheirMediaType) {
  EXPECT_EQ(client.get("/topics").headers.at("content-type"), "application/vnd.kafka.v2+json");
}

TEST_F(V2Topics, OffsetsFollowTheRecords) {
  auto topic = create_topic();
  auto target = fmt::format("/topics/{}/partitions/0", topic);
  EXPECT_EQ(get(target + "/offsets"), (json::object{{"beginning_offset", 0}, {"end_offset", 0}}));
  produce(target, R"({"value":1},{"value":2})");
  EXPECT_EQ(get(target + "/offsets"), (json::object{{"beginning_offset", 0}, {"end_offset", 2}}));
}

TEST_F(V2Topics, WhatIsNotThereIsNamed) {
  auto topic = create_topic(2);
  EXPECT_EQ(error_of_get("/topics/nowhere"), "404 40401: Topic 'nowhere' does not exist.");
  EXPECT_EQ(error_of_get("/topics/nowhere/partitions"),
            "404 40401: Topic 'nowhere' does not exist.");
  for (std::string rest : {"", "/offsets", "/records"}) {
    auto partition = [&](std::string_view id) {
      return error_of_get(fmt::format("/topics/{}/partitions/{}{}", topic, id, rest));
    };
    EXPECT_EQ(partition("2"),
              fmt::format("404 40402: Partition 2 of topic '{}' does not exist; it has 2.", topic));
    EXPECT_THAT(partition("-1"), StartsWith("404 40402: "));
    EXPECT_THAT(partition("99999999999"), StartsWith("404 40402: "));
    EXPECT_EQ(partition("x"), "400 400: A partition is a number, not 'x'.");
    EXPECT_EQ(partition("1x"), "400 400: A partition is a number, not '1x'.");
  }
}

TEST_F(V2Topics, UnknownQueryParametersAreNamed) {
  auto topic = create_topic();
  for (std::string target : {"/topics", "/brokers", "/topics/{0}", "/topics/{0}/partitions",
                             "/topics/{0}/partitions/0", "/topics/{0}/partitions/0/offsets"})
    EXPECT_EQ(error_of_get(fmt::format(fmt::runtime(target), topic) + "?verbose=1"),
              "400 400: Unknown query parameter 'verbose'; there are none here.");
  EXPECT_THAT(error_of_get(fmt::format("/topics/{}/partitions/0/records?ofset=1", topic)),
              HasSubstr("'ofset'; known are offset, timeout, max_bytes, min_bytes, format."));
}

TEST_F(V2Topics, ATopicThatCannotBeCreatedSaysWhy) {
  auto topic = create_topic();
  auto create = [&](std::string_view body) { return error_of_produce("/admin/topics", body); };
  EXPECT_THAT(create(fmt::format(R"({{"topic_name":"{}"}})", topic)), StartsWith("400 40002: "));
  EXPECT_THAT(create(R"({"topic_name":"no/slash"})"), StartsWith("400 40002: "));
  EXPECT_THAT(create(R"({"topic_name":"x","replication_factor":3})"), StartsWith("400 40002: "));
  EXPECT_THAT(create(R"({"topic_name":"x","partitions_count":1000000})"),
              StartsWith("400 40002: "));
  EXPECT_THAT(create(R"({"topic_name":"x","partitions_count":"1"})"),
              StartsWith("422 422: partitions_count must be an integer, not a string."));
  EXPECT_THAT(create(R"({"topic_name":"x","configs":[]})"), HasSubstr("unknown field 'configs'"));
  EXPECT_THAT(create(R"({"topic_name":)"), StartsWith("400 400: Line 1, column 15: "));
  EXPECT_THAT(create(""), StartsWith("422 422: "));
}

TEST_F(V2Topics, CreationIsJsonAndNothingElse) {
  for (auto type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                    "application/vnd.kafka.binary.v2+json", "application/json; charset=latin1"})
    EXPECT_THAT(error_of_produce("/admin/topics", R"({"topic_name":"never"})", type),
                StartsWith("415 415: Content-Type '"))
        << type;
  EXPECT_EQ(client.get("/topics/never").status, 404u);
  for (auto type : {"", "application/json; charset=utf-8", "application/vnd.kafka.v2+json"}) {
    auto answer =
        client.send("POST", "/admin/topics",
                    fmt::format(R"({{"topic_name":"typed-{}"}})", std::strlen(type)), type);
    EXPECT_EQ(answer.status, 201u) << type << answer.body;
  }
}

}  // namespace
}  // namespace troupe
