#include "runtime/controller/brokers.hpp"

#include "runtime/base/mutants.hpp"
#include "runtime/controller/partition_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::controller {

namespace {

bool concerns(const partition_metadata& x, node_id broker) {
  return x.leader == broker || contains(x.isr, broker);
}

// The partitions that lose or gain by `live`: moved from, or to, this broker.
void move_partitions(changes& to, const metadata_image& image, const live_brokers& live,
                     node_id broker) {
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions)
      if (concerns(each, broker) || (each.leader == no_node && contains(each.elr, broker)))
        add_partition(to, *topic, each, live, {});
}

}  // namespace

result<const broker_metadata*> check_broker(const metadata_image& image, node_id id,
                                            broker_epoch epoch) {
  const auto* broker = image.find_broker(id);
  if (broker == nullptr)
    return error{errc::broker_id_not_registered,
                 fmt::format("Broker {} is not registered.", value_of(id))};
  if (broker->epoch != epoch)
    return error{errc::stale_broker_epoch, fmt::format("Broker {} has epoch {}, not {}.",
                                                       value_of(id), broker->epoch, epoch)};
  return broker;
}

changes plan_fence(const cluster_state& state, node_id broker) {
  const auto& image = state.image();
  const auto& known = *image.find_broker(broker);
  changes what;
  if (known.fenced)
    return what;
  what.list.emplace_back(broker_changed{broker, known.epoch, true, std::nullopt});
  live_brokers live{image};
  live.erase(broker);
  move_partitions(what, image, live, broker);
  return what;
}

changes plan_unfence(const cluster_state& state, node_id broker) {
  const auto& image = state.image();
  const auto& known = *image.find_broker(broker);
  changes what;
  if (!known.fenced)
    return what;
  what.list.emplace_back(broker_changed{broker, known.epoch, false, std::nullopt});
  live_brokers live{image};
  if (!known.shutting_down)
    live.insert(broker);
  move_partitions(what, image, live, broker);
  return what;
}

changes plan_shutdown(const cluster_state& state, node_id broker) {
  const auto& image = state.image();
  const auto& known = *image.find_broker(broker);
  changes what;
  if (known.shutting_down)
    return what;
  what.list.emplace_back(broker_changed{broker, known.epoch, std::nullopt, true});
  live_brokers live{image};
  live.erase(broker);
  move_partitions(what, image, live, broker);
  return what;
}

result<decision<broker_heartbeat_response>> plan_heartbeat(const cluster_state& state,
                                                           sessions& heard,
                                                           const broker_heartbeat_request& what,
                                                           mono_time now) {
  const auto found = check_broker(state.image(), what.broker, what.epoch);
  if (!found)
    return found.error();
  const auto& broker = **found;
  decision<broker_heartbeat_response> made;
  auto& answer = made.answer;
  answer.caught_up = what.metadata_offset >= broker.epoch;
  answer.fenced = broker.fenced;
  if (broker.fenced && (broker.shutting_down || what.wants_shutdown)) {
    // It leads nothing and is in sync nowhere; nor is it waited for.
    answer.should_shut_down = true;
    heard.end(what.broker);
    return made;
  }
  heard.heard(broker, what.metadata_offset, now);
  if (broker.fenced) {
    if (!what.wants_fence && (answer.caught_up || broken(rule::r21_unfenced_at_once))) {
      made.what = plan_unfence(state, what.broker);
      answer.fenced = false;
    }
  } else if (broker.shutting_down) {
    if (heard.may_shut_down(state.image(), what.broker)) {
      made.what = plan_fence(state, what.broker);
      answer.fenced = answer.should_shut_down = true;
      heard.end(what.broker);
    }
  } else if (what.wants_shutdown) {
    made.what = plan_shutdown(state, what.broker);
  } else if (what.wants_fence) {
    made.what = plan_fence(state, what.broker);
    answer.fenced = true;
  }
  return made;
}

result<changes> plan_unregistration(const cluster_state& state, const sessions& heard,
                                    const unregister_broker_request& what, mono_time now) {
  const auto id = value_of(what.broker);
  const auto* broker = state.image().find_broker(what.broker);
  if (broker == nullptr)
    return error{errc::unknown_broker, fmt::format("Broker {} does not exist.", id)};
  if (!broker->fenced || heard.valid(what.broker, now))
    return error{errc::conflict,
                 fmt::format("Broker {} is running; stop it before it is removed.", id)};
  const auto load = state.loads().find(what.broker);
  if (load != state.loads().end())
    return error{errc::conflict,
                 fmt::format("Broker {} has {} replicas; reassign them before it is removed.", id,
                             load->second.replicas)};
  changes made;
  made.list.emplace_back(broker_unregistered{what.broker});
  return made;
}

result<changes> plan_failed_replicas(const cluster_state& state,
                                     const failed_replicas_request& what) {
  if (const auto known = check_broker(state.image(), what.broker, what.epoch); !known)
    return known.error();
  const live_brokers live{state.image()};
  partition_wish wish;
  wish.lost = {what.broker};
  changes made;
  auto all = what.replicas;
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (const auto& [topic_name, partition] : all) {
    const auto topic = state.image().find(topic_name);
    const auto index = static_cast<std::size_t>(value_of(partition));
    if (topic == nullptr || index >= topic->partitions.size())
      continue;
    const auto& now = topic->partitions[index];
    if (concerns(now, what.broker) || contains(now.elr, what.broker))
      add_partition(made, *topic, now, live, wish);
  }
  return made;
}

}  // namespace troupe::controller
