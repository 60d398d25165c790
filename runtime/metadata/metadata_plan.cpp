// The decisions declared in metadata_state.hpp.
#include "runtime/base/limits.hpp"
#include "runtime/metadata/metadata_state.hpp"

#include <fmt/format.h>

namespace troupe {

namespace {

result<topic_ptr> existing(const metadata_state& state, const std::string& name) {
  if (auto topic = state.image->find(name))
    return topic;
  return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", name)};
}

result<void> check_partition_count(std::int32_t count) {
  if (count >= 1 && count <= limits::partitions_per_topic_max)
    return {};
  return error{errc::invalid_partitions, fmt::format("A topic has 1 to {} partitions, not {}.",
                                                     limits::partitions_per_topic_max, count)};
}

result<void> check_room(const metadata_state& state, std::int32_t added) {
  if (state.partitions + static_cast<std::size_t>(added) <= limits::partitions_per_broker_max)
    return {};
  return error{errc::policy_violation,
               fmt::format("A broker has at most {} partitions; this one has {} and {} more were "
                           "asked for.",
                           limits::partitions_per_broker_max, state.partitions, added)};
}

result<void> check_replication_factor(std::int16_t asked, std::size_t brokers) {
  if (asked == -1 || (asked >= 1 && static_cast<std::size_t>(asked) <= brokers))
    return {};
  return error{errc::invalid_replication_factor,
               fmt::format("The replication factor must be 1 to {}, the number of brokers, or -1 "
                           "for the default; it is {}.",
                           brokers, asked)};
}

result<void> check_free(const metadata_state& state, const std::string& name) {
  if (state.image->find(name))
    return error{errc::topic_exists, fmt::format("Topic '{}' already exists.", name)};
  if (state.find_deletion(name) != nullptr)
    return error{errc::topic_exists,
                 fmt::format("Topic '{}' is still being deleted; try again later.", name)};
  return {};
}

}  // namespace

result<topic_created> plan_creation(const metadata_state& state, const create_topic_request& what,
                                    const topic_defaults& defaults, rng& ids) {
  const auto partitions = what.partitions == -1 ? defaults.partitions : what.partitions;
  for (const auto& check :
       {check_topic_name(what.name), check_free(state, what.name),
        check_partition_count(partitions),
        check_replication_factor(what.replication_factor, state.image->brokers.size()),
        check_room(state, partitions)})
    if (!check)
      return check.error();
  auto settings = what.configs;
  // Written down, so that a later change of the default does not change the topic.
  if (defaults.flush == flush_policy::os)
    settings.emplace("flush", "os");
  auto config = topic_config::from(settings);
  if (!config)
    return config.error();
  return topic_created{what.name, random_uuid(ids), partitions, std::move(*config)};
}

result<topic_deleted> plan_deletion(const metadata_state& state, const delete_topic_request& what) {
  if (auto topic = existing(state, what.name); !topic)
    return topic.error();
  return topic_deleted{what.name};
}

result<partitions_created> plan_partitions(const metadata_state& state,
                                           const create_partitions_request& what) {
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
  if (auto good = check_room(state, what.total - now); !good)
    return good.error();
  return partitions_created{what.name, what.total};
}

result<configs_altered> plan_alteration(const metadata_state& state,
                                        const alter_topic_request& what) {
  const auto topic = existing(state, what.name);
  if (!topic)
    return topic.error();
  auto config = (*topic)->config.with(what.configs);
  if (!config)
    return config.error();
  return configs_altered{what.name, std::move(*config)};
}

}  // namespace troupe
