#include "tests/support/http/v3_fixture.hpp"

#include <fmt/format.h>

namespace troupe::testing {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class V3Admin : public v3_fixture {};

TEST_F(V3Admin, TheClusterDescribesItself) {
  const auto list = json::parse(client.get("/v3/clusters").body);
  EXPECT_EQ(list.at("kind"), is("KafkaClusterList"));
  EXPECT_EQ(list.at("data").at(0).at("cluster_id"), is(server().cluster_id()));
  const auto cluster = get("");
  EXPECT_EQ(cluster.at("kind"), is("KafkaCluster"));
  EXPECT_EQ(cluster.at("metadata").at("self"),
            is(fmt::format("http://{}/v3/clusters/{}", server().host(), server().cluster_id())));
  EXPECT_EQ(cluster.at("metadata").at("resource_name"),
            is(fmt::format("crn:///kafka={}", server().cluster_id())));
  const auto brokers = get("/brokers");
  ASSERT_EQ(brokers.at("data").as_array().size(), 1u);
  EXPECT_EQ(brokers.at("data").at(0).at("broker_id"), is(1));
  EXPECT_EQ(get("/brokers/1").at("kind"), is("KafkaBroker"));
}

TEST_F(V3Admin, LinksLeadSomewhere) {
  const auto topic = create_topic(2);
  const auto follow = [this](const json::value& link) {
    const std::string url = link.at("related").as_string().c_str();
    const auto status = client.get(url.substr(url.find("/v3"))).status;
    EXPECT_TRUE(status == 200 || status == 501 || url.ends_with("/reassignment"))
        << url << ' ' << status;
  };
  for (auto resource : {std::string{}, std::string{"/brokers/1"}, "/topics/" + topic,
                        "/topics/" + topic + "/partitions/1"}) {
    const auto described = get(resource);
    for (const auto& [name, value] : described.as_object())
      if (value.is_object() && value.as_object().contains("related"))
        follow(value);
  }
}

TEST_F(V3Admin, ATopicIsCreatedDescribedAndDeleted) {
  const auto made = send("POST", "/topics",
                         R"({"topic_name":"v3-made","partitions_count":3,"replication_factor":1,
                             "configs":[{"name":"retention.ms","value":"1000"}]})",
                         201);
  EXPECT_EQ(made.at("partitions_count"), is(3));
  EXPECT_EQ(made.at("replication_factor"), is(1));
  EXPECT_EQ(get("/topics/v3-made").at("topic_id"), made.at("topic_id"));
  EXPECT_EQ(get("/topics/v3-made/configs/retention.ms").at("value"), is("1000"));
  EXPECT_EQ(get("/topics/v3-made/partitions").at("data").as_array().size(), 3u);
  EXPECT_THAT(error_of("POST", "/topics", R"({"topic_name":"v3-made"})"), StartsWith("400 40002:"));
  EXPECT_EQ(error_of("DELETE", "/topics/v3-made"), "204");
  EXPECT_EQ(error_of("GET", "/topics/v3-made"), "404 40401: Topic 'v3-made' does not exist.");
}

TEST_F(V3Admin, ValidateOnlyCreatesNothing) {
  EXPECT_EQ(error_of("POST", "/topics", R"({"topic_name":"v3-ghost","validate_only":true})"),
            "204");
  EXPECT_THAT(error_of("GET", "/topics/v3-ghost"), StartsWith("404 40401"));
  EXPECT_THAT(error_of("POST", "/topics",
                       R"({"topic_name":"v3-ghost","validate_only":true,
                           "configs":[{"name":"retention.ms","value":"soon"}]})"),
              HasSubstr("retention.ms"));
}

TEST_F(V3Admin, ATopicThatCannotBeIsRefusedWithTheReason) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"topic_name":"a b"})", "400 40002"},
      {R"({"topic_name":"x","replication_factor":2})", "replication_factor 2 is larger"},
      {R"({"topic_name":"x","partitions_count":2000000})", "400 40002"},
      {R"({"topic_name":"x","configs":[{"name":"no.such","value":"1"}]})", "no.such"},
      {R"({"topic_name":"x","replicas_assignments":[{"partition_id":0,"broker_ids":[7]}]})",
       "names broker 7, which does not exist"},
      {R"({"topic_name":"x","replicas_assignments":[{"partition_id":0,"broker_ids":[1,1]}]})",
       "names a broker twice"},
      {R"({"topic_name":"x","replicas_assignments":[{"partition_id":1,"broker_ids":[1]}]})",
       "numbered from 0 to 0"},
      {R"({"topic_name":"x","replicas_assignments":[{"partition_id":0,"broker_ids":[]}]})",
       "partition 0 has no brokers"},
      {R"({"topic_name":)", "400 400: Line 1"},
      {"", "422 422"},
  };
  for (const auto& [body, expected] : cases)
    EXPECT_THAT(error_of("POST", "/topics", body), HasSubstr(expected)) << body;
}

TEST_F(V3Admin, AssignmentsToThisBrokerAreTaken) {
  const auto made = send("POST", "/topics",
                         R"({"topic_name":"v3-assigned","replicas_assignments":
                             [{"partition_id":1,"broker_ids":[1]},{"partition_id":0,"broker_ids":[1]}]})",
                         201);
  EXPECT_EQ(made.at("partitions_count"), is(2));
}

TEST_F(V3Admin, PartitionsAreRaisedAndNeverLowered) {
  const auto topic = create_topic(2);
  EXPECT_EQ(error_of("PATCH", "/topics/" + topic, R"({"partitions_count":4,"validate_only":true})"),
            "204");
  EXPECT_EQ(get("/topics/" + topic).at("partitions_count"), is(2));
  EXPECT_EQ(
      send("PATCH", "/topics/" + topic, R"({"partitions_count":4})", 200).at("partitions_count"),
      is(4));
  EXPECT_THAT(error_of("PATCH", "/topics/" + topic, R"({"partitions_count":3})"),
              StartsWith("400 40002"));
}

