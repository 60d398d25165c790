// On which brokers the replicas of new partitions go.
#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/controller/plan.hpp"

namespace troupe::controller {

/// Replicas for `count` new partitions, the preferred leader first. Deterministic for a state and a
/// seed. Each replica goes, in this order of importance, to
///
///   a live broker, before one that is fenced or stopping (never as the leader while one is live),
///   a rack that has no replica of the partition yet,
///   a broker that has fewer of these partitions, to lead or at all,
///   a broker that has fewer partitions altogether,
///   chance.
///
/// Errors: invalid_replication_factor when there are fewer brokers, or none is live.
result<std::vector<node_list>> place_replicas(const cluster_state& state, std::int32_t count,
                                              std::int32_t replicas, rng& chance);

}  // namespace troupe::controller
