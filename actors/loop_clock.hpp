// Delayed messages of actors, kept by the loop that asked for them.
#pragma once

#include "actors/loop_pool.hpp"

#include <caf/actor_clock.hpp>

#include <memory>
#include <vector>

namespace troupe {

/// An actor clock with one schedule and one timer per loop. A message asked for on a loop is sent
/// by the same loop, so it wakes no other thread; threads that are no loop use the first one.
/// Timers are rounded up to a grid, so that many short delays cost few wakes. Thread-safe.
class loop_clock final : public caf::actor_clock {
 public:
  /// The pool must outlive the clock.
  explicit loop_clock(loop_pool& loops);
  ~loop_clock() override;

  /// Drops the timers; call on no loop, with the loops still running.
  void stop();

  void set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                            uint64_t id) override;
  void set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                         uint64_t id) override;
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

 private:
  class shard;

  shard& here();

  std::vector<std::shared_ptr<shard>> shards_;
};

}  // namespace troupe
