#include "runtime/controller/health.hpp"

#include "runtime/controller/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::controller {

namespace {

std::int32_t minimum(const topic_metadata& topic, const partition_metadata& x) {
  return effective_min_isr(topic.config, x.replicas.size());
}

bool has(const topic_metadata& topic, const partition_metadata& x, partition_problem what) {
  switch (what) {
    case partition_problem::under_replicated: return is_under_replicated(x);
    case partition_problem::under_min_isr: return is_under_min_isr(topic, x);
    case partition_problem::at_min_isr: return is_at_min_isr(topic, x);
    case partition_problem::offline: return is_offline(x);
  }
  return false;
}

// The sentences about one partition.
class partition_check {
 public:
  partition_check(const topic_metadata& topic, const partition_metadata& x,
                  const live_brokers& live, std::vector<std::string>& faults)
      : topic_(topic), x_(x), live_(live), faults_(faults) {}

  void run() {
    sets();
    expect(both(x_.isr, x_.elr).empty(), "ISR and ELR overlap");
    for (auto node : x_.isr)
      expect(live_.contains(node), "a broker in the ISR is fenced or stopping");
    const bool enough = static_cast<std::int32_t>(x_.isr.size()) >= minimum(topic_, x_);
    expect(!enough || (x_.elr.empty() && x_.last_known_elr.empty()),
           "there are eligible replicas beside enough in-sync ones");
    if (x_.leader != no_node)
      expect(contains(x_.isr, x_.leader), "the leader is not in the ISR");
    else
      expect(x_.isr.empty() &&
                 std::ranges::none_of(x_.elr, [&](auto node) { return live_.contains(node); }),
             "there is no leader, but somebody who could lead");
    expect(x_.recovery == leader_recovery::recovered || x_.isr.size() <= 1,
           "somebody is in sync with a leader that has not recovered");
  }

 private:
  void sets() {
    expect(!x_.replicas.empty(), "there are no replicas");
    expect(!has_duplicates(x_.replicas) && !has_duplicates(x_.isr) && !has_duplicates(x_.elr) &&
               !has_duplicates(x_.last_known_elr),
           "a broker is in a set twice");
    for (const auto* set :
         {&x_.isr, &x_.elr, &x_.last_known_elr, &x_.adding_replicas, &x_.removing_replicas})
      expect(minus(*set, x_.replicas).empty(), "a set has a broker that is no replica");
    expect(both(x_.adding_replicas, x_.removing_replicas).empty(), "one is added and removed");
  }
  void expect(bool holds, std::string_view otherwise) {
    if (!holds)
      faults_.push_back(fmt::format(
          "{}-{}: {} (leader {} epoch {}, replicas {}, ISR {}, ELR {}, last known {})", topic_.name,
          value_of(x_.id), otherwise, value_of(x_.leader), x_.partition_epoch, to_text(x_.replicas),
          to_text(x_.isr), to_text(x_.elr), to_text(x_.last_known_elr)));
  }

  const topic_metadata& topic_;
  const partition_metadata& x_;
  const live_brokers& live_;
  std::vector<std::string>& faults_;
};

}  // namespace

bool is_under_replicated(const partition_metadata& x) {
  return x.isr.size() < x.replicas.size() - x.adding_replicas.size();
}

bool is_under_min_isr(const topic_metadata& topic, const partition_metadata& x) {
  return static_cast<std::int32_t>(x.isr.size()) < minimum(topic, x);
}

bool is_at_min_isr(const topic_metadata& topic, const partition_metadata& x) {
  return static_cast<std::int32_t>(x.isr.size()) == minimum(topic, x);
}

std::vector<topic_partition> list_partitions(const metadata_image& image, partition_problem what,
                                             std::size_t most) {
  std::vector<topic_partition> found;
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions) {
      if (found.size() >= most)
        return found;
      if (has(*topic, each, what))
        found.push_back({name, each.id});
    }
  return found;
}

cluster_health health_of(const metadata_image& image) {
  cluster_health sum;
  for (const auto& broker : image.brokers) {
    sum.fenced_brokers += broker.fenced ? 1 : 0;
    sum.live_brokers += broker.is_live() ? 1 : 0;
  }
  for (const auto& [name, topic] : image.topics)
    for (const auto& each : topic->partitions) {
      ++sum.partitions;
      sum.under_replicated += is_under_replicated(each) ? 1 : 0;
      sum.under_min_isr += is_under_min_isr(*topic, each) ? 1 : 0;
      sum.at_min_isr += is_at_min_isr(*topic, each) ? 1 : 0;
      sum.offline += is_offline(each) ? 1 : 0;
      sum.not_preferred += each.leader != no_node && each.leader != each.replicas.front() ? 1 : 0;
      sum.reassigned += each.being_reassigned() ? 1 : 0;
    }
  return sum;
}

std::vector<std::string> broken_invariants(const metadata_image& image) {
  std::vector<std::string> faults;
  const broker_metadata* before = nullptr;
  for (const auto& broker : image.brokers) {
    if (before != nullptr && before->id >= broker.id)
      faults.push_back(fmt::format("broker {} is not in order", value_of(broker.id)));
    before = &broker;
  }
  const live_brokers live{image};
  for (const auto& [name, topic] : image.topics) {
    std::int32_t number = 0;
    for (const auto& each : topic->partitions) {
      if (value_of(each.id) != number++)
        faults.push_back(fmt::format("{}: partition {} is not in order", name, value_of(each.id)));
      partition_check{*topic, each, live, faults}.run();
    }
  }
  return faults;
}

}  // namespace troupe::controller
