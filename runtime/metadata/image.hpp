// What the cluster looks like at one moment: an immutable snapshot. Whoever changes the metadata
// makes a new image and swaps the pointer; readers keep theirs as long as they like.
#pragma once

#include "runtime/base/snapshot_map.hpp"
#include "runtime/config/topic_config.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct broker_metadata {
  node_id id{};
  std::string host;  ///< of the HTTP listener, as clients reach it
  std::uint16_t port = 0;
};

struct partition_metadata {
  partition_id id{};
  node_id leader{};
  leader_epoch epoch{0};
  std::vector<node_id> replicas;
  std::vector<node_id> isr;
};

struct topic_metadata {
  std::string name;
  std::string id;  ///< random, new on every creation (random_uuid)
  topic_config config;
  std::vector<partition_metadata> partitions;  ///< partitions[i].id == i
  bool internal = false;

  std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions.size()); }
};

using topic_ptr = std::shared_ptr<const topic_metadata>;

struct metadata_image {
  std::string cluster_id;
  node_id controller{};
  std::vector<broker_metadata> brokers;
  snapshot_map<topic_ptr> topics;  ///< by name

  /// Null when there is no such topic.
  topic_ptr find(std::string_view topic) const {
    auto i = topics.find(topic);
    return i == topics.end() ? nullptr : i->second;
  }
};

using image_ptr = std::shared_ptr<const metadata_image>;

/// Kafka's rule: 1..249 characters of [a-zA-Z0-9._-], not "." or "..". Error: invalid_topic.
result<void> check_topic_name(std::string_view name);

}  // namespace troupe
