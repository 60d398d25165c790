#include "runtime/controller/reassignment.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/controller/elections.hpp"
#include "runtime/controller/partition_plan.hpp"

#include <fmt/format.h>

#include <set>

namespace troupe::controller {

namespace {

error impossible(std::string why) {
  return error{errc::invalid_replica_assignment, std::move(why)};
}

// Before any reassignment that is under way.
node_list original_replicas(const partition_metadata& now) {
  return minus(now.replicas, now.adding_replicas);
}

// What is left must still know all committed records, or, where nobody is sure to, as much as
// before.
result<void> check_survivors(const partition_metadata& now, const node_list& left) {
  // While somebody leads, the partition is not to go offline by this.
  const auto& sure = now.isr.empty() ? now.elr : now.isr;
  const bool enough =
      sure.empty() ? minus(now.last_known_elr, left).empty() : !both(sure, left).empty();
  if (enough)
    return {};
  return impossible(fmt::format(
      "Of the replicas {} that would be left none is in sync or eligible to lead.", to_text(left)));
}

result<partition_wish> wish_to_cancel(const partition_metadata& now) {
  if (!now.being_reassigned())
    return error{errc::no_reassignment_in_progress, "The partition is not being reassigned."};
  partition_wish wish;
  wish.replicas = original_replicas(now);
  if (auto good = check_survivors(now, *wish.replicas); !good)
    return good.error();
  wish.adding = node_list{};
  wish.removing = node_list{};
  return wish;
}

result<partition_wish> wish_for(const metadata_image& image, const partition_metadata& now,
                                const node_list& target) {
  if (auto good = check_replicas(image, target); !good)
    return good.error();
  const auto original = original_replicas(now);
  partition_wish wish;
  wish.adding = minus(target, original);
  wish.removing = minus(original, target);
  for (auto node : *wish.adding)
    if (!image.find_broker(node)->is_live())
      return impossible(fmt::format("Broker {} is not running, so it cannot take a replica over.",
                                    value_of(node)));
  wish.replicas = target;
  wish.replicas->insert(wish.replicas->end(), wish.removing->begin(), wish.removing->end());
  if (auto good = check_survivors(now, *wish.replicas); !good)
    return good.error();
  return wish;
}

result<void> reassign(changes& to, const metadata_image& image,
                      const partition_reassignment& what) {
  const auto found = find_partition(image, what.target);
  if (!found)
    return found.error();
  const auto& [topic, now] = *found;
  const auto wish =
      what.replicas.empty() ? wish_to_cancel(*now) : wish_for(image, *now, what.replicas);
  if (!wish)
    return wish.error();
  add_partition(to, *topic, *now, live_brokers{image}, *wish);
  return {};
}

}  // namespace

result<void> check_replicas(const metadata_image& image, const node_list& replicas) {
  if (replicas.empty())
    return impossible("A partition needs a replica.");
  if (replicas.size() > limits::replicas_max)
    return impossible(fmt::format("A partition has at most {} replicas.", limits::replicas_max));
  if (has_duplicates(replicas))
    return impossible(fmt::format("A broker cannot have two replicas: {}.", to_text(replicas)));
  for (auto node : replicas)
    if (image.find_broker(node) == nullptr)
      return impossible(fmt::format("Broker {} is not registered.", value_of(node)));
  return {};
}

decision<alter_reassignments_response> plan_reassignments(const cluster_state& state,
                                                          const alter_reassignments_request& what) {
  decision<alter_reassignments_response> made;
  std::set<topic_partition> seen;
  for (const auto& each : what.reassignments) {
    result<void> done = error{errc::bad_request, "The partition is named twice."};
    if (seen.insert(each.target).second)
      done = reassign(made.what, state.image(), each);
    made.answer.results.push_back(
        {each.target, done ? outcome{} : outcome{done.error().code, done.error().message}});
  }
  return made;
}

list_reassignments_response list_reassignments(const metadata_image& image,
                                               const list_reassignments_request& what) {
  const std::set<topic_partition> wanted{what.partitions.begin(), what.partitions.end()};
  list_reassignments_response answer;
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions) {
      if (!each.being_reassigned() || (!wanted.empty() && !wanted.contains({name, each.id})))
        continue;
      answer.reassignments.push_back({{name, each.id},
                                      each.replicas,
                                      each.adding_replicas,
                                      each.removing_replicas,
                                      both(each.adding_replicas, each.isr)});
    }
  return answer;
}

}  // namespace troupe::controller
