#include "actors/loop_scheduler.hpp"

#include <boost/asio/post.hpp>
#include <caf/logger.hpp>

#include <future>

namespace troupe {

loop_scheduler::loop_scheduler(caf::actor_system& system, loop_pool& loops)
    : abstract_coordinator(system), loops_(loops), clock_(loops) {
  for (std::size_t i = 0; i < loops_.size(); ++i)
    loops_.at(i).set_system(&system);
}

loop_scheduler::~loop_scheduler() = default;

void loop_scheduler::load(caf::actor_system_config& config, loop_pool& loops) {
  config.module_factories.emplace_back([&loops](caf::actor_system& system) {
    return static_cast<caf::actor_system::module*>(new loop_scheduler(system, loops));
  });
}

void loop_scheduler::enqueue(caf::resumable* what) {
  auto* here = loop::current();
  if (here == nullptr || !loops_.owns(*here))
    here = &loops_.at(turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size());
  here->exec_later(what);
}

void loop_scheduler::start() { abstract_coordinator::start(); }

void loop_scheduler::stop() {
  stop_actors();
  clock_.stop();
  // The last actors count as gone before their clean-up has ended, and that still uses the system:
  // it must not be destroyed before every loop has finished what it was doing.
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (loop::current() == &loops_.at(i))
      continue;
    std::promise<void> passed;
    boost::asio::post(loops_.context(i), [&passed] {
      // Kept by every thread that has spawned an actor; the destructor of the system waits for it.
      caf::logger::set_current_actor_system(nullptr);
      passed.set_value();
    });
    passed.get_future().wait();
  }
}

}  // namespace troupe
