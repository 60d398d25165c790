#include "actors/node_state.hpp"

namespace troupe {

const partition_ref* node_view::find(const topic_partition& which) const {
  auto i = topics.find(which.topic);
  if (i == topics.end())
    return nullptr;
  auto index = value_of(which.partition);
  if (index < 0 || static_cast<std::size_t>(index) >= i->second->size())
    return nullptr;
  return &(*i->second)[static_cast<std::size_t>(index)];
}

node_state::node_state(node_id id, std::string directory, env& on, const clock& clock)
    : self(id), data_directory(std::move(directory)), files(on), time(clock) {
  auto empty = std::make_shared<node_view>();
  empty->image = std::make_shared<const metadata_image>();
  view_.store(std::move(empty));
}

void node_state::publish(view_ptr next) {
  view_.store(std::move(next), std::memory_order_release);
  version_.fetch_add(1, std::memory_order_acq_rel);
}

void node_state::forget_actors() {
  auto bare = std::make_shared<node_view>();
  bare->image = view()->image;
  publish(std::move(bare));
}

void node_state::fail(std::string why) {
  {
    std::lock_guard guard{mutex_};
    if (failure_.empty())
      failure_ = std::move(why);
  }
  failed.store(true, std::memory_order_release);
}

void node_state::set_space(disk_space x) {
  std::lock_guard guard{mutex_};
  space_ = x;
}

broker_status node_state::status() const {
  broker_status x;
  x.disk_full = disk_full.load(std::memory_order_relaxed);
  x.failed = failed.load(std::memory_order_acquire);
  auto is_stopping = stopping.load(std::memory_order_relaxed);
  auto is_recovered = recovered.load(std::memory_order_acquire);
  x.ready = is_recovered && !is_stopping && !x.failed;
  std::lock_guard guard{mutex_};
  x.space = space_;
  if (is_stopping)
    x.reason = "the broker is stopping";
  else if (x.failed)
    x.reason = failure_;
  else if (!is_recovered)
    x.reason = "the logs are being recovered";
  return x;
}

}  // namespace troupe
