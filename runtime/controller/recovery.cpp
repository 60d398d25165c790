#include "runtime/controller/recovery.hpp"

#include "runtime/base/mutants.hpp"
#include "runtime/controller/elections.hpp"
#include "runtime/controller/partition_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace troupe::controller {

namespace {

bool needs_round(const topic_metadata& topic, const partition_metadata& x) {
  if (x.leader != no_node)
    return false;
  const bool none_left = x.isr.empty() && x.elr.empty();
  return (none_left && !x.last_known_elr.empty()) || topic.config.unclean_election();
}

}  // namespace

void recovery::look(const metadata_image& image, mono_time now) {
  std::map<topic_partition, round> next;
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions) {
      const topic_partition id{name, each.id};
      const auto known = rounds_.find(id);
      const bool same = known != rounds_.end() && known->second.topic_id == topic->id;
      if (!needs_round(*topic, each))
        continue;
      if (same)
        next.insert(rounds_.extract(known));
      else
        next[id] = {topic->id, now, std::nullopt, {}, {}};
    }
  rounds_ = std::move(next);
}

result<void> recovery::force(const metadata_image& image, const topic_partition& id,
                             mono_time now) {
  const auto found = find_partition(image, id);
  if (!found)
    return found.error();
  const auto& [topic, partition] = *found;
  if (partition->leader != no_node)
    return error{errc::election_not_needed,
                 fmt::format("Broker {} leads the partition.", value_of(partition->leader))};
  if (!topic->config.unclean_election())
    return error{errc::eligible_leaders_not_available,
                 fmt::format("Topic '{}' does not allow unclean elections: set "
                             "unclean.leader.election.enable first.",
                             id.topic)};
  const live_brokers live{image};
  if (std::ranges::none_of(partition->replicas, [&](auto node) { return live.contains(node); }))
    return error{errc::eligible_leaders_not_available, "No replica of the partition is live."};
  auto& x = rounds_[id];
  if (x.topic_id != topic->id)
    x = {topic->id, now, std::nullopt, {}, {}};
  if (!x.forced)
    x.forced = now;
  return {};
}

std::vector<log_ends_question> recovery::questions(const metadata_image& image, mono_time now) {
  const live_brokers live{image};
  std::map<node_id, log_ends_request> by_broker;
  for (auto& [id, x] : rounds_) {
    const auto found = find_partition(image, id);
    if (!found || found->first->id != x.topic_id)
      continue;
    for (auto node : found->second->replicas) {
      const auto heard = x.logs.find(node);
      if (!live.contains(node) ||
          (heard != x.logs.end() && current(image, *found->second, node, heard->second)))
        continue;
      const auto asked = x.asked.find(node);
      if (asked != x.asked.end() && now - asked->second < options_.ask_again)
        continue;
      x.asked[node] = now;
      by_broker[node].replicas.push_back(id);
    }
  }
  std::vector<log_ends_question> all;
  for (auto& [node, what] : by_broker)
    all.push_back({node, std::move(what)});
  return all;
}

void recovery::answered(const metadata_image& image, const log_ends_response& what) {
  if (!what.result.ok())
    return;
  for (const auto& each : what.ends) {
    const auto x = rounds_.find(each.replica);
    const auto found = find_partition(image, each.replica);
    if (x == rounds_.end() || !found || found->first->id != x->second.topic_id)
      continue;
    x->second.logs[what.broker] = {what.epoch, each.known_leader_epoch, each.last_epoch, each.end};
  }
}

bool recovery::current(const metadata_image& image, const partition_metadata& partition,
                       node_id broker, const heard_log& log) {
  const auto* known = image.find_broker(broker);
  return known != nullptr && known->is_live() && known->epoch == log.epoch &&
         log.known >= partition.epoch;
}

std::optional<recovery::choice> recovery::choose(const metadata_image& image,
                                                 const topic_metadata& topic,
                                                 const partition_metadata& now, const round& x,
                                                 mono_time at) const {
  const live_brokers live{image};
  const heard_log* longest = nullptr;
  node_id leader = no_node;
  bool all_live_answered = true;
  bool all_known_answered = now.isr.empty() && now.elr.empty() && !now.last_known_elr.empty();
  for (auto node : now.replicas) {
    const auto log = x.logs.find(node);
    const bool answered = log != x.logs.end() && current(image, now, node, log->second);
    const bool known = contains(now.last_known_elr, node);
    all_live_answered &= answered || !live.contains(node);
    all_known_answered &= answered || !known || broken(rule::r19_recovery_does_not_wait);
    if (answered && (longest == nullptr || std::pair{log->second.last, log->second.end} >
                                               std::pair{longest->last, longest->end})) {
      longest = &log->second;
      leader = node;
    }
  }
  if (longest == nullptr)
    return std::nullopt;
  const bool asked_all = all_live_answered || at - x.begun >= options_.answer_wait;
  if (all_known_answered && asked_all)
    return choice{leader, election_kind::recovered};
  if (!topic.config.unclean_election())
    return std::nullopt;
  const bool waited = at - x.begun >= options_.unclean_wait;
  const bool forced = x.forced && (all_live_answered || at - *x.forced >= options_.answer_wait);
  if (waited || forced)
    return choice{leader, election_kind::unclean};
  return std::nullopt;
}

changes recovery::plan(const cluster_state& state, mono_time now) const {
  const auto& image = state.image();
  changes made;
  for (const auto& [id, x] : rounds_) {
    const auto found = find_partition(image, id);
    if (!found || found->first->id != x.topic_id || found->second->leader != no_node)
      continue;
    const auto chosen = choose(image, *found->first, *found->second, x, now);
    if (!chosen)
      continue;
    partition_wish wish;
    wish.appoint = std::pair{chosen->leader, chosen->kind};
    add_partition(made, *found->first, *found->second, live_brokers{image}, wish);
  }
  return made;
}

}  // namespace troupe::controller
