#include "tests/support/e2e/program.hpp"

#include "app/command_line.hpp"
#include "app/http_client.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

namespace troupe::test {
namespace {

namespace json = boost::json;
using app::exit_failed;
using app::exit_ok;
using app::exit_unreachable;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// The commands as a person or a script types them, against a broker of their own.
struct command_line : testing::Test {
  temporary_directory data;
  broker_process broker{data / "broker"};

  finished troupe(std::vector<std::string> arguments, const std::string& input = {}) {
    if (arguments[0] != "log")
      arguments.insert(arguments.end(), {"--server", broker.url()});
    return run_program(arguments, input);
  }

  std::string ok(const std::vector<std::string>& arguments, const std::string& input = {}) {
    auto ended = troupe(arguments, input);
    EXPECT_EQ(ended.code, exit_ok) << ended.err;
    return ended.out;
  }

  json::value ok_json(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.end(), {"--output", "json"});
    return json::parse(ok(arguments, input));
  }
};

TEST_F(command_line, TopicsAreCreatedListedDescribedAlteredAndDeleted) {
  EXPECT_EQ(ok({"topic", "create", "orders", "-p", "3", "-c", "retention.ms=3600000"}),
            "Topic 'orders' created.\n");
  EXPECT_THAT(ok({"topic", "list"}), HasSubstr("orders\n"));
  auto topic = ok_json({"topic", "describe", "orders"});
  EXPECT_EQ(topic.at("partitions").as_array().size(), 3u);
  EXPECT_EQ(topic.at("configs").at("retention.ms").as_string(), "3600000");

  ok({"topic", "alter", "orders", "--set", "retention.ms=60000", "--partitions", "5"});
  topic = ok_json({"topic", "describe", "orders"});
  EXPECT_EQ(topic.at("partitions").as_array().size(), 5u);
  EXPECT_EQ(topic.at("configs").at("retention.ms").as_string(), "60000");
  ok({"topic", "alter", "orders", "--unset", "retention.ms"});
  topic = ok_json({"topic", "describe", "orders"});
  EXPECT_EQ(topic.at("configs").at("retention.ms").as_string(), "604800000");

  EXPECT_EQ(ok({"topic", "delete", "orders"}), "Topic 'orders' deleted.\n");
  EXPECT_EQ(troupe({"topic", "describe", "orders"}).code, exit_failed);
}

TEST_F(command_line, TopicMistakesAreNamed) {
  ok({"topic", "create", "t"});
  auto again = troupe({"topic", "create", "t"});
  EXPECT_EQ(again.code, exit_failed);
  EXPECT_THAT(again.err, HasSubstr("create topic 't'"));
  EXPECT_THAT(ok({"topic", "create", "t", "--if-not-exists"}), HasSubstr("exists already"));
  EXPECT_EQ(troupe({"topic", "create", "a/b"}).code, exit_failed);
  auto setting = troupe({"topic", "alter", "t", "--set", "retention.ns=1"});
  EXPECT_EQ(setting.code, exit_failed);
  EXPECT_THAT(setting.err, HasSubstr("retention.ns"));
  EXPECT_EQ(troupe({"topic", "delete", "none"}).code, exit_failed);
  EXPECT_EQ(troupe({"topic", "delete", "none", "--if-exists"}).code, exit_ok);
}

TEST_F(command_line, LinesGoInAndComeOut) {
  ok({"topic", "create", "t"});
  ok({"produce", "t"}, "one\ntwo \xc3\xa9\n\nfour");
  EXPECT_EQ(ok({"consume", "t"}), "one\ntwo \xc3\xa9\n\nfour\n");
  EXPECT_EQ(ok({"consume", "t", "--from", "2"}), "\nfour\n");
  EXPECT_EQ(ok({"consume", "t", "--max", "1"}), "one\n");
  EXPECT_EQ(ok({"consume", "t", "--from", "latest"}), "");
  EXPECT_EQ(ok({"consume", "t", "--from", "4"}), "");
  EXPECT_EQ(ok({"consume", "t", "--from", "timestamp:0", "-n", "2", "--print-offset"}),
            "0\tone\n1\ttwo \xc3\xa9\n");
}

TEST_F(command_line, OffsetOutsideTheLogIsRefused) {
  ok({"topic", "create", "t", "--partitions", "2"});
  ok({"produce", "t"}, "one\ntwo\n");
  for (std::vector<std::string> arguments :
       {std::vector<std::string>{"consume", "t", "--from", "100"},
        {"consume", "t", "--from", "100", "--follow"},
        {"consume", "t", "--from", "100", "--partition", "1"}}) {
    auto refused = troupe(arguments);
    EXPECT_EQ(refused.code, exit_failed);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, HasSubstr("offset 100 of t-"));
    EXPECT_THAT(refused.err, HasSubstr("is out of range: the log is [0, "));
  }
}

