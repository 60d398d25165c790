// Finds the shared tail of a partition, or starts it.
#pragma once

#include "actors/messages.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <mutex>
#include <unordered_map>

namespace troupe {

/// One per node. Thread-safe.
class tail_hub : public std::enable_shared_from_this<tail_hub> {
 public:
  explicit tail_hub(caf::actor_system& system) : system_(system) {}

  /// The running subscription of `which`, or a new one that reads from `source`. One that is about
  /// to end may be returned; it bounces the request, and asking again finds a new one.
  subscription_actor find_or_start(const topic_partition& which, const partition_actor& source);
  /// Ends all subscriptions and starts no more.
  void stop();

 private:
  void forget(const topic_partition& which, caf::actor_id ended);

  caf::actor_system& system_;
  std::mutex mutex_;
  std::unordered_map<topic_partition, subscription_actor> running_;
};

}  // namespace troupe
