#include "runtime/controller/elections.hpp"

#include "runtime/controller/partition_plan.hpp"

#include <fmt/format.h>

namespace troupe::controller {

namespace {

// The preferred leader could lead now and does not.
bool could_lead(const partition_metadata& x, const live_brokers& live) {
  const auto preferred = x.replicas.front();
  return x.leader != preferred && contains(x.isr, preferred) && live.contains(preferred);
}

outcome elect(changes& to, const topic_metadata& topic, const partition_metadata& now,
              const live_brokers& live) {
  const auto preferred = now.replicas.front();
  if (now.leader == preferred)
    return {errc::election_not_needed,
            fmt::format("Broker {} leads already.", value_of(preferred))};
  if (!could_lead(now, live))
    return {errc::preferred_leader_not_available,
            fmt::format("Broker {} is not in sync.", value_of(preferred))};
  partition_wish wish;
  wish.prefer_first = true;
  add_partition(to, topic, now, live, wish);
  return {};
}

void elect_all(decision<elect_leaders_response>& made, const metadata_image& image) {
  const live_brokers live{image};
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions)
      if (each.leader != each.replicas.front())
        made.answer.results.push_back({{name, each.id}, elect(made.what, *topic, each, live)});
}

}  // namespace

result<std::pair<topic_ptr, const partition_metadata*>> find_partition(const metadata_image& image,
                                                                       const topic_partition& id) {
  auto topic = image.find(id.topic);
  if (topic == nullptr)
    return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", id.topic)};
  const auto number = value_of(id.partition);
  if (number < 0 || number >= topic->partition_count())
    return error{errc::unknown_partition,
                 fmt::format("Topic '{}' has no partition {}.", id.topic, number)};
  const auto* partition = &topic->partitions[static_cast<std::size_t>(number)];
  return std::pair{std::move(topic), partition};
}

decision<elect_leaders_response> plan_preferred_election(const cluster_state& state,
                                                         const elect_leaders_request& what) {
  const auto& image = state.image();
  decision<elect_leaders_response> made;
  if (what.partitions.empty()) {
    elect_all(made, image);
    return made;
  }
  const live_brokers live{image};
  std::map<topic_partition, bool> seen;
  for (const auto& target : what.partitions) {
    if (!seen.emplace(target, true).second)
      continue;
    const auto found = find_partition(image, target);
    made.answer.results.push_back(
        {target, found ? elect(made.what, *found->first, *found->second, live)
                       : outcome{found.error().code, found.error().message}});
  }
  return made;
}

changes plan_balance(const cluster_state& state, const balance_options& how) {
  const auto& image = state.image();
  std::map<node_id, std::int64_t> not_led;
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions)
      if (each.leader != each.replicas.front())
        ++not_led[each.replicas.front()];
  const auto imbalanced = [&](node_id broker) {
    const auto load = state.loads().find(broker);
    return load != state.loads().end() &&
           not_led[broker] * 100 > load->second.preferred * how.imbalance_percent;
  };
  const live_brokers live{image};
  partition_wish wish;
  wish.prefer_first = true;
  changes made;
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions) {
      if (made.list.size() >= how.elections_max)
        return made;
      if (could_lead(each, live) && imbalanced(each.replicas.front()))
        add_partition(made, *topic, each, live, wish);
    }
  return made;
}

}  // namespace troupe::controller