TEST_F(command_line, KeysKeepTheirOrderAndArePrinted) {
  ok({"topic", "create", "t", "--partitions", "4"});
  ok({"produce", "t", "--key-separator", ":", "--batch", "2"}, "a:1\nb:1\na:2\nb:2\na:3\n");
  std::map<std::string, std::vector<std::string>> by_key;
  for (const auto& line : lines_of(ok({"consume", "t", "--print-key", "--separator", "="})))
    by_key[line.substr(0, 1)].push_back(line.substr(2));
  EXPECT_THAT(by_key["a"], ElementsAre("1", "2", "3"));
  EXPECT_THAT(by_key["b"], ElementsAre("1", "2"));
}

TEST_F(command_line, FormatsKeepTheirBytes) {
  ok({"topic", "create", "t"});
  ok({"produce", "t", "--format", "binary"}, std::string("\xff\x00\xfe\n", 4));
  EXPECT_EQ(ok({"consume", "t"}), std::string("\xff\x00\xfe\n", 4));
  auto refused = troupe({"consume", "t", "--output", "json"});
  EXPECT_EQ(refused.code, exit_failed);
  EXPECT_THAT(refused.err, HasSubstr("--format binary"));
  auto record = json::parse(ok({"consume", "t", "--output", "json", "--format", "binary"}));
  EXPECT_EQ(record.at("value").as_string(), "/wD+");

  ok({"topic", "create", "j"});
  ok({"produce", "j", "--format", "json"}, R"({"a":[1,2,{"b":null}]})"
                                           "\n");
  record = json::parse(ok({"consume", "j", "--output", "json", "--format", "json"}));
  EXPECT_EQ(json::serialize(record.at("value")), R"({"a":[1,2,{"b":null}]})");
}

TEST_F(command_line, BadLinesAreNamedAndWhatCameBeforeIsStored) {
  ok({"topic", "create", "t"});
  auto failed = troupe({"produce", "t", "--format", "json", "--batch", "1"}, "1\n{oops\n3\n");
  EXPECT_EQ(failed.code, exit_failed);
  EXPECT_THAT(failed.err, HasSubstr("line 2"));
  EXPECT_EQ(ok({"consume", "t"}), "1\n");
  // Also when the lines before wait for their batch to become full.
  ok({"topic", "create", "batched"});
  failed = troupe({"produce", "batched"}, "one\ntwo\n\xff\nfour\n");
  EXPECT_EQ(failed.code, exit_failed);
  EXPECT_THAT(failed.err, HasSubstr("line 3: it is not valid UTF-8"));
  EXPECT_THAT(failed.err, HasSubstr("2 records"));
  EXPECT_EQ(ok({"consume", "batched"}), "one\ntwo\n");
  failed = troupe({"produce", "t", "--key-separator", ":"}, "no separator\n");
  EXPECT_THAT(failed.err, HasSubstr("line 1: there is no key separator"));
  failed = troupe({"produce", "t"}, "\xff\n");
  EXPECT_THAT(failed.err, HasSubstr("line 1: it is not valid UTF-8"));
  failed = troupe({"produce", "missing"}, "x\n");
  EXPECT_EQ(failed.code, exit_failed);
  EXPECT_THAT(failed.err, HasSubstr("missing"));
}

TEST_F(command_line, FollowSeesNewRecordsAndEndsAtMax) {
  ok({"topic", "create", "t", "--partitions", "2"});
  ok({"produce", "t", "-k", ":"}, "a:1\nb:2\nc:3\n");
  auto lines = lines_of(ok({"consume", "t", "--follow", "--from", "earliest", "--max", "3"}));
  EXPECT_THAT(lines, testing::UnorderedElementsAre("1", "2", "3"));
}

