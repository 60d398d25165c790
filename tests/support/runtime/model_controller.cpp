#include "tests/support/runtime/model_controller.hpp"

namespace troupe::testing {

model_controller::model_controller(int nodes, std::int32_t min_isr) {
  partition_assignment first{.epoch = leader_epoch{0}, .min_isr = min_isr};
  for (int i = 1; i <= nodes; ++i) {
    brokers_[node_id{i}] = {++registrations_, false};
    first.replicas.push_back({.id = node_id{i}});
    first.isr.push_back(node_id{i});
  }
  publish(std::move(first));
}

void model_controller::publish(partition_assignment next) {
  for (auto& x : next.replicas) {
    x.broker_epoch = brokers_[x.id].epoch;
    x.eligible = !brokers_[x.id].fenced;
  }
  versions_.push_back(std::move(next));
}

// -- brokers ----------------------------------------------------------------------

std::int64_t model_controller::enroll(node_id id, bool lost_data) {
  brokers_[id].fenced = true;
  brokers_[id].epoch = ++registrations_;
  leave(id, lost_data);
  elect_if_needed();
  return brokers_[id].epoch;
}

void model_controller::fence(node_id id) {
  brokers_[id].fenced = true;
  leave(id, false);
  elect_if_needed();
}

void model_controller::unfence(node_id id) {
  brokers_[id].fenced = false;
  publish(now());
  elect_if_needed();
}

void model_controller::leave(node_id id, bool lost_data) {
  auto next = now();
  if (contains(next.isr, id)) {
    std::erase(next.isr, id);
    keep_eligible({id}, next.isr);
    ++next.partition_epoch;
  }
  if (lost_data)
    std::erase(elr_, id);
  // What a process leads, no later one of the same node leads in the same epoch.
  if (next.leader == id) {
    next.leader = no_node;
    next.epoch = leader_epoch{value_of(next.epoch) + 1};
    ++next.partition_epoch;
  }
  publish(std::move(next));
}

void model_controller::keep_eligible(const std::vector<node_id>& left,
                                     const std::vector<node_id>& isr) {
  if (static_cast<std::int32_t>(isr.size()) >= min_isr()) {
    elr_.clear();
    return;
  }
  for (auto id : left)
    if (!contains(elr_, id))
      elr_.push_back(id);
  std::erase_if(elr_, [&](node_id id) { return contains(isr, id); });
}

// -- the partition ------------------------------------------------------------------

void model_controller::elect(node_id id) {
  auto next = now();
  next.leader = id;
  next.epoch = leader_epoch{value_of(next.epoch) + 1};
  ++next.partition_epoch;
  if (!contains(next.isr, id)) {
    next.isr.push_back(id);
    keep_eligible({}, next.isr);
  }
  publish(std::move(next));
}

void model_controller::elect_if_needed() {
  if (now().leader != no_node)
    return;
  for (const auto& from : {now().isr, elr_})
    for (auto id : from)
      if (!brokers_[id].fenced)
        return elect(id);
}

errc model_controller::check(node_id sender, std::int64_t broker_epoch,
                             const isr_proposal& what) const {
  const auto& own = now();
  if (broker_epoch != brokers_.at(sender).epoch)
    return errc::stale_broker_epoch;
  if (what.epoch > own.epoch || what.partition_epoch > own.partition_epoch)
    return errc::not_controller;
  if (what.epoch < own.epoch)
    return errc::fenced_leader_epoch;
  if (sender != own.leader)
    return errc::bad_request;
  if (what.partition_epoch < own.partition_epoch)
    return errc::invalid_update_version;
  auto has_leader = false;
  for (const auto& x : what.isr) {
    if (own.find(x.id) == nullptr)
      return errc::bad_request;
    has_leader |= x.id == own.leader;
  }
  if (!has_leader)
    return errc::bad_request;
  for (const auto& x : what.isr)
    if (brokers_.at(x.id).fenced || brokers_.at(x.id).epoch != x.broker_epoch)
      return errc::ineligible_replica;
  return errc::none;
}

isr_answer model_controller::alter(node_id sender, std::int64_t broker_epoch,
                                   const isr_proposal& what) {
  isr_answer answer{.number = what.number, .epoch = what.epoch};
  answer.code = check(sender, broker_epoch, what);
  if (answer.code != errc::none)
    return answer;
  auto next = now();
  const auto before = std::exchange(next.isr, {});
  for (const auto& x : what.isr)
    next.isr.push_back(x.id);
  keep_eligible(before, next.isr);
  ++next.partition_epoch;
  answer.partition_epoch = next.partition_epoch;
  answer.isr = next.isr;
  publish(std::move(next));
  return answer;
}

void model_controller::unassign(node_id id) {
  auto next = now();
  std::erase_if(next.replicas, [id](const assigned_replica& x) { return x.id == id; });
  std::erase(next.isr, id);
  std::erase(elr_, id);
  ++next.partition_epoch;
  publish(std::move(next));
}

void model_controller::assign(node_id id) {
  auto next = now();
  next.replicas.push_back({.id = id});
  ++next.partition_epoch;
  publish(std::move(next));
}

}  // namespace troupe::testing
