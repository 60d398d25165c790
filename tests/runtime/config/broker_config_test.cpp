#include "runtime/config/broker_config.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

std::string refusal(std::string_view name, std::string_view value) {
  broker_config config;
  const auto done = set(config, name, value);
  return done ? "taken" : done.error().message;
}

// The table says the defaults as text, the struct as values: they must be the same.
TEST(BrokerConfig, DefaultsOfTableAndStructAgree) {
  broker_config config;
  config.id = node_id{9};
  config.data_dir = "elsewhere";
  config.http = {"elsewhere", 9};
  config.io_threads = 9;
  config.partitions = 9;
  config.flush = flush_policy::os;
  config.body_bytes_max = config.connections_max = config.inflight_bytes_max = 9;
  config.body_rate_min = config.disk_reserve_bytes = 9;
  config.header_timeout = config.body_timeout = config.idle_timeout = config.request_timeout =
      config.retention_interval = config.shutdown_grace = std::chrono::milliseconds{9};
  config.level = log_level::off;
  config.access_log = true;
  for (const auto& row : broker_setting_table())
    ASSERT_TRUE(row.default_value.empty() || set(config, row.name, row.default_value)) << row.name;

  const broker_config fresh;
  EXPECT_EQ(config.id, fresh.id);
  EXPECT_EQ(config.data_dir, fresh.data_dir);
  EXPECT_EQ(config.http, fresh.http);
  EXPECT_EQ(config.advertised, fresh.advertised);
  EXPECT_EQ(config.io_threads, fresh.io_threads);
  EXPECT_EQ(config.partitions, fresh.partitions);
  EXPECT_EQ(config.flush, fresh.flush);
  EXPECT_EQ(config.body_bytes_max, fresh.body_bytes_max);
  EXPECT_EQ(config.connections_max, fresh.connections_max);
  EXPECT_EQ(config.inflight_bytes_max, fresh.inflight_bytes_max);
  EXPECT_EQ(config.body_rate_min, fresh.body_rate_min);
  EXPECT_EQ(config.header_timeout, fresh.header_timeout);
  EXPECT_EQ(config.body_timeout, fresh.body_timeout);
  EXPECT_EQ(config.idle_timeout, fresh.idle_timeout);
  EXPECT_EQ(config.request_timeout, fresh.request_timeout);
  EXPECT_EQ(config.disk_reserve_bytes, fresh.disk_reserve_bytes);
  EXPECT_EQ(config.retention_interval, fresh.retention_interval);
  EXPECT_EQ(config.shutdown_grace, fresh.shutdown_grace);
  EXPECT_EQ(config.level, fresh.level);
  EXPECT_EQ(config.access_log, fresh.access_log);
}

TEST(BrokerConfig, RefusalsNameSettingValueAndRange) {
  EXPECT_EQ(refusal("partitions", "0"), "Invalid value '0' for partitions: allowed is 1..20000.");
  EXPECT_EQ(refusal("max-body", "1 MB"),
            "Invalid value '1 MB' for max-body: allowed is 1024..1073741824 bytes.");
  EXPECT_EQ(refusal("flush", "sometimes"),
            "Invalid value 'sometimes' for flush: allowed is fsync or os.");
  EXPECT_EQ(refusal("http", "8082"),
            "Invalid value '8082' for http: allowed is HOST:PORT, port 0 for any free one.");
  EXPECT_EQ(refusal("nodeid", "1"), "There is no setting 'nodeid'.");
}

TEST(BrokerConfig, RefusedValueChangesNothing) {
  broker_config config;
  EXPECT_FALSE(set(config, "http", "nowhere:99999"));
  EXPECT_EQ(config.http, broker_config{}.http);
}

TEST(BrokerConfig, UnitsMayBeWritten) {
  const auto config = make_broker_config({{"max-body", "8MiB"},
                                          {"idle-timeout", "2min"},
                                          {"disk-reserve", "0"},
                                          {"log-level", "debug"},
                                          {"access-log", "true"}})
                          .value();
  EXPECT_EQ(config.body_bytes_max, 8 * limits::MiB);
  EXPECT_EQ(config.idle_timeout, std::chrono::minutes{2});
  EXPECT_EQ(config.disk_reserve_bytes, 0u);
  EXPECT_EQ(config.level, log_level::debug);
  EXPECT_TRUE(config.access_log);
}

TEST(BrokerConfig, BodyMustFitWhatMayBeInFlight) {
  const auto config = make_broker_config({{"max-body", "2MiB"}, {"max-inflight", "1MiB"}});
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "max-inflight (1048576) must not be smaller than max-body (2097152).");
}

