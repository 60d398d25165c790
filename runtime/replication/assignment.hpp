// One partition as the cluster's metadata has it, reduced to what its replicas act upon. Whoever
// follows the metadata makes it from an image.
#pragma once

#include "runtime/base/types.hpp"

#include <algorithm>
#include <vector>

namespace troupe {

/// A replica and the process that hosts it at the moment.
struct assigned_replica {
  node_id id{};
  /// Of its present registration; -1 while it has none.
  std::int64_t broker_epoch = -1;
  /// Neither fenced nor about to shut down: it may join the in-sync replicas.
  bool eligible = true;

  bool operator==(const assigned_replica&) const = default;
};

struct partition_assignment {
  node_id leader = no_node;
  leader_epoch epoch{0};
  /// Counts the changes of the partition; grows with every one of them (KIP-497).
  std::int32_t partition_epoch = 0;
  std::vector<assigned_replica> replicas{};
  std::vector<node_id> isr{};
  std::int32_t min_isr = 1;  ///< min.insync.replicas, as configured

  /// Null when it is not assigned.
  const assigned_replica* find(node_id id) const {
    auto i = std::find_if(replicas.begin(), replicas.end(),
                          [id](const assigned_replica& x) { return x.id == id; });
    return i == replicas.end() ? nullptr : &*i;
  }
};

/// A partition of one replica, as on a broker that is alone.
inline partition_assignment sole_replica(node_id self = node_id{0}, leader_epoch epoch = {}) {
  return {
      .leader = self, .epoch = epoch, .replicas = {{.id = self, .broker_epoch = 0}}, .isr = {self}};
}

inline bool contains(const std::vector<node_id>& set, node_id id) {
  return std::find(set.begin(), set.end(), id) != set.end();
}

}  // namespace troupe
