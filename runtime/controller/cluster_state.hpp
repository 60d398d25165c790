// The state of the cluster: what the records of the metadata log come to. Every replica that
// applies the same batches has the same state. Copies are cheap, so the active controller keeps
// two: what is committed, and that with what it has proposed since.
#pragma once

#include "runtime/controller/records.hpp"

namespace troupe::controller {

/// How much a broker has to carry.
struct broker_load {
  std::int64_t replicas = 0;
  std::int64_t preferred = 0;  ///< partitions it is to lead

  bool operator==(const broker_load&) const = default;
};

/// A value, owned by whoever holds it. Invariants: brokers are in the order of their ids; loads()
/// counts the replicas of the image; checks that need both are in invariants.hpp.
class cluster_state {
 public:
  /// Of the last batch that was applied.
  offset_t offset() const { return image_.offset; }
  /// As of now; changes with the next apply().
  const metadata_image& image() const { return image_; }
  /// The same to keep and to hand out.
  image_ptr share(node_id active_controller) const;

  topic_ptr find_topic(std::string_view id) const;
  std::int64_t partitions() const { return partitions_; }
  const std::map<node_id, broker_load>& loads() const { return loads_; }
  std::int32_t version() const { return version_; }

  /// All of the batch, or nothing and damaged_data when it does not fit this state, which what was
  /// planned against it always does. REQUIRES at > offset().
  result<void> apply(offset_t at, std::span<const record> batch);

 private:
  friend class record_applier;

  metadata_image image_;
  snapshot_map<std::string> names_;  // of the topics, by id
  std::map<node_id, broker_load> loads_;
  std::int64_t partitions_ = 0;
  std::int32_t version_ = 0;
};

/// The whole state as a file's content: magic:8 "TRPCTRL\n" offset:i64 batch, where the batch makes
/// the state out of an empty one.
bytes encode_snapshot(const cluster_state& state);
/// Errors: damaged_data, unsupported_format.
result<cluster_state> decode_snapshot(byte_view data);

}  // namespace troupe::controller
