// The settings of a topic: Kafka's names, with type, range, unit and default in one table.
#pragma once

#include "runtime/base/limits.hpp"
#include "runtime/log/partition_log.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

enum class flush_policy : std::uint8_t {
  fsync,  ///< acks=all means on disk (group commit); the default
  os,     ///< acks=all means in the page cache of the replicas, as Kafka's default
};

/// One row of the table of topic settings.
struct topic_config_info {
  std::string_view name;
  std::string_view default_value;
  std::string_view type;   ///< int, long, string, boolean, list: as Kafka's DescribeConfigs says
  std::string_view range;  ///< for people: "1..9223372036854775807 ms"
  std::string_view meaning;
};

std::span<const topic_config_info> topic_config_table();

/// A valid set of settings: what was set, and the values in force. Immutable once built.
class topic_config {
 public:
  /// The defaults.
  topic_config();

  /// Checks names, types and ranges. Errors: invalid_config, naming setting, value and range.
  static result<topic_config> from(const std::map<std::string, std::string>& set);
  /// This with `changes` applied: a value sets, nothing resets. Errors as from().
  result<topic_config> with(const std::map<std::string, std::optional<std::string>>& changes) const;

  /// Only what differs from the defaults because somebody set it.
  const std::map<std::string, std::string>& overrides() const { return set_; }
  /// The value in force of a row of the table, as text: numbers in decimal. REQUIRES a name of
  /// the table.
  std::string value_of(std::string_view name) const;

  log_options log() const { return log_; }
  std::size_t max_message_bytes() const { return max_message_bytes_; }
  std::int32_t min_insync_replicas() const { return min_insync_replicas_; }
  bool unclean_election() const { return unclean_election_; }
  flush_policy flush() const { return flush_; }
  codec compression() const { return compression_; }

 private:
  struct setting;  // a row of the table with how to check it and where it goes
  static std::span<const setting> settings();
  static const setting* find_setting(std::string_view name);
  friend std::span<const topic_config_info> topic_config_table();

  result<void> set(const std::string& name, const std::string& value);

  std::map<std::string, std::string> set_;
  log_options log_;
  std::size_t max_message_bytes_ = limits::message_bytes_default;
  std::int32_t min_insync_replicas_ = 1;
  bool unclean_election_ = false;
  flush_policy flush_ = flush_policy::fsync;
  codec compression_ = codec::none;  ///< for batches built by the gateway
};

}  // namespace troupe
