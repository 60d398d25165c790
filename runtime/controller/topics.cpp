#include "runtime/controller/topics.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/config/setting_value.hpp"
#include "runtime/controller/partition_plan.hpp"
#include "runtime/controller/placement.hpp"
#include "runtime/controller/reassignment.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::controller {

namespace {

result<topic_ptr> existing(const cluster_state& state, const std::string& name) {
  if (auto topic = state.image().find(name))
    return topic;
  return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", name)};
}

result<void> check_partition_count(std::int64_t count) {
  if (count >= 1 && count <= limits::partitions_per_topic_max)
    return {};
  return error{errc::invalid_partitions, fmt::format("A topic has 1 to {} partitions, not {}.",
                                                     limits::partitions_per_topic_max, count)};
}

// The given assignment: numbers that contradict it are refused.
result<void> check_assignment(const metadata_image& image,
                              const std::vector<node_list>& assignment) {
  for (std::size_t i = 0; i < assignment.size(); ++i) {
    if (auto good = check_replicas(image, assignment[i]); !good)
      return error{errc::invalid_replica_assignment,
                   fmt::format("Partition {} of the assignment: {}", i, good.error().message)};
    if (assignment[i].size() != assignment[0].size())
      return error{errc::invalid_replica_assignment,
                   "All partitions must have the same number of replicas."};
  }
  return {};
}

result<void> check_room(const cluster_state& state, const std::vector<node_list>& assignment) {
  std::map<node_id, std::int64_t> added;
  for (const auto& replicas : assignment)
    for (auto node : replicas)
      ++added[node];
  for (const auto& [node, more] : added) {
    const auto load = state.loads().find(node);
    const auto has = load == state.loads().end() ? 0 : load->second.replicas;
    if (has + more > static_cast<std::int64_t>(limits::partitions_per_broker_max))
      return error{errc::policy_violation,
                   fmt::format("A broker has at most {} partitions; broker {} has {} and {} more "
                               "were asked for.",
                               limits::partitions_per_broker_max, value_of(node), has, more)};
  }
  return {};
}

result<std::vector<partition_metadata>> make_partitions(const metadata_image& image,
                                                        std::vector<node_list> assignment,
                                                        std::int32_t first) {
  const live_brokers live{image};
  std::vector<partition_metadata> all;
  all.reserve(assignment.size());
  for (auto& replicas : assignment) {
    partition_metadata x;
    x.id = partition_id{first++};
    for (auto node : replicas)
      if (live.contains(node))
        x.isr.push_back(node);
    if (x.isr.empty())
      return error{errc::invalid_replica_assignment,
                   fmt::format("None of the brokers {} is running.", to_text(replicas))};
    x.leader = x.isr.front();
    x.replicas = std::move(replicas);
    all.push_back(std::move(x));
  }
  return all;
}

struct shape {
  std::int32_t partitions = 0;
  std::int32_t replicas = 0;
};

result<shape> shape_of(const metadata_image& image, const create_topic_request& what,
                       const cluster_defaults& defaults) {
  const auto brokers = static_cast<std::int32_t>(image.brokers.size());
  if (what.assignment.empty())
    return shape{what.partitions == -1 ? defaults.partitions : what.partitions,
                 what.replication_factor == -1
                     ? std::min<std::int32_t>(defaults.replication_factor, std::max(brokers, 1))
                     : what.replication_factor};
  if (auto good = check_assignment(image, what.assignment); !good)
    return good.error();
  const shape given{static_cast<std::int32_t>(what.assignment.size()),
                    static_cast<std::int32_t>(what.assignment[0].size())};
  if ((what.partitions != -1 && what.partitions != given.partitions) ||
      (what.replication_factor != -1 && what.replication_factor != given.replicas))
    return error{errc::invalid_replica_assignment,
                 "The assignment has other numbers of partitions or replicas than the request."};
  return given;
}

std::map<std::string, std::string> settings_of(const create_topic_request& what,
                                               const cluster_defaults& defaults,
                                               std::int32_t replicas) {
  auto settings = what.configs;
  if (defaults.flush == flush_policy::os)
    settings.emplace("flush", "os");
  if (replicas >= 3)
    settings.emplace("min.insync.replicas", std::to_string(defaults.min_insync_replicas));
  return settings;
}

}  // namespace

