// What the actors of a node and its gateways see of each other without sending a message.
#pragma once

#include "actors/messages.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/env/env.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace troupe {

/// Written by the partition, read by whoever asks for status and metrics.
struct partition_gauges {
  std::atomic<offset_t> log_start{0};
  std::atomic<offset_t> high_watermark{0};
  std::atomic<offset_t> log_end{0};
  std::atomic<std::uint64_t> size_bytes{0};
  std::atomic<std::uint32_t> segments{0};
  std::atomic<bool> online{true};
};

/// A partition as gateways reach it. The actor may be on another node.
struct partition_ref {
  partition_actor actor;
  std::shared_ptr<partition_gauges> gauges;
};

using topic_partitions = std::shared_ptr<const std::vector<partition_ref>>;

/// The metadata image together with the partitions it names. Immutable.
struct node_view {
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view x) const { return std::hash<std::string_view>{}(x); }
  };

  image_ptr image;
  std::unordered_map<std::string, topic_partitions, text_hash, std::equal_to<>> topics;

  /// Null when the topic or the partition does not exist.
  const partition_ref* find(const topic_partition& which) const;
};

using view_ptr = std::shared_ptr<const node_view>;

/// Thread-safe. One per node; outlives its actors.
class node_state {
 public:
  node_state(node_id self, std::string data_directory, env& files, const clock& time);

  const node_id self;
  const std::string data_directory;
  env& files;
  const clock& time;

  /// The newest view; its version grows with every publish, so that a loop may keep a copy.
  view_ptr view() const { return view_.load(std::memory_order_acquire); }
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  void publish(view_ptr next);
  /// Drops the handles of all actors; REQUIRES that nobody asks for the view any more.
  void forget_actors();

  /// Produce is refused for now. Set by the broker with hysteresis.
  std::atomic<bool> disk_full{false};
  /// The data directory is out of service for good. Set by the flusher or the broker.
  std::atomic<bool> failed{false};
  std::atomic<bool> recovered{false};
  std::atomic<bool> stopping{false};

  void fail(std::string why);
  void set_space(disk_space x);
  broker_status status() const;

 private:
  std::atomic<view_ptr> view_;
  std::atomic<std::uint64_t> version_{0};
  mutable std::mutex mutex_;
  std::string failure_;
  disk_space space_;
};

}  // namespace troupe
