// What brokers and operators ask of the active controller, what it asks of brokers, and the
// answers: plain structs, as in requests.hpp. A node that is not the active controller answers
// everything here with not_controller.
#pragma once

#include "runtime/metadata/image.hpp"
#include "runtime/protocol/requests.hpp"

namespace troupe {

/// Version of the messages between nodes. A node with one outside [oldest, current] is refused.
inline constexpr std::int32_t cluster_protocol_version = 1;
inline constexpr std::int32_t cluster_protocol_oldest = 1;

// -- brokers: registration and heartbeats ---------------------------------------

/// A process takes its place as the broker of its node id (KIP-631).
struct register_broker_request {
  std::string cluster_id;
  std::int32_t protocol_version = cluster_protocol_version;
  /// Who it is and where; epoch, fenced and shutting_down are not looked at.
  broker_metadata broker;
  /// Under which it stopped, if that was after a complete flush; else no_broker_epoch, and what it
  /// had not synced counts as lost (KIP-966). The note on disk that says so must be gone, durably,
  /// before the first append after the registration.
  broker_epoch previous_epoch = no_broker_epoch;
};

struct register_broker_response {
  outcome result;
  broker_epoch epoch = no_broker_epoch;
};

/// Every two seconds from every broker.
struct broker_heartbeat_request {
  node_id broker{};
  broker_epoch epoch = no_broker_epoch;
  offset_t metadata_offset = no_offset;  ///< up to which it follows the metadata log
  bool wants_fence = false;              ///< is not ready to serve
  bool wants_shutdown = false;           ///< asks to be relieved of its partitions
};

struct broker_heartbeat_response {
  outcome result;
  bool caught_up = false;  ///< has seen its own registration
  bool fenced = true;
  bool should_shut_down = false;  ///< nothing is led here any more, and the others know
};

/// An administrator removes a broker that will not come back.
struct unregister_broker_request {
  node_id broker{};
};
struct unregister_broker_response {
  outcome result;
};

// -- leaders: in-sync replicas ----------------------------------------------------

struct replica_state {
  node_id broker{};
  broker_epoch epoch = no_broker_epoch;  ///< of its last fetch; the leader's own
};

/// A leader asks for other in-sync replicas (KIP-497, KIP-841, KIP-903). One at a time for each
/// partition.
struct alter_partition_request {
  node_id broker{};
  broker_epoch epoch = no_broker_epoch;
  std::string topic_id;
  partition_id partition{};
  leader_epoch known_leader_epoch{0};
  std::int32_t partition_epoch = 0;  ///< the newest it knows
  std::vector<replica_state> isr;    ///< with itself
  leader_recovery recovery = leader_recovery::recovered;
};

/// Not ok: none of the fields below counts. What a leader does then: rule R14.
struct alter_partition_response {
  outcome result;
  node_id leader = no_node;
  leader_epoch epoch{0};
  std::int32_t partition_epoch = 0;
  std::vector<node_id> isr;
  leader_recovery recovery = leader_recovery::recovered;
};

/// A broker cannot serve these replicas: a disk failed, or what is on it is damaged. They leave the
/// in-sync and the eligible replicas and come back by fetching what they lack.
struct failed_replicas_request {
  node_id broker{};
  broker_epoch epoch = no_broker_epoch;
  std::vector<topic_partition> replicas;
};
struct failed_replicas_response {
  outcome result;
};

/// Controller to broker: how far do these logs reach? (KIP-966, unclean recovery)
struct log_ends_request {
  std::vector<topic_partition> replicas;
};
struct log_end {
  topic_partition replica;
  leader_epoch known_leader_epoch{0};  ///< in the metadata the broker acts upon
  leader_epoch last_epoch{no_epoch};   ///< of its last batch
  offset_t end = 0;
};
/// Replicas that are not there or cannot be read are left out.
struct log_ends_response {
  outcome result;
  node_id broker{};
  broker_epoch epoch = no_broker_epoch;
  std::vector<log_end> ends;
};

/// A broker noticed that another one's connection was reset and a new one refused. Only makes the
/// controller look itself.
struct suspect_broker_request {
  node_id suspect{};
};

// -- operators ----------------------------------------------------------------------

struct partition_result {
  topic_partition target;
  outcome result;
};

enum class election_type : std::uint8_t { preferred = 0, unclean = 1 };

struct elect_leaders_request {
  election_type type = election_type::preferred;
  std::vector<topic_partition> partitions;  ///< empty: all that need it
};
/// With type unclean, ok means that it has begun: the live replicas are asked for their logs first.
struct elect_leaders_response {
  outcome result;
  std::vector<partition_result> results;  ///< asked for all: only those with a change or a failure
};

struct partition_reassignment {
  topic_partition target;
  std::vector<node_id> replicas;  ///< wanted; empty: cancel the one under way
};
/// Each partition succeeds or fails for itself (KIP-455).
struct alter_reassignments_request {
  std::vector<partition_reassignment> reassignments;
};
struct alter_reassignments_response {
  outcome result;
  std::vector<partition_result> results;
};

struct list_reassignments_request {
  std::vector<topic_partition> partitions;  ///< empty: all
};
struct ongoing_reassignment {
  topic_partition target;
  std::vector<node_id> replicas;  ///< all, with those below
  std::vector<node_id> adding;
  std::vector<node_id> removing;
  std::vector<node_id> in_sync;  ///< of those that are added: they have caught up
};
struct list_reassignments_response {
  outcome result;
  std::vector<ongoing_reassignment> reassignments;
};

/// Settings of the whole cluster; a value of "" resets.
struct alter_settings_request {
  std::map<std::string, std::string> settings;
  bool validate_only = false;
};
struct alter_settings_response {
  outcome result;
};

// clang-format off
template <class I> auto inspect(I& f, broker_metadata& x) { return f(x.id, x.host, x.port, x.cluster_host, x.cluster_port, x.rack, x.incarnation, x.directory, x.epoch, x.fenced, x.shutting_down); }
template <class I> auto inspect(I& f, register_broker_request& x) { return f(x.cluster_id, x.protocol_version, x.broker, x.previous_epoch); }
template <class I> auto inspect(I& f, register_broker_response& x) { return f(x.result, x.epoch); }
template <class I> auto inspect(I& f, broker_heartbeat_request& x) { return f(x.broker, x.epoch, x.metadata_offset, x.wants_fence, x.wants_shutdown); }
template <class I> auto inspect(I& f, broker_heartbeat_response& x) { return f(x.result, x.caught_up, x.fenced, x.should_shut_down); }
template <class I> auto inspect(I& f, unregister_broker_request& x) { return f(x.broker); }
template <class I> auto inspect(I& f, unregister_broker_response& x) { return f(x.result); }
template <class I> auto inspect(I& f, replica_state& x) { return f(x.broker, x.epoch); }
template <class I> auto inspect(I& f, alter_partition_request& x) { return f(x.broker, x.epoch, x.topic_id, x.partition, x.known_leader_epoch, x.partition_epoch, x.isr, x.recovery); }
template <class I> auto inspect(I& f, alter_partition_response& x) { return inspect_nodes(f, [&](auto& isr) { return f(x.result, x.leader, x.epoch, x.partition_epoch, isr, x.recovery); }, x.isr); }
template <class I> auto inspect(I& f, failed_replicas_request& x) { return f(x.broker, x.epoch, x.replicas); }
template <class I> auto inspect(I& f, failed_replicas_response& x) { return f(x.result); }
template <class I> auto inspect(I& f, log_ends_request& x) { return f(x.replicas); }
template <class I> auto inspect(I& f, log_end& x) { return f(x.replica, x.known_leader_epoch, x.last_epoch, x.end); }
template <class I> auto inspect(I& f, log_ends_response& x) { return f(x.result, x.broker, x.epoch, x.ends); }
template <class I> auto inspect(I& f, suspect_broker_request& x) { return f(x.suspect); }
template <class I> auto inspect(I& f, partition_result& x) { return f(x.target, x.result); }
template <class I> auto inspect(I& f, elect_leaders_request& x) { return f(x.type, x.partitions); }
template <class I> auto inspect(I& f, elect_leaders_response& x) { return f(x.result, x.results); }
template <class I> auto inspect(I& f, partition_reassignment& x) { return inspect_nodes(f, [&](auto& replicas) { return f(x.target, replicas); }, x.replicas); }
template <class I> auto inspect(I& f, alter_reassignments_request& x) { return f(x.reassignments); }
template <class I> auto inspect(I& f, alter_reassignments_response& x) { return f(x.result, x.results); }
template <class I> auto inspect(I& f, list_reassignments_request& x) { return f(x.partitions); }
template <class I> auto inspect(I& f, ongoing_reassignment& x) { return inspect_nodes(f, [&](auto&... lists) { return f(x.target, lists...); }, x.replicas, x.adding, x.removing, x.in_sync); }
template <class I> auto inspect(I& f, list_reassignments_response& x) { return f(x.result, x.reassignments); }
template <class I> auto inspect(I& f, alter_settings_request& x) { return f(x.settings, x.validate_only); }
template <class I> auto inspect(I& f, alter_settings_response& x) { return f(x.result); }
// clang-format on

}  // namespace troupe
