// What happens to topics, partitions and records in the model.
#include "tests/support/runtime/cluster_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::controller {

std::size_t cluster_model::common_prefix(const log_content& a, const log_content& b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(end.first - a.begin());
}

void cluster_model::change_topics() {
  const auto topics = image().topics.size();
  const auto chosen = any_partition();
  if (topics < 6 || !chosen) {
    create_topic_request what;
    what.name = fmt::format("t{}", next_name_++);
    what.partitions = 1 + static_cast<std::int32_t>(rng_.below(3));
    if (rng_.chance(1, 2))
      what.replication_factor = static_cast<std::int16_t>(1 + rng_.below(4));
    if (options_.os_flush && rng_.chance(1, 2))
      what.configs["flush"] = "os";
    if (options_.unclean && rng_.chance(1, 4))
      what.configs["unclean.leader.election.enable"] = "true";
    (void)core_->ask(what, now_);
    return;
  }
  const auto& topic = *chosen->first;
  switch (rng_.below(4)) {
    case 0: (void)core_->ask(delete_topic_request{topic.name}, now_); break;
    case 1:
      (void)core_->ask(
          create_partitions_request{topic.name, topic.partition_count() + 1, false, {}}, now_);
      break;
    default:
      (void)core_->ask(
          alter_topic_request{
              topic.name, {{"min.insync.replicas", std::to_string(1 + rng_.below(3))}}, false},
          now_);
  }
}

// What a leader asks for: some leave, some who have caught up in its epoch come in. Now and then a
// request of the past arrives once more, or one that is wrong.
void cluster_model::alter() {
  if (!old_requests_.empty() && rng_.chance(1, 4)) {
    (void)core_->ask(old_requests_[rng_.below(old_requests_.size())], now_);
    return;
  }
  const auto chosen = any_partition();
  if (!chosen)
    return;
  const auto& topic = *chosen->first;
  const auto now = topic.partitions[chosen->second];
  if (!acts(now.leader))
    return;
  auto what = proposal(topic, now);
  if (old_requests_.size() < 50)
    old_requests_.push_back(what);
  else
    old_requests_[rng_.below(50)] = what;
  if (rng_.chance(1, 10))
    return;  // it is lost, and comes later
  (void)core_->ask(what, now_);
}

alter_partition_request cluster_model::proposal(const topic_metadata& topic,
                                                const partition_metadata& now) {
  auto& partition = partitions_[{topic.id, value_of(now.id)}];
  alter_partition_request what;
  what.broker = now.leader;
  what.epoch = of(now.leader).epoch;
  what.topic_id = topic.id;
  what.partition = now.id;
  what.known_leader_epoch = now.epoch;
  what.partition_epoch = now.partition_epoch;
  what.isr.push_back({now.leader, what.epoch});
  if (now.recovery == leader_recovery::recovering)
    return what;
  const auto& own = partition.logs[now.leader];
  for (auto node : now.replicas) {
    if (node == now.leader)
      continue;
    const bool was = contains(now.isr, node);
    const auto& content = partition.logs[node];
    const auto fetched = partition.fetched.find(node);
    const bool caught_up = fetched != partition.fetched.end() && fetched->second == now.epoch &&
                           common_prefix(content, own) == content.size() &&
                           content.size() >= partition.committed.size() &&
                           content.size() >= partition.epoch_start;
    if (was ? rng_.chance(3, 4) : caught_up)
      what.isr.push_back({node, of(node).epoch});
  }
  return what;
}

void cluster_model::reassign() {
  const auto chosen = any_partition();
  if (!chosen)
    return;
  const auto& now = chosen->first->partitions[chosen->second];
  alter_reassignments_request what;
  const bool cancel = now.being_reassigned() && rng_.chance(1, 2);
  what.reassignments.push_back(
      {{chosen->first->name, now.id}, cancel ? node_list{} : some_brokers(1, 4)});
  (void)core_->ask(what, now_);
}

void cluster_model::elect() {
  elect_leaders_request what;
  what.type = rng_.chance(1, 2) ? election_type::preferred : election_type::unclean;
  (void)core_->ask(what, now_);
}

// -- records --------------------------------------------------------------------------

void cluster_model::take_elections() {
  for (const auto& each : core_->take_elections()) {
    ++counters_.elections[each.kind];
    if (each.kind == election_kind::recovered || each.kind == election_kind::unclean)
      lossy_[each.target] = each.kind;
    else
      lossy_.erase(each.target);
  }
  for (const auto& [target, kind] : lossy_) {
    const auto topic = image().find(target.topic);
    if (topic == nullptr)
      continue;
    const auto& now = topic->partitions[static_cast<std::size_t>(value_of(target.partition))];
    auto& partition = partitions_[{topic->id, value_of(now.id)}];
    if (now.leader == no_node)
      continue;
    const auto& own = partition.logs[now.leader];
    partition.committed.resize(common_prefix(partition.committed, own));
  }
  lossy_.clear();
}

bool cluster_model::acts(node_id id) const {
  const auto i = processes_.find(value_of(id));
  if (i == processes_.end() || !i->second.running)
    return false;
  const auto* broker = image().find_broker(id);
  return broker != nullptr && broker->is_live() && broker->epoch == i->second.epoch;
}

void cluster_model::move_records() {
  for (const auto& [name, topic] : image().topics)
    for (const auto& now : topic->partitions) {
      auto& partition = partitions_[{topic->id, value_of(now.id)}];
      if (!acts(now.leader))
        continue;
      auto& own = partition.logs[now.leader];
      if (partition.acting_epoch != now.epoch) {
        partition.acting_epoch = now.epoch;
        partition.epoch_start = own.size();
      }
      for (auto more = rng_.below(3); more > 0 && own.size() < 300; --more)
        own.push_back({next_record_++, value_of(now.epoch)});
      for (auto node : now.replicas) {
        const auto& x = of(node);
        if (node == now.leader || !x.running || x.cut || x.epoch == no_broker_epoch ||
            rng_.chance(1, 3))
          continue;
        auto& content = partition.logs[node];
        content.resize(common_prefix(content, own));
        for (auto more = rng_.below(8); more > 0 && content.size() < own.size(); --more)
          content.push_back(own[content.size()]);
        partition.fetched[node] = now.epoch;
      }
      if (static_cast<std::int32_t>(now.isr.size()) <
          effective_min_isr(topic->config, now.replicas.size()))
        continue;
      auto end = own.size();
      for (auto node : now.isr)
        end = std::min(end, common_prefix(partition.logs[node], own));
      while (partition.committed.size() < end) {
        partition.committed.push_back(own[partition.committed.size()]);
        ++committed_records_;
      }
    }
}

std::optional<std::pair<topic_ptr, std::size_t>> cluster_model::any_partition() {
  const auto topics = image().topics.size();
  if (topics == 0)
    return std::nullopt;
  auto topic = image().topics.begin();
  for (auto i = rng_.below(topics); i > 0; --i)
    ++topic;
  const auto partition = rng_.below(topic->second->partitions.size());
  return std::pair{topic->second, static_cast<std::size_t>(partition)};
}

node_list cluster_model::some_brokers(std::size_t least, std::size_t most) {
  node_list all;
  for (const auto& [id, x] : processes_)
    all.push_back(node_id{id});
  std::shuffle(all.begin(), all.end(), rng_);
  all.resize(std::min<std::size_t>(all.size(), least + rng_.below(most - least + 1)));
  return all;
}

}  // namespace troupe::controller
