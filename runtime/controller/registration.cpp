// plan_registration of brokers.hpp.
#include "runtime/base/limits.hpp"
#include "runtime/base/mutants.hpp"
#include "runtime/controller/brokers.hpp"
#include "runtime/controller/partition_plan.hpp"

#include <fmt/format.h>

namespace troupe::controller {

namespace {

result<void> check_node(const cluster_state& state, const register_broker_request& what) {
  const auto& broker = what.broker;
  const auto id = value_of(broker.id);
  if (what.cluster_id != state.image().cluster_id)
    return error{errc::inconsistent_cluster_id,
                 fmt::format("Node {} belongs to cluster '{}', this is cluster '{}'.", id,
                             what.cluster_id, state.image().cluster_id)};
  if (what.protocol_version < cluster_protocol_oldest ||
      what.protocol_version > cluster_protocol_version)
    return error{
        errc::unsupported_version,
        fmt::format("Node {} speaks version {} of the protocol between nodes, this "
                    "controller versions {} to {}.",
                    id, what.protocol_version, cluster_protocol_oldest, cluster_protocol_version)};
  const auto refuse = [&](std::string_view why) {
    return error{errc::invalid_registration,
                 fmt::format("The registration of node {} {}.", id, why)};
  };
  if (id < 0)
    return refuse("has a negative node id");
  if (broker.incarnation.empty() || broker.directory.empty())
    return refuse("does not name its process and its data directory");
  if (broker.host.empty() || broker.port == 0 || broker.cluster_host.empty() ||
      broker.cluster_port == 0)
    return refuse("does not say where the node is reached");
  return {};
}

result<void> check_place(const cluster_state& state, const sessions& heard,
                         const register_broker_request& what, mono_time now) {
  const auto id = what.broker.id;
  const auto* known = state.image().find_broker(id);
  if (known == nullptr) {
    if (state.image().brokers.size() < limits::brokers_max)
      return {};
    return error{errc::policy_violation,
                 fmt::format("A cluster has at most {} brokers.", limits::brokers_max)};
  }
  if (heard.valid(id, now) && !broken(rule::r21_two_processes))
    return error{errc::duplicate_broker_registration,
                 fmt::format("Node id {} is in use by the process at {}:{}; if that one has ended, "
                             "its session does soon.",
                             value_of(id), known->cluster_host, known->cluster_port)};
  return {};
}

// What became of the data this broker had when it was heard last.
enum class survival : std::uint8_t { all, synced, nothing };

survival survival_of(const broker_metadata& known, const register_broker_request& what) {
  if (what.broker.directory != known.directory)
    return survival::nothing;
  return what.previous_epoch == known.epoch ? survival::all : survival::synced;
}

partition_wish wish_for(const topic_metadata& topic, node_id broker, survival data) {
  partition_wish wish;
  if (data == survival::nothing)
    wish.emptied = {broker};
  else if (data == survival::synced && topic.config.flush() == flush_policy::os)
    wish.lost = {broker};
  else if (data == survival::synced)
    wish.doubtful = {broker};
  return wish;
}

bool concerns(const partition_metadata& x, node_id broker) {
  return contains(x.replicas, broker) &&
         (x.leader == broker || contains(x.isr, broker) || contains(x.elr, broker) ||
          contains(x.last_known_elr, broker));
}

}  // namespace

result<decision<register_broker_response>> plan_registration(const cluster_state& state,
                                                             const sessions& heard,
                                                             const register_broker_request& what,
                                                             mono_time now) {
  if (auto good = check_node(state, what); !good)
    return good.error();
  const auto id = what.broker.id;
  const auto* known = state.image().find_broker(id);
  decision<register_broker_response> made;
  if (known != nullptr && known->incarnation == what.broker.incarnation) {
    made.answer.epoch = known->epoch;
    return made;
  }
  if (auto good = check_place(state, heard, what, now); !good)
    return good.error();
  auto broker = what.broker;
  broker.epoch = no_broker_epoch;
  broker.fenced = true;
  broker.shutting_down = false;
  made.what.list.emplace_back(broker_registered{std::move(broker)});
  if (known == nullptr)
    return made;
  const auto data = survival_of(*known, what);
  live_brokers live{state.image()};
  live.erase(id);
  for (const auto& [name, topic] : state.image().topics)
    for (const auto& each : topic->partitions)
      if (concerns(each, id))
        add_partition(made.what, *topic, each, live, wish_for(*topic, id, data));
  return made;
}

}  // namespace troupe::controller
