// The records of the metadata log. What the controller decides is a batch of them, one entry of the
// Raft log, applied as a whole or not at all; replaying all batches in order gives the state of the
// cluster at every replica (cluster_state.hpp).
//
//   batch  := version:i16 count:i32 record*         (integers big endian; a CRC is the log's)
//   record := kind:u8 content                       (kind: place in the variant below)
//   string := length:i32 bytes      list := count:i32 element*      flag := u8
//
// The contents are in record_format.cpp, field by field in the order below. A kind or a version
// that is not known stops the replica: to skip a record is to have another state than the others.
#pragma once

#include "runtime/metadata/image.hpp"

#include <map>
#include <optional>
#include <variant>

namespace troupe::controller {

/// Changes nothing. A new controller writes one to learn that it still is one.
struct no_op {
  bool operator==(const no_op&) const = default;
};

/// The first record of a cluster.
struct cluster_founded {
  std::string cluster_id;
  std::int32_t version = 0;  ///< of the protocol between nodes

  bool operator==(const cluster_founded&) const = default;
};

/// A broker takes its place, fenced. With no_broker_epoch its epoch is the offset of this record;
/// the records of a snapshot carry their epoch.
struct broker_registered {
  broker_metadata broker;

  bool operator==(const broker_registered&) const = default;
};

struct broker_changed {
  node_id id{};
  broker_epoch epoch = no_broker_epoch;  ///< of whom it is meant for
  std::optional<bool> fenced;
  std::optional<bool> shutting_down;

  bool operator==(const broker_changed&) const = default;
};

struct broker_unregistered {
  node_id id{};

  bool operator==(const broker_unregistered&) const = default;
};

struct topic_created {
  std::string name;
  std::string id;
  bool internal = false;
  std::map<std::string, std::string> config;  ///< what is set
  std::vector<partition_metadata> partitions;

  bool operator==(const topic_created&) const = default;
};

struct topic_deleted {
  std::string id;

  bool operator==(const topic_deleted&) const = default;
};

struct partitions_created {
  std::string topic_id;
  std::vector<partition_metadata> partitions;  ///< numbered on from those that are there

  bool operator==(const partitions_created&) const = default;
};

/// What is not given stays. Each one raises the partition epoch by one.
struct partition_changed {
  std::string topic_id;
  partition_id partition{};
  std::optional<node_id> leader;  ///< given, be it the same: a new leader epoch begins
  std::optional<std::vector<node_id>> isr;
  std::optional<std::vector<node_id>> elr;
  std::optional<std::vector<node_id>> last_known_elr;
  std::optional<std::vector<node_id>> replicas;
  std::optional<std::vector<node_id>> adding;
  std::optional<std::vector<node_id>> removing;
  std::optional<leader_recovery> recovery;

  bool operator==(const partition_changed&) const = default;
};

/// `config` replaces what is set for the topic.
struct configs_altered {
  std::string topic_id;
  std::map<std::string, std::string> config;

  bool operator==(const configs_altered&) const = default;
};

/// One setting of the whole cluster; empty: back to its default.
struct setting_altered {
  std::string name;
  std::string value;

  bool operator==(const setting_altered&) const = default;
};

using record = std::variant<no_op, cluster_founded, broker_registered, broker_changed,
                            broker_unregistered, topic_created, topic_deleted, partitions_created,
                            partition_changed, configs_altered, setting_altered>;
using records = std::vector<record>;

inline constexpr std::int16_t record_batch_version = 1;

bytes encode_records(std::span<const record> batch);
/// Errors: damaged_data, unsupported_format (written by a newer version).
result<records> decode_records(byte_view batch);

}  // namespace troupe::controller
