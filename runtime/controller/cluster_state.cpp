#include "runtime/controller/cluster_state.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace troupe::controller {

namespace {

error misfit(std::string_view what, std::string_view name) {
  return error{errc::damaged_data,
               fmt::format("a metadata record does not fit: {} '{}'", what, name)};
}

error misfit(std::string_view what, node_id id) {
  return misfit(what, fmt::to_string(value_of(id)));
}

}  // namespace

/// Applies the records of one batch to a state on the way from one to the next. Changes of many
/// partitions of a topic, one after the other, copy what they touch once.
class record_applier {
 public:
  explicit record_applier(cluster_state& to) : to_(to) {}

  void finish() { close_topic(); }

  result<void> operator()(const no_op&) { return {}; }

  result<void> operator()(const cluster_founded& x) {
    if (!to_.image_.cluster_id.empty() && to_.image_.cluster_id != x.cluster_id)
      return misfit("founds another cluster", x.cluster_id);
    to_.image_.cluster_id = x.cluster_id;
    to_.version_ = x.version;
    return {};
  }

  result<void> operator()(const broker_registered& x) {
    auto broker = x.broker;
    if (broker.epoch == no_broker_epoch)
      broker.epoch = to_.image_.offset;
    auto all = brokers();
    const auto at = std::ranges::lower_bound(all, broker.id, {}, &broker_metadata::id);
    if (at != all.end() && at->id == broker.id)
      *at = std::move(broker);
    else
      all.insert(at, std::move(broker));
    to_.image_.brokers.assign(std::move(all));
    return {};
  }

  result<void> operator()(const broker_changed& x) {
    auto all = brokers();
    const auto at = std::ranges::find(all, x.id, &broker_metadata::id);
    if (at == all.end() || at->epoch != x.epoch)
      return misfit("changes the absent broker", x.id);
    at->fenced = x.fenced.value_or(at->fenced);
    at->shutting_down = x.shutting_down.value_or(at->shutting_down);
    to_.image_.brokers.assign(std::move(all));
    return {};
  }

  result<void> operator()(const broker_unregistered& x) {
    auto all = brokers();
    if (std::erase_if(all, [&](const auto& each) { return each.id == x.id; }) == 0)
      return misfit("removes the absent broker", x.id);
    to_.image_.brokers.assign(std::move(all));
    return {};
  }

  result<void> operator()(const topic_created& x) {
    close_topic();
    if (to_.image_.topics.contains(x.name) || to_.names_.contains(x.id))
      return misfit("creates the existing topic", x.name);
    topic_metadata topic;
    topic.name = x.name;
    topic.id = x.id;
    topic.internal = x.internal;
    if (auto done = set_config(topic, x.config); !done)
      return done;
    if (auto done = add_partitions(topic, x.partitions); !done)
      return done;
    to_.names_.insert_or_assign(x.id, x.name);
    put(std::move(topic));
    return {};
  }

  result<void> operator()(const topic_deleted& x) {
    close_topic();
    const auto topic = to_.find_topic(x.id);
    if (topic == nullptr)
      return misfit("deletes the absent topic", x.id);
    for (const auto& each : topic->partitions)
      count(each, -1);
    to_.names_.erase(x.id);
    to_.image_.topics.erase(topic->name);
    return {};
  }

  result<void> operator()(const partitions_created& x) {
    close_topic();
    const auto known = to_.find_topic(x.topic_id);
    if (known == nullptr)
      return misfit("adds partitions to the absent topic", x.topic_id);
    auto topic = *known;
    if (auto done = add_partitions(topic, x.partitions); !done)
      return done;
    put(std::move(topic));
    return {};
  }

  result<void> operator()(const configs_altered& x) {
    close_topic();
    const auto known = to_.find_topic(x.topic_id);
    if (known == nullptr)
      return misfit("alters the absent topic", x.topic_id);
    auto topic = *known;
    if (auto done = set_config(topic, x.config); !done)
      return done;
    put(std::move(topic));
    return {};
  }

  result<void> operator()(const setting_altered& x) {
    if (x.value.empty())
      to_.image_.settings.erase(x.name);
    else
      to_.image_.settings.insert_or_assign(x.name, x.value);
    return {};
  }

