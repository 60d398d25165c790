// Topics of a cluster: created, deleted, grown and configured. With validate_only the same errors,
// and no changes.
#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/controller/plan.hpp"
#include "runtime/protocol/cluster_requests.hpp"

namespace troupe::controller {

/// What a topic gets when its creation does not say. Written into its settings, so that a later
/// change of a default changes no topic.
struct cluster_defaults {
  std::int32_t partitions = 1;
  flush_policy flush = flush_policy::fsync;
  std::int16_t replication_factor = 3;  ///< or as many as there are brokers
  /// min.insync.replicas of topics with three or more replicas.
  std::int32_t min_insync_replicas = 2;
};

/// Errors: invalid_topic, topic_exists, invalid_partitions, invalid_replication_factor,
/// invalid_replica_assignment, invalid_config, policy_violation.
result<changes> plan_topic_creation(const cluster_state& state, const create_topic_request& what,
                                    const cluster_defaults& defaults, rng& chance);
/// Errors: unknown_topic.
result<changes> plan_topic_deletion(const cluster_state& state, const delete_topic_request& what);
/// New partitions get as many replicas as the topic's first has. Errors: unknown_topic,
/// invalid_partitions, invalid_replication_factor, invalid_replica_assignment, policy_violation.
result<changes> plan_more_partitions(const cluster_state& state,
                                     const create_partitions_request& what, rng& chance);
/// A lower min.insync.replicas can make the in-sync replicas enough again: the eligible ones go in
/// the same batch (I7). Errors: unknown_topic, invalid_config.
result<changes> plan_topic_alteration(const cluster_state& state, const alter_topic_request& what);

/// One row of the settings of the whole cluster.
struct cluster_setting_info {
  std::string_view name;
  std::string_view default_value;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view meaning;
};
std::span<const cluster_setting_info> cluster_setting_table();
/// Errors: invalid_config.
result<changes> plan_settings(const cluster_state& state, const alter_settings_request& what);

}  // namespace troupe::controller
