#include "runtime/controller/partition_plan.hpp"

#include "runtime/base/mutants.hpp"

#include <algorithm>

namespace troupe::controller {

namespace {

// One partition on its way from what it is to what it will be.
class partition_draft {
 public:
  partition_draft(const topic_metadata& topic, const partition_metadata& now,
                  const live_brokers& live, const partition_wish& wish)
      : topic_(topic), now_(now), live_(live), wish_(wish), next_(now) {}

  std::optional<partition_step> make() {
    next_.replicas = wish_.replicas.value_or(now_.replicas);
    next_.adding_replicas = wish_.adding.value_or(now_.adding_replicas);
    next_.removing_replicas = wish_.removing.value_or(now_.removing_replicas);
    next_.recovery = wish_.recovery.value_or(now_.recovery);
    choose_in_sync();
    end_reassignment();
    choose_eligible();
    choose_leader();
    return difference();
  }

 private:
  void choose_in_sync() {
    next_.isr.clear();
    for (auto node : wish_.isr.value_or(now_.isr))
      if (contains(next_.replicas, node) && may_be_in_sync(node))
        next_.isr.push_back(node);
  }
  bool may_be_in_sync(node_id node) const {
    if (contains(wish_.lost, node) || contains(wish_.emptied, node))
      return false;
    return live_.contains(node) || broken(rule::i7_fenced_in_sync);
  }

  // What is left must be enough by itself: replicas that go may be the only ones with all records.
  void end_reassignment() {
    if (!next_.being_reassigned())
      return;
    const auto replicas = minus(next_.replicas, next_.removing_replicas);
    const auto in_sync = minus(next_.isr, next_.removing_replicas);
    const bool all_added = minus(next_.adding_replicas, in_sync).empty();
    const bool enough = !in_sync.empty() && count(in_sync) >= minimum(replicas.size());
    if ((!all_added || !enough) && !broken(rule::kip455_ends_before_in_sync))
      return;
    next_.replicas = replicas;
    next_.isr = in_sync;
    next_.adding_replicas.clear();
    next_.removing_replicas.clear();
  }

  void choose_eligible() {
    next_.elr.clear();
    next_.last_known_elr.clear();
    if (count(next_.isr) >= minimum(next_.replicas.size()))
      return;
    node_list had = minus(now_.isr, now_.elr);
    had.insert(had.end(), now_.elr.begin(), now_.elr.end());
    had = minus(minus(both(had, next_.replicas), next_.isr), wish_.emptied);
    if (!broken(rule::r16_no_eligible_replicas))
      next_.elr = broken(rule::r18_unclean_stays_eligible) ? had : minus(had, wish_.lost);
    // The best choice first: who was in sync last, and last who came back from a crash.
    std::stable_partition(next_.elr.begin(), next_.elr.end(),
                          [&](node_id node) { return !contains(wish_.doubtful, node); });
    auto known = both(had, wish_.lost);
    const auto before = minus(minus(both(now_.last_known_elr, next_.replicas), next_.isr), known);
    known.insert(known.end(), before.begin(), before.end());
    next_.last_known_elr = minus(minus(known, next_.elr), wish_.emptied);
  }

  void choose_leader() {
    if (wish_.appoint) {
      lead_alone(wish_.appoint->first);
      next_.recovery = leader_recovery::recovering;
      elected_ = wish_.appoint->second;
      return;
    }
    const bool stays = leads(now_.leader) || (broken(rule::r17_dead_leader_stays) &&
                                              contains(next_.replicas, now_.leader));
    const auto first = next_.replicas.front();
    if (stays && !(wish_.prefer_first && leads(first)))
      return;
    for (auto node : next_.replicas)
      if (leads(node)) {
        next_.leader = node;
        elected_ = election_kind::clean;
        return;
      }
    const auto& candidates = broken(rule::r17_any_replica_elected) ? next_.replicas : next_.elr;
    const auto eligible =
        std::ranges::find_if(candidates, [&](node_id node) { return live_.contains(node); });
    if (eligible == candidates.end()) {
      next_.leader = no_node;
      return;
    }
    lead_from_eligible(*eligible);
  }
  bool leads(node_id node) const { return contains(next_.isr, node); }

  void lead_alone(node_id node) {
    next_.leader = node;
    next_.isr = {node};
    next_.elr.clear();
    next_.last_known_elr.clear();
  }
  void lead_from_eligible(node_id node) {
    next_.leader = node;
    next_.isr = {node};
    next_.elr = minus(next_.elr, next_.isr);
    if (count(next_.isr) >= minimum(next_.replicas.size()) &&
        !broken(rule::i7_eligible_beside_enough)) {
      next_.elr.clear();
      next_.last_known_elr.clear();
    }
    elected_ = election_kind::eligible;
  }

  std::optional<partition_step> difference() const {
    if (next_ == now_ && !wish_.appoint)
      return std::nullopt;
    partition_step step;
    auto& change = step.change;
    change.topic_id = topic_.id;
    change.partition = now_.id;
    const auto put = [](auto& to, const auto& before, const auto& after) {
      if (before != after)
        to = after;
    };
    put(change.isr, now_.isr, next_.isr);
    put(change.elr, now_.elr, next_.elr);
    put(change.last_known_elr, now_.last_known_elr, next_.last_known_elr);
    put(change.replicas, now_.replicas, next_.replicas);
    put(change.adding, now_.adding_replicas, next_.adding_replicas);
    put(change.removing, now_.removing_replicas, next_.removing_replicas);
    put(change.recovery, now_.recovery, next_.recovery);
    const bool removed = !minus(now_.replicas, next_.replicas).empty();
    if (next_.leader != now_.leader || removed || wish_.appoint)
      change.leader = next_.leader;
    if (next_.leader != now_.leader || wish_.appoint)
      step.elected = elected_;
    return step;
  }

  static std::int32_t count(const node_list& nodes) {
    return static_cast<std::int32_t>(nodes.size());
  }
  std::int32_t minimum(std::size_t replicas) const {
    return effective_min_isr(topic_.config, replicas);
  }

  const topic_metadata& topic_;
  const partition_metadata& now_;
  const live_brokers& live_;
  const partition_wish& wish_;
  partition_metadata next_;
  std::optional<election_kind> elected_;
};

}  // namespace

std::optional<partition_step> plan_partition(const topic_metadata& topic,
                                             const partition_metadata& now,
                                             const live_brokers& live, const partition_wish& wish) {
  return partition_draft{topic, now, live, wish}.make();
}

void add_partition(changes& to, const topic_metadata& topic, const partition_metadata& now,
                   const live_brokers& live, const partition_wish& wish) {
  auto step = plan_partition(topic, now, live, wish);
  if (!step)
    return;
  if (step->elected)
    to.elections.push_back(
        {{topic.name, now.id}, now.leader, *step->change.leader, *step->elected});
  to.list.emplace_back(std::move(step->change));
}

}  // namespace troupe::controller
