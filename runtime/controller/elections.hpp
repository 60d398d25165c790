// Who leads, on request and by itself: preferred leaders. Elections because a leader is gone are
// made where it goes (brokers.hpp); unclean ones in recovery.hpp.
#pragma once

#include "runtime/controller/plan.hpp"
#include "runtime/protocol/cluster_requests.hpp"

namespace troupe::controller {

/// The partition, or unknown_topic or unknown_partition.
result<std::pair<topic_ptr, const partition_metadata*>> find_partition(const metadata_image& image,
                                                                       const topic_partition& id);

/// Preferred leaders take over where they are in sync. Each partition by itself:
/// preferred_leader_not_available, election_not_needed, unknown_topic, unknown_partition.
/// REQUIRES type preferred.
decision<elect_leaders_response> plan_preferred_election(const cluster_state& state,
                                                         const elect_leaders_request& what);

struct balance_options {
  /// Share of its partitions, in percent, that a broker may not lead without anything being done.
  std::int32_t imbalance_percent = 10;
  /// Elections of one batch.
  std::size_t elections_max = 1'000;
};

/// The automatic check: for brokers that lead too few of the partitions they are to lead.
changes plan_balance(const cluster_state& state, const balance_options& how = {});

}  // namespace troupe::controller