result<changes> plan_topic_creation(const cluster_state& state, const create_topic_request& what,
                                    const cluster_defaults& defaults, rng& chance) {
  const auto& image = state.image();
  if (auto good = check_topic_name(what.name); !good)
    return good.error();
  if (image.topics.contains(what.name))
    return error{errc::topic_exists, fmt::format("Topic '{}' already exists.", what.name)};
  const auto wanted = shape_of(image, what, defaults);
  if (!wanted)
    return wanted.error();
  if (auto good = check_partition_count(wanted->partitions); !good)
    return good.error();
  auto config = topic_config::from(settings_of(what, defaults, wanted->replicas));
  if (!config)
    return config.error();
  auto assignment = what.assignment.empty()
                        ? place_replicas(state, wanted->partitions, wanted->replicas, chance)
                        : result<std::vector<node_list>>{what.assignment};
  if (!assignment)
    return assignment.error();
  if (auto good = check_room(state, *assignment); !good)
    return good.error();
  auto partitions = make_partitions(image, std::move(*assignment), 0);
  if (!partitions)
    return partitions.error();
  changes made;
  if (!what.validate_only)
    made.list.emplace_back(topic_created{what.name, random_uuid(chance), false, config->overrides(),
                                         std::move(*partitions)});
  return made;
}

result<changes> plan_topic_deletion(const cluster_state& state, const delete_topic_request& what) {
  const auto topic = existing(state, what.name);
  if (!topic)
    return topic.error();
  changes made;
  made.list.emplace_back(topic_deleted{(*topic)->id});
  return made;
}

result<changes> plan_more_partitions(const cluster_state& state,
                                     const create_partitions_request& what, rng& chance) {
  const auto topic = existing(state, what.name);
  if (!topic)
    return topic.error();
  const auto now = (*topic)->partition_count();
  if (what.total <= now)
    return error{errc::invalid_partitions,
                 fmt::format("Topic '{}' has {} partitions already; the number can only grow, and "
                             "{} were asked for.",
                             what.name, now, what.total)};
  if (auto good = check_partition_count(what.total); !good)
    return good.error();
  const auto added = what.total - now;
  // Without what a reassignment adds for a while.
  const auto& first = (*topic)->partitions[0];
  const auto replicas =
      static_cast<std::int32_t>(minus(first.replicas, first.adding_replicas).size());
  if (!what.assignment.empty()) {
    if (auto good = check_assignment(state.image(), what.assignment); !good)
      return good.error();
    if (static_cast<std::int32_t>(what.assignment.size()) != added ||
        static_cast<std::int32_t>(what.assignment[0].size()) != replicas)
      return error{
          errc::invalid_replica_assignment,
          fmt::format("The assignment must have {} partitions of {} replicas.", added, replicas)};
  }
  auto assignment = what.assignment.empty() ? place_replicas(state, added, replicas, chance)
                                            : result<std::vector<node_list>>{what.assignment};
  if (!assignment)
    return assignment.error();
  if (auto good = check_room(state, *assignment); !good)
    return good.error();
  auto partitions = make_partitions(state.image(), std::move(*assignment), now);
  if (!partitions)
    return partitions.error();
  changes made;
  if (!what.validate_only)
    made.list.emplace_back(partitions_created{(*topic)->id, std::move(*partitions)});
  return made;
}

result<changes> plan_topic_alteration(const cluster_state& state, const alter_topic_request& what) {
  const auto topic = existing(state, what.name);
  if (!topic)
    return topic.error();
  auto config = (*topic)->config.with(what.configs);
  if (!config)
    return config.error();
  changes made;
  if (what.validate_only || config->overrides() == (*topic)->config.overrides())
    return made;
  made.list.emplace_back(configs_altered{(*topic)->id, config->overrides()});
  auto after = **topic;
  after.config = std::move(*config);
  const live_brokers live{state.image()};
  for (const auto& each : after.partitions)
    if (!each.elr.empty() || !each.last_known_elr.empty() || each.being_reassigned())
      add_partition(made, after, each, live, {});
  return made;
}

std::span<const cluster_setting_info> cluster_setting_table() {
  static constexpr auto unlimited = std::numeric_limits<std::int64_t>::max();
  static constexpr cluster_setting_info rows[] = {
      {"follower.replication.throttled.rate", "-1", -1, unlimited,
       "bytes per second a broker fetches for replicas that are being added; -1: no limit"},
      {"leader.replication.throttled.rate", "-1", -1, unlimited,
       "bytes per second a broker sends to replicas that are being added; -1: no limit"},
  };
  return rows;
}

result<changes> plan_settings(const cluster_state& state, const alter_settings_request& what) {
  changes made;
  for (const auto& [name, value] : what.settings) {
    const auto rows = cluster_setting_table();
    const auto row = std::ranges::find(rows, name, &cluster_setting_info::name);
    if (row == rows.end())
      return error{errc::invalid_config, fmt::format("Unknown cluster configuration '{}'.", name)};
    const auto number = parse_number(value, setting_unit::number);
    if (!value.empty() && (!number || *number < row->min || *number > row->max))
      return error{errc::invalid_config,
                   fmt::format("Invalid value '{}' for configuration {}: allowed is {}..{}.", value,
                               name, row->min, row->max)};
    const auto known = state.image().settings.find(name);
    const auto before = known == state.image().settings.end() ? std::string{} : known->second;
    if (before != value && !what.validate_only)
      made.list.emplace_back(setting_altered{name, value});
  }
  return made;
}

}  // namespace troupe::controller
