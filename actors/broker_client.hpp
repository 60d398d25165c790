// The only door for gateways. A gateway asks here for topics, records and offsets; that the answer
// comes from actors, here or on another node, stays behind this page.
//
// One broker_client per asio loop, used only on that loop's thread. Every request's callback is
// called exactly once, on the same loop, never from inside the call, at the latest shortly after
// the deadline of the request. A gateway that is gone by then has made its callback harmless.
#pragma once

#include "runtime/base/callback.hpp"
#include "runtime/metadata/image.hpp"
#include "runtime/protocol/requests.hpp"

#include <array>
#include <atomic>
#include <memory>

namespace troupe {

/// What the newest records of a tailed partition are turned into, once for all subscribers.
/// Called on any loop; must be thread-safe and must not throw. Null: not representable.
using tail_encoder = std::shared_ptr<const bytes> (*)(const topic_partition& source,
                                                      byte_view batches, offset_t from);
/// How many encodings a gateway may share per chunk (the WebSocket formats).
inline constexpr std::size_t tail_encodings = 4;

/// A run of new batches of one partition, delivered to all its subscribers at the tail.
/// Immutable but for the encodings, which are made once, on first demand, by whoever asks first.
class tail_chunk {
 public:
  tail_chunk(topic_partition source, bytes batches, offset_t first, offset_t next)
      : source_(std::move(source)), batches_(std::move(batches)), first_(first), next_(next) {}

  const topic_partition& source() const { return source_; }
  byte_view batches() const { return batches_; }
  offset_t first_offset() const { return first_; }  ///< where the tail was before it
  offset_t next_offset() const { return next_; }    ///< where it is after it

  /// The chunk from first_offset() on, encoded by `encoder`; the same object for every caller
  /// with the same `slot`. Thread-safe.
  std::shared_ptr<const bytes> encoded(std::size_t slot, tail_encoder encoder) const;

 private:
  topic_partition source_;
  bytes batches_;
  offset_t first_;
  offset_t next_;
  mutable std::array<std::atomic<std::shared_ptr<const bytes>>, tail_encodings> slots_{};
};

/// A subscriber of a partition's tail. Held weakly by the broker; lives on one loop.
class tail_sink {
 public:
  virtual ~tail_sink() = default;
  /// New records, in order, without gaps from the attached offset on.
  virtual void on_tail(const std::shared_ptr<const tail_chunk>& chunk) = 0;
  /// The tail has ended (the topic was deleted, storage failed, shutdown). Detached.
  virtual void on_tail_end(const error& why) = 0;
};

/// Answer to attach_tail: attached, or the tail is already further and the subscriber must read
/// the log up to `tail` first.
struct tail_position {
  outcome result;
  bool attached = false;
  offset_t tail = no_offset;
};

/// Sampled at the moment of asking; for /metrics, listings and readiness.
struct partition_status {
  topic_partition id;
  offset_t log_start = 0;
  offset_t high_watermark = 0;
  offset_t log_end = 0;
  std::uint64_t size_bytes = 0;
  std::uint32_t segments = 0;
  bool online = true;
};

struct broker_status {
  bool ready = false;      ///< recovered and not stopping
  bool disk_full = false;  ///< produce is refused
  bool failed = false;     ///< the data directory is out of service
  std::string reason;      ///< why not ready, for people
  disk_space space;
};

class broker_client {
 public:
  virtual ~broker_client() = default;

  /// The newest image this broker has. Cheap: no message is sent.
  virtual image_ptr metadata() = 0;
  /// This node.
  virtual node_id self() const = 0;
  virtual broker_status status() = 0;
  virtual std::vector<partition_status> partitions() = 0;

  virtual void produce(produce_request what, callback<void(produce_response)> then) = 0;
  virtual void fetch(fetch_request what, callback<void(fetch_response)> then) = 0;
  virtual void list_offsets(list_offsets_request what,
                            callback<void(list_offsets_response)> then) = 0;
  virtual void delete_records(delete_records_request what,
                              callback<void(delete_records_response)> then) = 0;

  virtual void create_topic(create_topic_request what, callback<void(topic_response)> then) = 0;
  virtual void delete_topic(delete_topic_request what, callback<void(topic_response)> then) = 0;
  virtual void create_partitions(create_partitions_request what,
                                 callback<void(topic_response)> then) = 0;
  virtual void alter_topic(alter_topic_request what, callback<void(topic_response)> then) = 0;

  /// Joins the shared tail of a partition at `from`, which should be its high watermark as the
  /// last fetch told it.
  virtual void attach_tail(const topic_partition& which, offset_t from,
                           std::weak_ptr<tail_sink> sink, callback<void(tail_position)> then) = 0;
  /// No more on_tail for `sink` from this partition once this returns.
  virtual void detach_tail(const topic_partition& which, const tail_sink* sink) = 0;
};

}  // namespace troupe
