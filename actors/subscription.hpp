// The shared tail of a partition: one fetch and one chunk for all subscribers of this node.
#pragma once

#include "actors/messages.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <vector>

namespace troupe {

/// One per partition being tailed. Reads from where the first loop joined, keeps one fetch parked
/// at the partition, and sends each chunk once to every loop that has subscribers; a loop joins at
/// the position the tail has reached. The next chunk is read when every loop has handed on the
/// last one, so nothing piles up. Ends when the last loop leaves, or with the partition.
class subscription final : public subscription_actor::base {
 public:
  /// `on_end` is called on the thread the subscription runs on, before it stops listening.
  subscription(caf::actor_config& config, topic_partition id, partition_actor source,
               std::function<void(caf::actor_id)> on_end);

  const char* name() const override { return "subscription"; }

 protected:
  behavior_type make_behavior() override;

 private:
  struct listener {
    caf::strong_actor_ptr port;
    bool busy = false;  // has a chunk it has not handed on yet
  };

  tail_attached on_attach(const tail_attach& what);
  void on_ack();
  void on_detach();
  std::vector<listener>::iterator sender();
  void fetch();
  void on_fetched(fetch_response& found);
  void send_event(const listener& to, const tail_event& what);
  void end(const outcome& why);

  topic_partition id_;
  partition_actor source_;
  std::function<void(caf::actor_id)> on_end_;
  std::vector<listener> listeners_;
  offset_t position_ = no_offset;
  bool fetching_ = false;
};

}  // namespace troupe