TEST_F(command_line, FollowSeesPartitionsThatAreAdded) {
  ok({"topic", "create", "t"});
  auto following = std::async(std::launch::async, [this] {
    return ok({"consume", "t", "--follow", "--from", "latest", "--max", "1"});
  });
  app::http_client http(broker.server());
  auto subscribed = [&] {
    app::http_request metrics;
    metrics.target = "/metrics";
    auto answer = http.send(metrics);
    return answer && answer->body.find("troupe_websocket_subscriptions 1") != std::string::npos;
  };
  while (!subscribed() &&
         following.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout)
    continue;
  ok({"topic", "alter", "t", "--partitions", "2"});
  app::http_request record;
  record.method = "POST";
  record.target = "/topics/t/partitions/1";
  record.body = R"({"records":[{"value":"new"}]})";
  record.content_type = "application/vnd.kafka.text.v2+json";
  EXPECT_TRUE(http.send(record)->ok());
  EXPECT_EQ(following.get(), "new\n");
}

TEST_F(command_line, ProduceReportsCountsForScripts) {
  ok({"topic", "create", "t"});
  auto report = ok_json({"produce", "t", "--acks", "1"}, "a\nb\nc\n");
  EXPECT_EQ(report.at("records").to_number<int>(), 3);
  EXPECT_EQ(report.at("retries").to_number<int>(), 0);
}

TEST_F(command_line, LogDumpReadsWhatTheBrokerWroteAndSeesDamage) {
  ok({"topic", "create", "t"});
  ok({"produce", "t"}, "alpha\nbeta\n");
  EXPECT_EQ(broker.stop().code, 0);
  auto directory = data / "broker/t-0";
  EXPECT_THAT(ok({"log", "dump", directory, "--records"}), HasSubstr("beta"));
  auto batch = json::parse(lines_of(ok({"log", "dump", directory, "--output", "json"}))[0]);
  EXPECT_EQ(batch.at("base_offset").to_number<int>(), 0);
  EXPECT_TRUE(batch.at("damage").is_null());

  auto segment = directory + "/00000000000000000000.log";
  std::filesystem::resize_file(segment, 70);
  auto damaged = troupe({"log", "dump", segment});
  EXPECT_EQ(damaged.code, exit_failed);
  EXPECT_THAT(damaged.out, HasSubstr("DAMAGED"));
}

TEST_F(command_line, BenchMeasures) {
  for (std::vector<std::string> kind : {std::vector<std::string>{"produce", "--batch", "10"},
                                        {"consume"},
                                        {"fanout", "--rate", "200"}}) {
    kind.insert(kind.begin(), "bench");
    kind.insert(kind.end(), {"--connections", "4", "--duration", "1", "--warmup", "0"});
    auto report = ok_json(kind);
    EXPECT_GT(report.at("records").to_number<int>(), 0) << kind[1];
    EXPECT_EQ(report.at("errors").to_number<int>(), 0) << kind[1];
    EXPECT_GT(report.at("latency_us").at("p99").to_number<double>(), 0) << kind[1];
    bool produces = kind[1] != "consume";
    EXPECT_EQ(report.as_object().contains("batch"), produces) << kind[1];
    EXPECT_EQ(report.as_object().contains("acks"), produces) << kind[1];
  }
}

TEST_F(command_line, SampleComparesWhatCameOutWithWhatWentIn) {
  std::string catalogue;
  for (int i = 0; i < 2'000; ++i)
    catalogue += "Package: p" + std::to_string(i % 700) + "\nVersion: " + std::to_string(i) +
                 "\nDescription: \xc3\xa9 \"quoted\"\n more\n\n";
  // The second run adds to the topic and reads only its own.
  for (int run = 0; run < 2; ++run) {
    auto report = json::parse(ok({"sample", "--output", "json", "--batch", "50"}, catalogue));
    EXPECT_TRUE(report.at("equal").as_bool());
    EXPECT_EQ(report.at("read_http").at("records").to_number<int>(), 2'000);
    EXPECT_EQ(report.at("read_websocket").at("records").to_number<int>(), 2'000);
  }
  EXPECT_EQ(lines_of(ok({"consume", "packages"})).size(), 4'000u);
  auto empty = troupe({"sample"}, "");
  EXPECT_EQ(empty.code, exit_failed);
  EXPECT_THAT(empty.err, HasSubstr("apt-get update"));
}

TEST_F(command_line, BrokerThatIsGoneIsUnreachable) {
  broker.kill();
  for (std::vector<std::string> arguments : {std::vector<std::string>{"topic", "list"},
                                             {"consume", "t"},
                                             {"sample", "--input", "-"},
                                             {"produce", "t"}}) {
    auto ended = troupe(arguments, "Package: a\n");
    EXPECT_EQ(ended.code, exit_unreachable) << arguments[0];
  }
  EXPECT_EQ(troupe({"produce", "t"}, "").code, exit_unreachable);
}

}  // namespace
}  // namespace troupe::test
