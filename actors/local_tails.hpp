// The subscribers of one loop at the tails of partitions.
#pragma once

#include "actors/request_port.hpp"
#include "actors/tail_hub.hpp"

#include <unordered_map>

namespace troupe {

/// Joins this loop to the subscription of a partition when the first sink attaches and leaves when
/// the last one has gone. Hands each chunk to all sinks that are attached at that moment; a sink
/// that is detached, or gone, is never called again. Used only on its loop.
class local_tails {
 public:
  local_tails(request_port& port, std::shared_ptr<tail_hub> hub);

  void attach(const topic_partition& which, const partition_actor& source, offset_t from,
              std::weak_ptr<tail_sink> sink, callback<void(tail_position)> then);
  void detach(const topic_partition& which, const tail_sink* sink);
  /// Tells every sink that its tail has ended.
  void close(const error& why);

 private:
  struct attached_sink {
    std::weak_ptr<tail_sink> sink;
    const tail_sink* key = nullptr;  // null once detached
  };
  /// Ahead of the tail as this loop knows it: a chunk is on its way.
  struct waiting_sink {
    attached_sink who;
    offset_t from = 0;
    callback<void(tail_position)> then;
  };
  struct tail {
    topic_partition id;
    partition_actor source;
    subscription_actor subscription;
    bool running = false;  // the subscription has told its position
    bool retried = false;
    offset_t position = no_offset;
    std::vector<attached_sink> sinks;
    std::vector<waiting_sink> waiting;
  };
  using tail_ptr = std::shared_ptr<tail>;

  void join(const tail_ptr& x, offset_t from);
  void on_joined(const tail_ptr& x, offset_t from, const tail_attached& answer);
  void on_event(tail_event& what);
  void deliver(tail& x, const std::shared_ptr<const tail_chunk>& chunk);
  void settle(tail& x, bool nothing_new);
  void leave_if_unused(const tail_ptr& x);
  void end(const tail_ptr& x, const error& why);

  request_port& port_;
  std::shared_ptr<tail_hub> hub_;
  std::unordered_map<topic_partition, tail_ptr> tails_;
};

}  // namespace troupe
