#include "actors/loop_pool.hpp"

#include "runtime/base/assert.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <pthread.h>

#include <string>

namespace troupe {

namespace {

thread_local loop* current_loop = nullptr;

/// Messages an actor may consume before the others of its loop get their turn.
constexpr std::size_t messages_per_turn = 512;

}  // namespace

loop::~loop() {
  for (auto* job : ready_)
    caf::scheduler::abstract_coordinator::cleanup_and_release(job);
}

loop* loop::current() noexcept { return current_loop; }

void loop::exec_later(caf::resumable* job) {
  if (current_loop != this) {
    boost::asio::post(context_, [this, job] { run_job(job); });
    return;
  }
  ready_.push_back(job);
  if (!drain_posted_) {
    drain_posted_ = true;
    boost::asio::post(context_, [this] { drain(); });
  }
}

void loop::run() {
  current_loop = this;
  pthread_setname_np(pthread_self(), ("loop-" + std::to_string(index_)).c_str());
  context_.run();
  current_loop = nullptr;
}

void loop::drain() {
  // What becomes ready meanwhile waits for the next round, after the sockets that are ready.
  drain_posted_ = false;
  running_.swap(ready_);
  for (auto* job : running_)
    run_job(job);
  running_.clear();
}

void loop::run_job(caf::resumable* job) {
  switch (job->resume(this, messages_per_turn)) {
    case caf::resumable::resume_later: exec_later(job); break;
    case caf::resumable::awaiting_message:
    case caf::resumable::done:
    case caf::resumable::shutdown_execution_unit: caf::intrusive_ptr_release(job); break;
  }
}

loop_pool::loop_pool(std::size_t size) {
  troupe_assert(size > 0);
  for (std::size_t i = 0; i < size; ++i)
    loops_.push_back(std::make_unique<loop>(i));
}

loop_pool::~loop_pool() { stop(); }

void loop_pool::start() {
  troupe_assert(threads_.empty());
  for (auto& each : loops_) {
    guards_.push_back(boost::asio::make_work_guard(each->context()));
    threads_.emplace_back([target = each.get()] { target->run(); });
  }
}

void loop_pool::stop() {
  guards_.clear();
  for (auto& each : loops_)
    each->context().stop();
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
}

}  // namespace troupe
