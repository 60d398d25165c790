#include "runtime/metadata/metadata_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

namespace {

// A state on the way from one to the next: the image may still be changed.
struct draft {
  metadata_image image;
  std::map<std::string, pending_deletion> deletions;
  std::size_t partitions = 0;
};

error misfit(std::string_view what, std::string_view name) {
  return error{errc::damaged_data,
               fmt::format("a metadata change does not fit: {} '{}'", what, name)};
}

void add_partitions(topic_metadata& to, std::int32_t total, node_id leader) {
  std::vector<partition_metadata> added;
  added.reserve(static_cast<std::size_t>(total - to.partition_count()));
  for (auto i = to.partition_count(); i < total; ++i)
    added.push_back({partition_id{i}, leader, leader_epoch{0}, {leader}, {leader}});
  to.partitions.append(std::move(added));
}

struct applier {
  draft& to;

  void put(topic_metadata topic) const {
    auto shared = std::make_shared<const topic_metadata>(std::move(topic));
    to.image.topics.insert_or_assign(shared->name, shared);
  }

  result<void> operator()(const topic_created& change) const {
    if (to.image.topics.contains(change.name))
      return misfit("creates the existing topic", change.name);
    topic_metadata topic;
    topic.name = change.name;
    topic.id = change.id;
    topic.config = change.config;
    add_partitions(topic, change.partitions, to.image.controller);
    put(std::move(topic));
    to.partitions += static_cast<std::size_t>(change.partitions);
    return {};
  }

  result<void> operator()(const topic_deleted& change) const {
    const auto topic = to.image.find(change.name);
    if (topic == nullptr)
      return misfit("deletes the absent topic", change.name);
    to.partitions -= topic->partitions.size();
    to.deletions[topic->id] = {topic->name, topic->id, topic->partition_count()};
    to.image.topics.erase(change.name);
    return {};
  }

  result<void> operator()(const partitions_created& change) const {
    const auto known = to.image.find(change.name);
    if (known == nullptr || change.total <= known->partition_count())
      return misfit("adds partitions to the topic", change.name);
    auto topic = *known;
    to.partitions += static_cast<std::size_t>(change.total - topic.partition_count());
    add_partitions(topic, change.total, to.image.controller);
    put(std::move(topic));
    return {};
  }

  result<void> operator()(const configs_altered& change) const {
    const auto known = to.image.find(change.name);
    if (known == nullptr)
      return misfit("alters the absent topic", change.name);
    auto topic = *known;
    topic.config = change.config;
    put(std::move(topic));
    return {};
  }

  result<void> operator()(const directories_removed& change) const {
    if (to.deletions.erase(change.id) == 0)
      return misfit("ends the unknown deletion", change.id);
    return {};
  }
};

}  // namespace

const pending_deletion* metadata_state::find_deletion(std::string_view name) const {
  const auto i =
      std::ranges::find_if(deletions, [&](const auto& x) { return x.second.name == name; });
  return i == deletions.end() ? nullptr : &i->second;
}

metadata_state make_metadata_state(std::string cluster_id, const broker_metadata& self) {
  metadata_image image;
  image.cluster_id = std::move(cluster_id);
  image.controller = self.id;
  image.brokers = {self};
  return {std::make_shared<const metadata_image>(std::move(image)), {}, 0};
}

result<metadata_state> apply_changes(const metadata_state& before,
                                     std::span<const metadata_change> changes) {
  draft next{*before.image, before.deletions, before.partitions};
  for (const auto& change : changes)
    if (auto done = std::visit(applier{next}, change); !done)
      return done.error();
  return metadata_state{std::make_shared<const metadata_image>(std::move(next.image)),
                        std::move(next.deletions), next.partitions};
}

result<metadata_state> apply_change(const metadata_state& before, const metadata_change& change) {
  return apply_changes(before, std::span{&change, 1});
}

}  // namespace troupe
