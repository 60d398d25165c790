// The bodies of the administrative requests of API v3. Knows nothing of sockets or actors.
#pragma once

#include "runtime/protocol/requests.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::http {

/// Which brokers shall hold the replicas of one partition; the first one leads.
struct replica_assignment {
  std::int32_t partition = 0;
  std::vector<std::int32_t> brokers;
};

/// {"topic_name":"t","partitions_count":6,"replication_factor":1,
///  "configs":[{"name":"retention.ms","value":"1000"}],"validate_only":false}
struct create_topic_body {
  create_topic_request request;
  /// "replicas_assignments":[{"partition_id":0,"broker_ids":[1]}]; then neither partitions_count
  /// nor replication_factor was given.
  std::vector<replica_assignment> assignments;
};

/// Settings to set or, without a value, to reset.
struct config_changes {
  std::map<std::string, std::optional<std::string>> configs;
  bool validate_only = false;
};

// Errors of all: invalid_json with line and column, empty_body, invalid_payload naming the field.

result<create_topic_body> parse_v3_create_topic(std::string_view body);
/// {"partitions_count":12,"validate_only":false}; the topic's name is left empty.
result<create_partitions_request> parse_v3_partitions_count(std::string_view body);
/// {"data":[{"name":"n","value":"v"},{"name":"m","operation":"DELETE"}],"validate_only":false}
result<config_changes> parse_v3_alter_configs(std::string_view body);
/// {"value":"v"}
result<std::string> parse_v3_config_value(std::string_view body);

}  // namespace troupe::http