  result<void> operator()(const partition_changed& x) {
    if (!open_topic(x.topic_id))
      return misfit("changes a partition of the absent topic", x.topic_id);
    const auto index = static_cast<std::size_t>(value_of(x.partition));
    if (value_of(x.partition) < 0 || index >= topic_->partitions.size())
      return misfit("changes an absent partition of the topic", topic_->name);
    auto& partition = (*editor_)[index];
    count(partition, -1);
    if (x.leader) {
      partition.leader = *x.leader;
      partition.epoch = leader_epoch{value_of(partition.epoch) + 1};
    }
    partition.isr = x.isr.value_or(partition.isr);
    partition.elr = x.elr.value_or(partition.elr);
    partition.last_known_elr = x.last_known_elr.value_or(partition.last_known_elr);
    partition.replicas = x.replicas.value_or(partition.replicas);
    partition.adding_replicas = x.adding.value_or(partition.adding_replicas);
    partition.removing_replicas = x.removing.value_or(partition.removing_replicas);
    partition.recovery = x.recovery.value_or(partition.recovery);
    ++partition.partition_epoch;
    count(partition, 1);
    return {};
  }

 private:
  std::vector<broker_metadata> brokers() const {
    return {to_.image_.brokers.begin(), to_.image_.brokers.end()};
  }

  void put(topic_metadata topic) {
    auto shared = std::make_shared<const topic_metadata>(std::move(topic));
    to_.image_.topics.insert_or_assign(shared->name, shared);
  }

  static result<void> set_config(topic_metadata& topic,
                                 const std::map<std::string, std::string>& set) {
    auto config = topic_config::from(set);
    if (!config)
      return error{errc::unsupported_format,
                   "a stored topic has a setting that this version does not take: " +
                       config.error().message};
    topic.config = std::move(*config);
    return {};
  }

  result<void> add_partitions(topic_metadata& topic, const std::vector<partition_metadata>& more) {
    auto next = topic.partition_count();
    for (const auto& each : more) {
      if (value_of(each.id) != next++ || each.replicas.empty())
        return misfit("numbers the partitions wrongly of the topic", topic.name);
      count(each, 1);
    }
    topic.partitions.append(more);
    return {};
  }

  void count(const partition_metadata& x, std::int64_t sign) {
    to_.partitions_ += sign;
    for (auto node : x.replicas)
      add_load(node, {sign, node == x.replicas.front() ? sign : 0});
  }
  void add_load(node_id node, const broker_load& more) {
    auto& load = to_.loads_[node];
    load.replicas += more.replicas;
    load.preferred += more.preferred;
    if (load == broker_load{})
      to_.loads_.erase(node);
  }

  bool open_topic(const std::string& id) {
    if (topic_ != nullptr && topic_->id == id)
      return true;
    close_topic();
    const auto known = to_.find_topic(id);
    if (known == nullptr)
      return false;
    topic_ = std::make_shared<topic_metadata>(*known);
    editor_.emplace(topic_->partitions);
    return true;
  }
  void close_topic() {
    if (topic_ == nullptr)
      return;
    editor_->commit();
    editor_.reset();
    to_.image_.topics.insert_or_assign(topic_->name, topic_);
    topic_ = nullptr;
  }

  cluster_state& to_;
  std::shared_ptr<topic_metadata> topic_;  // whose partitions are being changed
  std::optional<snapshot_vector<partition_metadata>::editor> editor_;
};

image_ptr cluster_state::share(node_id active_controller) const {
  auto image = image_;
  image.controller = active_controller;
  return std::make_shared<const metadata_image>(std::move(image));
}

topic_ptr cluster_state::find_topic(std::string_view id) const {
  const auto name = names_.find(id);
  return name == names_.end() ? nullptr : image_.find(name->second);
}

result<void> cluster_state::apply(offset_t at, std::span<const record> batch) {
  troupe_assert(at > offset(), "batch at {} after {}", at, offset());
  auto next = *this;
  next.image_.offset = at;
  record_applier applier{next};
  for (const auto& each : batch)
    if (auto done = std::visit(applier, each); !done)
      return done;
  applier.finish();
  *this = std::move(next);
  return {};
}

}  // namespace troupe::controller
