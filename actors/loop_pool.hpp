// The threads of a node: each runs one asio loop, and on it sockets as well as actors.
#pragma once

#include <boost/asio/io_context.hpp>
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace troupe {

/// One asio loop that is also an execution unit of the actor system. An actor made ready on its
/// thread waits in a queue of the loop that one posted handler empties, so waking an actor costs
/// a push_back and wakes no thread. Owned by a loop_pool.
class loop final : public caf::execution_unit {
 public:
  explicit loop(std::size_t index) : index_(index) {}
  ~loop() override;

  std::size_t index() const { return index_; }
  boost::asio::io_context& context() { return context_; }

  /// Takes one reference of `job`. Thread-safe; from another thread it costs a post.
  void exec_later(caf::resumable* job) override;
  /// REQUIRES that no job was given yet. Null when the system is gone.
  void set_system(caf::actor_system* system) { system_ = system; }

  /// The loop whose thread is running, or null.
  static loop* current() noexcept;

 private:
  friend class loop_pool;

  void run();
  void drain();
  void run_job(caf::resumable* job);

  std::size_t index_;
  boost::asio::io_context context_{1};
  // Of the loop's thread only.
  std::vector<caf::resumable*> ready_;
  std::vector<caf::resumable*> running_;
  bool drain_posted_ = false;
};

/// Owns loops and threads. Created before and destroyed after the actor system that uses it; what
/// was posted to a loop and not run is dropped by the destructor.
class loop_pool {
 public:
  /// REQUIRES size > 0.
  explicit loop_pool(std::size_t size);
  ~loop_pool();

  std::size_t size() const { return loops_.size(); }
  loop& at(std::size_t i) { return *loops_[i]; }
  bool owns(const loop& x) const {
    return x.index() < loops_.size() && loops_[x.index()].get() == &x;
  }
  boost::asio::io_context& context(std::size_t i) { return loops_[i]->context(); }

  void start();
  /// Ends the threads after the handler each is in; joins them. Not from a loop. Idempotent.
  void stop();

 private:
  using work_guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  std::vector<std::unique_ptr<loop>> loops_;
  std::vector<work_guard> guards_;
  std::vector<std::thread> threads_;
};

}  // namespace troupe
