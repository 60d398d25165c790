// The one place where a partition's replicas, in-sync and eligible replicas and leader are decided.
// Every decision says what it wishes; the rules below make the rest of it.
//
//   in sync     live replicas only (I7)
//   eligible    who leaves the in-sync replicas when fewer than the minimum are left, until there
//               are enough again (KIP-966, R16); disjoint from the in-sync ones
//   leader      stays while it is in sync and live; else the first in-sync replica in the order of
//               the assignment; else the first live eligible one, then alone in sync; else none
//               (R17)
//   reassigned  ends when all that are added are in sync and enough in-sync replicas stay (KIP-455)
//   epoch       a new leader epoch begins with every election and when replicas are removed
#pragma once

#include "runtime/controller/plan.hpp"

namespace troupe::controller {

/// What shall become of a partition; what is not said stays.
struct partition_wish {
  std::optional<node_list> isr;
  std::optional<node_list> replicas;
  std::optional<node_list> adding;
  std::optional<node_list> removing;
  std::optional<leader_recovery> recovery;
  /// What these had not synced is lost: neither in sync nor eligible, but remembered (R18).
  node_list lost;
  /// All that these had is lost: not even remembered.
  node_list emptied;
  /// Eligible, but the last choice.
  node_list doubtful;
  /// The first replica leads if it is in sync and live.
  bool prefer_first = false;
  /// Leads alone, whatever was in sync before: kinds recovered and unclean.
  std::optional<std::pair<node_id, election_kind>> appoint;
};

struct partition_step {
  partition_changed change;
  std::optional<election_kind> elected;  ///< when the leader is another one (and is one)
};

/// Nothing when nothing changes. `topic` gives id and min.insync.replicas.
std::optional<partition_step> plan_partition(const topic_metadata& topic,
                                             const partition_metadata& now,
                                             const live_brokers& live, const partition_wish& wish);

/// Adds the step, if there is one, to `to`.
void add_partition(changes& to, const topic_metadata& topic, const partition_metadata& now,
                   const live_brokers& live, const partition_wish& wish);

}  // namespace troupe::controller