TEST(BrokerConfig, ClientsAreNeverSentToAWildcard) {
  EXPECT_EQ(refusal("http", "0.0.0.0:8082"), "taken");
  EXPECT_NE(refusal("advertise", "0.0.0.0:8082"), "taken");
  EXPECT_NE(refusal("advertise", "[::]:8082"), "taken");
  EXPECT_NE(refusal("advertise", "example.org:0"), "taken");
  EXPECT_EQ(refusal("advertise", "example.org:80"), "taken");
}

TEST(BrokerConfig, OriginsAreAList) {
  const auto config =
      make_broker_config({{"allowed-origins", "https://a.example, http://localhost:3000"}}).value();
  EXPECT_EQ(config.allowed_origins,
            (std::vector<std::string>{"https://a.example", "http://localhost:3000"}));
  EXPECT_EQ(refusal("allowed-origins", "*"), "taken");
  for (const auto* bad :
       {"a.example", "https://", "https://a.example/", "https://a,,https://b", "null"})
    EXPECT_NE(refusal("allowed-origins", bad), "taken") << bad;
}

TEST(BrokerConfig, EnvironmentNamesFollowFromTheSetting) {
  EXPECT_EQ(environment_name("node-id"), "TROUPE_NODE_ID");
  EXPECT_EQ(environment_name("http"), "TROUPE_HTTP");
}

TEST(HostPort, IsTakenApart) {
  EXPECT_EQ(parse_host_port("localhost:0"), (host_port{"localhost", 0}));
  EXPECT_EQ(parse_host_port("[::1]:8082"), (host_port{"::1", 8082}));
  for (const auto* bad : {"", ":", "host", "host:", ":80", "host:-1", "host:65536", "host:8x",
                          "::1:80", "[]:80", "[::1:80", "ho st:80", "a/b:80"})
    EXPECT_EQ(parse_host_port(bad), std::nullopt) << bad;
  EXPECT_EQ(to_string(host_port{"::1", 80}), "[::1]:80");
  EXPECT_EQ(to_string(host_port{"a", 80}), "a:80");
}

std::string cluster_verdict(const std::map<std::string, std::string>& values) {
  const auto made = make_broker_config(values);
  return made ? "taken" : made.error().message;
}

TEST(ClusterConfig, PeersAreReadWithoutThisNode) {
  const auto made = make_broker_config({{"node-id", "2"},
                                        {"cluster-listen", "127.0.0.1:9092"},
                                        {"cluster-peers", "1@127.0.0.1:9091,2@127.0.0.1:9092"}});
  ASSERT_TRUE(made);
  ASSERT_EQ(made->cluster_peers.size(), 1u);
  EXPECT_EQ(made->cluster_peers.at(node_id{1}), (host_port{"127.0.0.1", 9091}));
  EXPECT_EQ(made->cluster_listen, (host_port{"127.0.0.1", 9092}));
}

TEST(ClusterConfig, BadPeersAreRefused) {
  for (const auto* bad : {"127.0.0.1:9091", "x@127.0.0.1:1", "1@127.0.0.1", "1@127.0.0.1:0",
                          "-1@127.0.0.1:1", "1@a:1,1@b:2", "1@a:1,,2@b:2"})
    EXPECT_NE(refusal("cluster-peers", bad), "taken") << bad;
}

TEST(ClusterConfig, OnlyLoopbackGoesWithoutTls) {
  EXPECT_EQ(cluster_verdict({{"cluster-listen", "127.0.0.1:1"}}), "taken");
  EXPECT_EQ(cluster_verdict({{"cluster-listen", "[::1]:1"}}), "taken");
  EXPECT_EQ(cluster_verdict({{"cluster-listen", "localhost:1"}}), "taken");
  for (const auto* open : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "127.example.org:1", "host:1"})
    EXPECT_NE(cluster_verdict({{"cluster-listen", open}}).find("it needs TLS"), std::string::npos);
  EXPECT_NE(cluster_verdict({{"cluster-listen", "127.0.0.1:1"}, {"cluster-peers", "2@10.0.0.2:1"}})
                .find("it needs TLS"),
            std::string::npos);
  EXPECT_EQ(cluster_verdict({{"cluster-listen", "0.0.0.0:1"},
                             {"cluster-peers", "2@10.0.0.2:1"},
                             {"cluster-tls-certificate", "a"},
                             {"cluster-tls-key", "b"},
                             {"cluster-tls-ca", "c"}}),
            "taken");
}

TEST(ClusterConfig, SettingsThatBelongTogetherAreAskedForTogether) {
  EXPECT_NE(cluster_verdict({{"cluster-listen", "127.0.0.1:1"}, {"cluster-tls-key", "b"}})
                .find("belong together"),
            std::string::npos);
  EXPECT_NE(cluster_verdict({{"cluster-peers", "2@127.0.0.1:1"}}).find("need cluster-listen"),
            std::string::npos);
}

}  // namespace
}  // namespace troupe
