#include "runtime/controller/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace troupe::controller {

namespace {

struct candidate {
  node_id id{};
  std::string rack;
  bool live = false;
  broker_load here;        // of the partitions being placed
  broker_load altogether;  // of those that were there
};

std::vector<candidate> candidates_of(const cluster_state& state) {
  std::vector<candidate> all;
  for (const auto& broker : state.image().brokers) {
    const auto load = state.loads().find(broker.id);
    all.push_back({broker.id,
                   broker.rack,
                   broker.is_live(),
                   {},
                   load == state.loads().end() ? broker_load{} : load->second});
  }
  return all;
}

class placer {
 public:
  placer(std::vector<candidate> brokers, rng& chance)
      : brokers_(std::move(brokers)), chance_(chance) {}

  node_list place(std::int32_t replicas) {
    chosen_.clear();
    while (static_cast<std::int32_t>(chosen_.size()) < replicas)
      choose();
    node_list nodes;
    for (auto* each : chosen_)
      nodes.push_back(each->id);
    return nodes;
  }

 private:
  void choose() {
    const bool leads = chosen_.empty();
    candidate* best = nullptr;
    // Among equals each is as likely: the n-th takes the place of the best with chance 1/n.
    std::uint64_t equals = 0;
    for (auto& each : brokers_) {
      if (std::ranges::find(chosen_, &each) != chosen_.end())
        continue;
      const auto order =
          best == nullptr ? std::strong_ordering::less : cost(each, leads) <=> cost(*best, leads);
      equals = order < 0 ? 1 : equals + (order == 0 ? 1 : 0);
      if (order < 0 || (order == 0 && chance_.below(equals) == 0))
        best = &each;
    }
    ++best->here.replicas;
    best->here.preferred += leads ? 1 : 0;
    chosen_.push_back(best);
  }

  std::tuple<bool, bool, std::int64_t, std::int64_t, std::int64_t, std::int64_t> cost(
      const candidate& x, bool leads) const {
    const bool rack_used = !x.rack.empty() && std::ranges::any_of(chosen_, [&](const auto* other) {
      return other->rack == x.rack;
    });
    const auto of = [&](const broker_load& load) { return leads ? load.preferred : load.replicas; };
    const auto other = [&](const broker_load& load) {
      return leads ? load.replicas : load.preferred;
    };
    return {!x.live, rack_used, of(x.here), of(x.altogether), other(x.here), other(x.altogether)};
  }

  std::vector<candidate> brokers_;
  rng& chance_;
  std::vector<candidate*> chosen_;
};

}  // namespace

result<std::vector<node_list>> place_replicas(const cluster_state& state, std::int32_t count,
                                              std::int32_t replicas, rng& chance) {
  auto brokers = candidates_of(state);
  if (replicas < 1 || static_cast<std::size_t>(replicas) > brokers.size())
    return error{errc::invalid_replication_factor,
                 fmt::format("The replication factor must be 1 to {}, the number of brokers, or -1 "
                             "for the default; it is {}.",
                             brokers.size(), replicas)};
  if (std::ranges::none_of(brokers, &candidate::live))
    return error{errc::invalid_replication_factor, "No broker is running that could lead."};
  placer placing{std::move(brokers), chance};
  std::vector<node_list> all;
  all.reserve(static_cast<std::size_t>(count));
  for (std::int32_t i = 0; i < count; ++i)
    all.push_back(placing.place(replicas));
  return all;
}

}  // namespace troupe::controller
