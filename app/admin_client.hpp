// What the client commands ask of a broker, in terms of topics and records.
#pragma once

#include "app/http_client.hpp"
#include "runtime/base/types.hpp"

#include <map>

namespace troupe::app {

struct topic_settings {
  std::string name;
  std::int32_t partitions = -1;          ///< -1: the broker's default
  std::int32_t replication_factor = -1;  ///< -1: the broker's default
  std::map<std::string, std::string> configs;
};

struct offset_range {
  offset_t begin = 0;
  offset_t end = 0;  ///< one past the last record
};

struct config_value {
  std::string name;
  std::string value;
  bool is_default = true;
};

/// Owned by one thread. Failures say what was asked for and what the broker answered.
class admin_client {
 public:
  explicit admin_client(http_client& http) : http_(http) {}

  attempt<std::vector<std::string>> topics();
  attempt<std::int32_t> partitions(const std::string& topic);
  attempt<offset_range> offsets(const std::string& topic, std::int32_t partition);
  attempt<std::vector<config_value>> configs(const std::string& topic);

  attempt<void> create(const topic_settings& what);
  attempt<void> remove(const std::string& topic);
  attempt<void> set_partitions(const std::string& topic, std::int32_t total);
  /// An empty optional resets a setting to its default; all of them, or none.
  attempt<void> alter(const std::string& topic,
                      const std::map<std::string, std::optional<std::string>>& changes);

 private:
  attempt<std::string> topic_path(const std::string& topic);
  attempt<std::string> call(std::string_view method, std::string target, std::string_view doing,
                            std::string_view body = {});

  http_client& http_;
  std::string cluster_;
};

}  // namespace troupe::app
