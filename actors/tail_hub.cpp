#include "actors/tail_hub.hpp"

#include "actors/subscription.hpp"

#include <caf/send.hpp>

namespace troupe {

subscription_actor tail_hub::find_or_start(const topic_partition& which,
                                           const partition_actor& source) {
  std::lock_guard guard{mutex_};
  auto i = running_.find(which);
  if (i != running_.end())
    return i->second;
  auto on_end = [weak = weak_from_this(), which](caf::actor_id ended) {
    if (auto self = weak.lock())
      self->forget(which, ended);
  };
  auto started = system_.spawn<subscription>(which, source, std::move(on_end));
  running_.emplace(which, started);
  return started;
}

void tail_hub::forget(const topic_partition& which, caf::actor_id ended) {
  std::lock_guard guard{mutex_};
  auto i = running_.find(which);
  if (i != running_.end() && i->second->id() == ended)
    running_.erase(i);
}

void tail_hub::stop() {
  std::lock_guard guard{mutex_};
  for (auto& [which, running] : running_)
    caf::anon_send_exit(running, caf::exit_reason::user_shutdown);
  running_.clear();
}

}  // namespace troupe
