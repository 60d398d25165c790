// What the cluster looks like at one moment: an immutable snapshot. Whoever changes the metadata
// makes a new image and swaps the pointer; readers keep theirs as long as they like.
#pragma once

#include "runtime/base/snapshot_map.hpp"
#include "runtime/base/snapshot_vector.hpp"
#include "runtime/config/topic_config.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct broker_metadata {
  node_id id{};
  std::string host{};  ///< of the HTTP listener, as clients reach it
  std::uint16_t port = 0;
  std::string cluster_host{};  ///< of the listener for other nodes
  std::uint16_t cluster_port = 0;
  std::string rack{};
  std::string incarnation{};  ///< random, new with every start of the process
  std::string directory{};    ///< random, made together with the data directory
  broker_epoch epoch = no_broker_epoch;
  /// Not heard of, or not ready yet: leads nothing and is in sync with nothing (I7).
  bool fenced = false;
  bool shutting_down = false;  ///< in a controlled shutdown; the same holds

  bool is_live() const { return !fenced && !shutting_down; }
  bool operator==(const broker_metadata&) const = default;
};

/// After an unclean election the leader's log may lack records that were committed; it says
/// `recovered` when it has dealt with that, and until then nobody joins it in sync.
enum class leader_recovery : std::uint8_t { recovered = 0, recovering = 1 };

struct partition_metadata {
  partition_id id{};
  node_id leader = no_node;
  leader_epoch epoch{0};
  std::vector<node_id> replicas{};   ///< the first is the preferred leader
  std::vector<node_id> isr{};        ///< in sync; contains the leader
  std::int32_t partition_epoch = 0;  ///< counts the changes of all that is here
  /// Not in sync, but with everything below the high watermark (KIP-966), best choice first.
  std::vector<node_id> elr{};
  /// Were in one of the two until their unsynced data was lost.
  std::vector<node_id> last_known_elr{};
  std::vector<node_id> adding_replicas{};    ///< by the reassignment under way (KIP-455)
  std::vector<node_id> removing_replicas{};  ///< by it, when it ends
  leader_recovery recovery = leader_recovery::recovered;

  bool being_reassigned() const { return !adding_replicas.empty() || !removing_replicas.empty(); }
  bool operator==(const partition_metadata&) const = default;
};

struct topic_metadata {
  std::string name;
  std::string id;  ///< random, new on every creation (random_uuid)
  topic_config config;
  snapshot_vector<partition_metadata> partitions;  ///< partitions[i].id == i
  bool internal = false;

  std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions.size()); }
};

using topic_ptr = std::shared_ptr<const topic_metadata>;

/// Copies are cheap: what is large is shared between them.
struct metadata_image {
  std::string cluster_id;
  node_id controller{};         ///< the active one, as far as known; not part of the metadata log
  offset_t offset = no_offset;  ///< of the last change of the metadata log that is in here
  snapshot_vector<broker_metadata> brokers;  ///< by id
  snapshot_map<topic_ptr> topics;            ///< by name
  snapshot_map<std::string> settings;        ///< of the whole cluster, changed at run time

  /// Null when there is no such topic.
  topic_ptr find(std::string_view topic) const {
    auto i = topics.find(topic);
    return i == topics.end() ? nullptr : i->second;
  }
  /// Null when there is no such broker. Valid as long as the image.
  const broker_metadata* find_broker(node_id id) const;
};

using image_ptr = std::shared_ptr<const metadata_image>;

/// The in-sync replicas without which acks=all is refused and the high watermark stands still
/// (KIP-966): min.insync.replicas, or all replicas when there are fewer.
std::int32_t effective_min_isr(const topic_config& config, std::size_t replicas);

/// Kafka's rule: 1..249 characters of [a-zA-Z0-9._-], not "." or "..". Error: invalid_topic.
result<void> check_topic_name(std::string_view name);

}  // namespace troupe
