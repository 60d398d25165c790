// Which partitions are not as they should be: for operators, metrics and the checks of a test.
#pragma once

#include "runtime/metadata/image.hpp"

namespace troupe::controller {

/// Fewer in sync than replicas, those not counted that a reassignment adds.
bool is_under_replicated(const partition_metadata& x);
bool is_under_min_isr(const topic_metadata& topic, const partition_metadata& x);
bool is_at_min_isr(const topic_metadata& topic, const partition_metadata& x);
inline bool is_offline(const partition_metadata& x) { return x.leader == no_node; }

enum class partition_problem : std::uint8_t {
  under_replicated,
  under_min_isr,
  at_min_isr,
  offline
};

/// At most `most` of them.
std::vector<topic_partition> list_partitions(const metadata_image& image, partition_problem what,
                                             std::size_t most = SIZE_MAX);

struct cluster_health {
  std::size_t partitions = 0;
  std::size_t under_replicated = 0;
  std::size_t under_min_isr = 0;
  std::size_t at_min_isr = 0;
  std::size_t offline = 0;
  std::size_t not_preferred = 0;  ///< led by another than the preferred leader
  std::size_t reassigned = 0;
  std::size_t fenced_brokers = 0;
  std::size_t live_brokers = 0;
};
cluster_health health_of(const metadata_image& image);

/// What must hold of every state of a cluster, broken sentences first: empty when all does.
///
///   brokers and partitions in order; replicas, ISR and ELR without repetition; ISR, ELR, last
///   known ELR and adding, removing are replicas; ISR and ELR disjoint; fenced or stopping brokers
///   in no ISR; with |ISR| >= minimum no ELR (I7); the leader in the ISR; no leader only when the
///   ISR is empty and no eligible replica is live; while recovering nobody beside the leader in the
///   ISR
std::vector<std::string> broken_invariants(const metadata_image& image);

}  // namespace troupe::controller
