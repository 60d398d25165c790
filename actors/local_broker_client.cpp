#include "actors/local_broker_client.hpp"

#include "actors/outcomes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

namespace {

using namespace std::chrono_literals;

constexpr auto default_timeout = 30s;
/// What a parked fetch may take on top of the time it waits.
constexpr auto fetch_slack = 5s;
/// Metadata changes sync files and may open thousands of logs.
constexpr auto admin_timeout = 60s;

}  // namespace

local_broker_client::local_broker_client(caf::actor_system& system, loop& on,
                                         std::shared_ptr<node_state> node, broker_actor broker,
                                         std::shared_ptr<tail_hub> hub)
    : node_(std::move(node)),
      broker_(std::move(broker)),
      port_(system, on, node_->time),
      tails_(port_, std::move(hub)) {}

const node_view& local_broker_client::view() {
  auto newest = node_->version();
  if (view_ == nullptr || newest != version_) {
    version_ = newest;
    view_ = node_->view();
  }
  return *view_;
}

outcome local_broker_client::missing(const topic_partition& which) {
  auto topic = view().image->find(which.topic);
  if (topic == nullptr)
    return {errc::unknown_topic, fmt::format("Topic '{}' does not exist.", which.topic)};
  return {errc::unknown_partition,
          fmt::format("Partition {} of topic '{}' does not exist; it has {}.",
                      value_of(which.partition), which.topic, topic->partition_count())};
}

template <class Request, class Response>
void local_broker_client::ask_partition(Request what, std::chrono::milliseconds timeout,
                                        callback<void(Response)> then) {
  Response refused;
  if (closed_ || node_->stopping.load(std::memory_order_relaxed)) {
    refused.result = as_outcome(errc::shutting_down);
    return port_.complete_later(std::move(then), std::move(refused));
  }
  if (const auto* found = view().find(what.target))
    return port_.request(found->actor, std::move(what), timeout, std::move(then));
  refused.result = missing(what.target);
  port_.complete_later(std::move(then), std::move(refused));
}

template <class Request>
void local_broker_client::ask_broker(Request what, callback<void(topic_response)> then) {
  if (!closed_ && !node_->stopping.load(std::memory_order_relaxed))
    return port_.request(broker_, std::move(what), admin_timeout, std::move(then));
  topic_response refused{as_outcome(errc::shutting_down)};
  port_.complete_later(std::move(then), std::move(refused));
}

// -- partitions -----------------------------------------------------------------

void local_broker_client::produce(produce_request what, callback<void(produce_response)> then) {
  auto timeout = what.timeout_ms > 0 ? std::chrono::milliseconds{what.timeout_ms}
                                     : std::chrono::milliseconds{default_timeout};
  ask_partition(std::move(what), timeout, std::move(then));
}

void local_broker_client::fetch(fetch_request what, callback<void(fetch_response)> then) {
  auto wait = std::clamp<std::int64_t>(what.max_wait_ms, 0, limits::fetch_wait_ms_max);
  ask_partition(std::move(what), std::chrono::milliseconds{wait} + fetch_slack, std::move(then));
}

void local_broker_client::list_offsets(list_offsets_request what,
                                       callback<void(list_offsets_response)> then) {
  ask_partition(std::move(what), default_timeout, std::move(then));
}

void local_broker_client::delete_records(delete_records_request what,
                                         callback<void(delete_records_response)> then) {
  ask_partition(std::move(what), default_timeout, std::move(then));
}

std::vector<partition_status> local_broker_client::partitions() {
  std::vector<partition_status> all;
  for (auto& [name, partitions] : view().topics) {
    for (std::size_t i = 0; i < partitions->size(); ++i) {
      const auto& gauges = *(*partitions)[i].gauges;
      partition_status x;
      x.id = {name, partition_id{static_cast<std::int32_t>(i)}};
      x.log_start = gauges.log_start.load(std::memory_order_relaxed);
      x.high_watermark = gauges.high_watermark.load(std::memory_order_relaxed);
      x.log_end = gauges.log_end.load(std::memory_order_relaxed);
      x.size_bytes = gauges.size_bytes.load(std::memory_order_relaxed);
      x.segments = gauges.segments.load(std::memory_order_relaxed);
      x.online = gauges.online.load(std::memory_order_relaxed);
      all.push_back(std::move(x));
    }
  }
  return all;
}

// -- topics ---------------------------------------------------------------------

void local_broker_client::create_topic(create_topic_request what,
                                       callback<void(topic_response)> then) {
  ask_broker(std::move(what), std::move(then));
}

void local_broker_client::delete_topic(delete_topic_request what,
                                       callback<void(topic_response)> then) {
  ask_broker(std::move(what), std::move(then));
}

void local_broker_client::create_partitions(create_partitions_request what,
                                            callback<void(topic_response)> then) {
  ask_broker(std::move(what), std::move(then));
}

void local_broker_client::alter_topic(alter_topic_request what,
                                      callback<void(topic_response)> then) {
  ask_broker(std::move(what), std::move(then));
}

// -- tails ----------------------------------------------------------------------

void local_broker_client::attach_tail(const topic_partition& which, offset_t from,
                                      std::weak_ptr<tail_sink> sink,
                                      callback<void(tail_position)> then) {
  const auto* found = closed_ ? nullptr : view().find(which);
  if (found != nullptr)
    return tails_.attach(which, found->actor, from, std::move(sink), std::move(then));
  tail_position refused;
  refused.result = closed_ ? as_outcome(errc::shutting_down) : missing(which);
  port_.complete_later(std::move(then), std::move(refused));
}

void local_broker_client::detach_tail(const topic_partition& which, const tail_sink* sink) {
  tails_.detach(which, sink);
}

void local_broker_client::close() {
  if (closed_)
    return;
  closed_ = true;
  tails_.close(error{errc::shutting_down});
  port_.close();
  broker_ = nullptr;
  version_ = node_->version();
  auto bare = std::make_shared<node_view>();
  bare->image = node_->view()->image;
  view_ = std::move(bare);
}

}  // namespace troupe
