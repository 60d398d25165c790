// Runs the actors of a system on the asio loops of a pool.
#pragma once

#include "actors/loop_clock.hpp"
#include "actors/loop_pool.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <atomic>

namespace troupe {

/// An actor woken by a message runs on the loop that sent it; one woken from outside the loops
/// runs on the next loop in turn. The pool must outlive the actor system, and its loops must run
/// while the system is destroyed.
class loop_scheduler final : public caf::scheduler::abstract_coordinator {
 public:
  loop_scheduler(caf::actor_system& system, loop_pool& loops);
  ~loop_scheduler() override;

  /// Makes systems built from `config` use `loops`.
  static void load(caf::actor_system_config& config, loop_pool& loops);

  void enqueue(caf::resumable* what) override;
  caf::actor_clock& clock() noexcept override { return clock_; }
  void start() override;
  void stop() override;

 private:
  loop_pool& loops_;
  loop_clock clock_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace troupe