TEST_F(V3Admin, SettingsAreSetResetAndListed) {
  const auto topic = create_topic();
  const auto one = "/topics/" + topic + "/configs/retention.ms";
  EXPECT_EQ(get(one).at("is_default"), is(true));
  EXPECT_EQ(error_of("PUT", one, R"({"value":"5000"})"), "204");
  const auto set = get(one);
  EXPECT_EQ(set.at("value"), is("5000"));
  EXPECT_EQ(set.at("source"), is("DYNAMIC_TOPIC_CONFIG"));
  EXPECT_EQ(set.at("synonyms").as_array().size(), 2u);
  EXPECT_THAT(error_of("PUT", one, R"({"value":"soon"})"), StartsWith("400 40002"));
  EXPECT_EQ(error_of("DELETE", one), "204");
  EXPECT_EQ(get(one).at("is_default"), is(true));
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/configs/no.such"), StartsWith("404 404"));
  EXPECT_THAT(error_of("PUT", "/topics/" + topic + "/configs/no.such", R"({"value":"1"})"),
              StartsWith("404 404"));
}

TEST_F(V3Admin, ManySettingsAreAlteredAllOrNone) {
  const auto topic = create_topic();
  const auto alter = "/topics/" + topic + "/configs:alter";
  EXPECT_EQ(
      error_of("POST", alter,
               R"({"data":[{"name":"retention.ms","value":"7"},{"name":"flush","value":"os"}]})"),
      "204");
  EXPECT_EQ(get("/topics/" + topic + "/configs/flush").at("value"), is("os"));
  EXPECT_THAT(error_of("POST", alter,
                       R"({"data":[{"name":"flush","operation":"DELETE"},
                                   {"name":"retention.ms","value":"x"}]})"),
              StartsWith("400 40002"));
  EXPECT_EQ(get("/topics/" + topic + "/configs/flush").at("value"), is("os"));
  EXPECT_EQ(error_of("POST", alter,
                     R"({"data":[{"name":"flush","operation":"DELETE"}],"validate_only":true})"),
            "204");
  EXPECT_EQ(get("/topics/" + topic + "/configs/flush").at("value"), is("os"));
}

TEST_F(V3Admin, PartitionsAndReplicasAreDescribed) {
  const auto topic = create_topic(2);
  const auto partition = get("/topics/" + topic + "/partitions/1");
  EXPECT_EQ(partition.at("kind"), is("KafkaPartition"));
  EXPECT_EQ(partition.at("partition_id"), is(1));
  const auto replicas = get("/topics/" + topic + "/partitions/1/replicas");
  EXPECT_EQ(replicas.at("data").at(0).at("is_leader"), is(true));
  EXPECT_EQ(get("/topics/" + topic + "/partitions/1/replicas/1").at("is_in_sync"), is(true));
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/partitions/1/replicas/2"),
              StartsWith("404 404"));
  const auto offsets = get("/topics/" + topic + "/partitions/1/offset");
  EXPECT_EQ(offsets.at("earliest_offset"), is(0));
  EXPECT_EQ(offsets.at("latest_offset"), is(0));
  EXPECT_EQ(get("/topics/-/partitions/-/reassignment").at("data").as_array().size(), 0u);
  EXPECT_EQ(get("/topics/" + topic + "/partitions/-/reassignment").at("data").as_array().size(),
            0u);
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/partitions/0/reassignment"),
              StartsWith("404 404"));
}

TEST_F(V3Admin, WhatDoesNotExistIsNamed) {
  const auto topic = create_topic();
  EXPECT_THAT(client.get("/v3/clusters/nobody/topics").body, HasSubstr("Cluster 'nobody'"));
  EXPECT_THAT(error_of("GET", "/brokers/9"), HasSubstr("Broker 9"));
  EXPECT_THAT(error_of("GET", "/brokers/x"), StartsWith("400 400"));
  EXPECT_THAT(error_of("GET", "/topics/nobody/partitions"), StartsWith("404 40401"));
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/partitions/1"),
              HasSubstr("40402: Partition 1 of topic '" + topic + "' does not exist; it has 1."));
  EXPECT_THAT(error_of("GET", "/topics/" + topic + "/partitions/-1"), StartsWith("400 400"));
  EXPECT_THAT(error_of("GET", "/topics?colour=red"), HasSubstr("Unknown query parameter 'colour'"));
}

TEST_F(V3Admin, TheSettingsOfTheBrokerCanBeRead) {
  const auto list = get("/brokers/1/configs");
  EXPECT_EQ(list.at("kind"), is("KafkaBrokerConfigList"));
  EXPECT_GT(list.at("data").as_array().size(), 10u);
  const auto one = get("/brokers/1/configs/idle-timeout");
  EXPECT_EQ(one.at("is_read_only"), is(true));
  EXPECT_EQ(one.at("is_default"), is(true));
  EXPECT_THAT(error_of("GET", "/brokers/1/configs/no-such"), StartsWith("404 404"));
  EXPECT_EQ(get("/broker-configs").at("data").as_array().size(), 0u);
}

TEST_F(V3Admin, ABodyOfAnotherMediaTypeIsRefused) {
  const auto answer = client.send("POST", path("/topics"), R"({"topic_name":"x"})", "text/plain");
  EXPECT_EQ(answer.status, 415u);
  EXPECT_THAT(answer.body, HasSubstr("application/json"));
}

}  // namespace
}  // namespace troupe::testing
