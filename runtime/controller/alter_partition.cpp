#include "runtime/controller/alter_partition.hpp"

#include "runtime/base/mutants.hpp"
#include "runtime/controller/partition_plan.hpp"

#include <fmt/format.h>

namespace troupe::controller {

namespace {

node_list nodes_of(const std::vector<replica_state>& isr) {
  node_list nodes;
  for (const auto& each : isr)
    nodes.push_back(each.broker);
  return nodes;
}

result<void> check_sender(const metadata_image& image, const alter_partition_request& what) {
  const auto* sender = image.find_broker(what.broker);
  if (broken(rule::r13_stale_broker_epoch_accepted))
    return {};
  if (sender == nullptr || sender->epoch != what.epoch)
    return error{errc::stale_broker_epoch, fmt::format("Broker {} is not registered with epoch {}.",
                                                       value_of(what.broker), what.epoch)};
  return {};
}

result<void> check_epochs(const partition_metadata& now, const alter_partition_request& what) {
  if (what.known_leader_epoch > now.epoch || what.partition_epoch > now.partition_epoch)
    return error{errc::not_controller,
                 "The leader knows of changes that this controller does not."};
  if (what.known_leader_epoch < now.epoch && !broken(rule::r13_old_leader_epoch_accepted))
    return error{errc::fenced_leader_epoch,
                 fmt::format("The leader epoch is {}, not {}.", value_of(now.epoch),
                             value_of(what.known_leader_epoch))};
  if (what.broker != now.leader)
    return error{errc::bad_request,
                 fmt::format("Broker {} does not lead the partition.", value_of(what.broker))};
  if (what.partition_epoch < now.partition_epoch && !broken(rule::r13_old_partition_epoch_accepted))
    return error{errc::invalid_update_version,
                 fmt::format("The partition epoch is {}, not {}.", now.partition_epoch,
                             what.partition_epoch)};
  return {};
}

result<void> check_set(const partition_metadata& now, const alter_partition_request& what) {
  const auto isr = nodes_of(what.isr);
  if (!minus(isr, now.replicas).empty() || has_duplicates(isr) || !contains(isr, what.broker))
    return error{errc::bad_request,
                 fmt::format("In sync can be the leader {} and others of the replicas {}, not {}.",
                             value_of(what.broker), to_text(now.replicas), to_text(isr))};
  const bool recovering = what.recovery == leader_recovery::recovering;
  if (recovering && isr.size() > 1)
    return error{errc::bad_request, "Nobody joins a leader in sync before it has recovered."};
  if (recovering && now.recovery == leader_recovery::recovered)
    return error{errc::bad_request, "A leader that has recovered does not recover again."};
  return {};
}

result<void> check_members(const metadata_image& image, const alter_partition_request& what) {
  if (broken(rule::r13_anybody_joins))
    return {};
  for (const auto& member : what.isr) {
    const auto* broker = image.find_broker(member.broker);
    std::string why;
    if (broker == nullptr)
      why = "is not registered";
    else if (broker->fenced)
      why = "is fenced";
    else if (broker->shutting_down)
      why = "is shutting down";
    else if (broker->epoch != member.epoch)
      why = fmt::format("has epoch {}, not {}", broker->epoch, member.epoch);
    if (!why.empty())
      return error{errc::ineligible_replica,
                   fmt::format("Broker {} {}.", value_of(member.broker), why)};
  }
  return {};
}

decision<alter_partition_response> refusal(const error& why) {
  decision<alter_partition_response> made;
  made.answer.result = {why.code, why.message};
  return made;
}

void answer(decision<alter_partition_response>& made, const partition_metadata& now) {
  auto next = now;
  for (const auto& each : made.what.list) {
    const auto& change = std::get<partition_changed>(each);
    next.isr = change.isr.value_or(next.isr);
    next.recovery = change.recovery.value_or(next.recovery);
    ++next.partition_epoch;
    if (change.leader) {
      next.leader = *change.leader;
      next.epoch = leader_epoch{value_of(next.epoch) + 1};
    }
  }
  auto& to = made.answer;
  to.leader = next.leader;
  to.epoch = next.epoch;
  to.partition_epoch = next.partition_epoch;
  to.isr = next.isr;
  to.recovery = next.recovery;
  if (next.leader != now.leader)
    to.result = {errc::new_leader_elected,
                 fmt::format("The reassignment has ended: broker {} leads the partition.",
                             value_of(next.leader))};
  else if (next.epoch != now.epoch)
    to.result = {errc::fenced_leader_epoch,
                 "The reassignment has ended: a new leader epoch has begun."};
}

}  // namespace

decision<alter_partition_response> plan_alter_partition(const cluster_state& state,
                                                        const alter_partition_request& what) {
  const auto& image = state.image();
  if (auto good = check_sender(image, what); !good)
    return refusal(good.error());
  const auto topic = state.find_topic(what.topic_id);
  if (topic == nullptr)
    return refusal(error{errc::unknown_topic, "The topic does not exist."});
  const auto index = static_cast<std::size_t>(value_of(what.partition));
  if (value_of(what.partition) < 0 || index >= topic->partitions.size())
    return refusal(error{errc::unknown_partition,
                         fmt::format("Topic '{}' has no partition {}.", topic->name, index)});
  const auto& now = topic->partitions[index];
  for (const auto& good :
       {check_epochs(now, what), check_set(now, what), check_members(image, what)})
    if (!good)
      return refusal(good.error());
  partition_wish wish;
  wish.isr = nodes_of(what.isr);
  wish.recovery = what.recovery;
  // The order of the set says nothing.
  if (wish.isr->size() == now.isr.size() && minus(*wish.isr, now.isr).empty())
    wish.isr = now.isr;
  decision<alter_partition_response> made;
  add_partition(made.what, *topic, now, live_brokers{image}, wish);
  answer(made, now);
  return made;
}

}  // namespace troupe::controller
