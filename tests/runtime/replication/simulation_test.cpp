// Three to five replicas, a model of the controller, and a seed that decides everything else: what
// arrives, late, twice or never, which syncs end, who is killed, who loses power, when all do.
// After every event the invariants are checked; in the end everything is healed and must converge.
//
// TROUPE_SEEDS=<first>:<count> runs others; a seed that fails prints how to run it alone.
#include "tests/support/runtime/replica_cluster.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace troupe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

/// Each seed draws how often what goes wrong, so that each runs into another corner.
struct weights {
  explicit weights(rng& draw) {
    for (auto* x : {&lose, &twice, &crash, &fence, &cut, &power_everywhere})
      *x = draw.chance(1, 3) ? 0 : static_cast<int>(draw.below(30));
    unheard = static_cast<int>(draw.below(40));
  }
  int lose = 0;              // of 400 deliveries
  int twice = 0;             // of 400 deliveries
  int crash = 0;             // of 1000 events
  int fence = 0;             // likewise
  int cut = 0;               // likewise
  int power_everywhere = 0;  // of 5000 events
  int unheard = 0;           // metadata is late: percent
};

class simulation {
 public:
  explicit simulation(std::uint64_t seed)
      : draw_(seed), odds_(draw_), c_(options(draw_)), loses_unsynced_(sync_) {
    c_.controller.elect(node_id{1});
    c_.hear_all();
  }

  std::string run(int events) {
    for (int i = 0; i < events; ++i) {
      step();
      if (i % 64 == 0)
        c_.check_logs();
      if (const auto& broken = c_.broken_rule(); !broken.empty())
        return fmt::format("event {}: {}", i, broken);
    }
    return converge();
  }

  std::size_t acknowledged() const {
    std::size_t count = 0;
    for (const auto& x : c_.all_sent())
      count += x.acked() ? 1 : 0;
    return count;
  }

 private:
  cluster_options options(rng& draw) {
    cluster_options how;
    how.nodes = 3 + static_cast<int>(draw.below(3));
    how.min_isr = 1 + static_cast<std::int32_t>(draw.below(3));
    sync_ = !draw.chance(1, 5);
    how.flush = sync_ ? flush_policy::fsync : flush_policy::os;
    how.fetch_bytes = draw.chance(1, 3) ? 200 : 1 << 20;
    how.slow_disks = true;
    return how;
  }

  int any_node() {
    return 1 + static_cast<int>(draw_.below(static_cast<std::uint64_t>(c_.nodes())));
  }
  int leader() { return value_of(c_.controller.now().leader); }

  void step() {
    const auto dice = draw_.below(1000);
    if (static_cast<int>(draw_.below(5000)) < odds_.power_everywhere)
      return power_loss_everywhere();
    if (static_cast<int>(draw_.below(1000)) < odds_.crash)
      return crash_or_start();
    if (static_cast<int>(draw_.below(1000)) < odds_.fence)
      return fence_or_not();
    if (static_cast<int>(draw_.below(1000)) < odds_.cut)
      return cut_or_heal();
    if (dice < 550)
      deliver();
    else if (dice < 700)
      end_sync();
    else if (dice < 850)
      produce();
    else if (dice < 900)
      consume();
    else if (dice < 955)
      hear();
    else if (dice < 960)
      delete_records();
    else
      c_.advance(std::chrono::milliseconds{draw_.below(draw_.chance(1, 10) ? 40'000 : 700)});
  }

  void deliver() {
    auto& all = c_.in_flight();
    if (all.empty())
      return;
    auto which = all.begin();
    // Mostly in order, now and then any.
    if (draw_.chance(1, 4))
      std::advance(which, static_cast<std::ptrdiff_t>(draw_.below(all.size())));
    const auto fate = static_cast<int>(draw_.below(400));
    if (fate < odds_.lose)
      return void(all.erase(which));
    // A connection delivers once; the leader itself sends a proposal again.
    if (fate < odds_.lose + odds_.twice && !std::holds_alternative<isr_proposal>(which->what))
      all.push_back(*which);
    if (draw_.chance(1, 50))
      c_.fail_over_after_commit();
    c_.deliver(which);
  }

  void end_sync() {
    const auto node = any_node();
    if (c_.is_syncing(node))
      c_.end_sync(node);
  }

  void produce() {
    // Some clients still talk to an old leader.
    const auto node = draw_.chance(1, 5) ? any_node() : leader();
    if (node < 1 || !c_.is_up(node))
      return;
    const auto acks = draw_.chance(1, 4) ? required_acks::leader : required_acks::all;
    c_.produce(node, fmt::format("r{}", c_.all_sent().size()), acks);
  }

  void consume() {
    for (int node : {leader(), any_node()})
      if (node >= 1 && c_.is_up(node))
        c_.consume(node);
  }

  void delete_records() {
    const auto node = leader();
    if (node < 1 || !c_.is_up(node) || !draw_.chance(1, 3))
      return;
    const auto below = static_cast<std::uint64_t>(c_.high_watermark(node)) + 1;
    c_.delete_below(node, static_cast<offset_t>(draw_.below(below)));
  }

  void hear() {
    for (int node = 1; node <= c_.nodes(); ++node)
      if (static_cast<int>(draw_.below(100)) >= odds_.unheard)
        c_.hear(node);
  }

  void stop(int node) {
    // Without syncs a power loss may lose what is committed: nobody promised otherwise.
    if (loses_unsynced_ && draw_.chance(1, 2))
      c_.power_loss(node, draw_.next());
    else
      c_.kill(node);
  }

  void crash_or_start() {
    const auto node = any_node();
    if (c_.is_up(node)) {
      stop(node);
      if (draw_.chance(1, 2))
        c_.controller.fence(node_id{node});
    } else {
      c_.start(node);
    }
  }

  void fence_or_not() {
    const auto node = any_node();
    if (!c_.controller.is_fenced(node_id{node}))
      c_.controller.fence(node_id{node});
    else if (c_.is_up(node))
      c_.controller.unfence(node_id{node});
  }

  void cut_or_heal() {
    if (draw_.chance(1, 3))
      return c_.heal();
    if (draw_.chance(1, 3))
      return c_.isolate(any_node());
    c_.cut(any_node(), static_cast<int>(draw_.below(static_cast<std::uint64_t>(c_.nodes() + 1))));
  }

  void power_loss_everywhere() {
    if (!loses_unsynced_)
      return;
    for (int node = 1; node <= c_.nodes(); ++node)
      if (c_.is_up(node))
        c_.power_loss(node, draw_.next());
    for (int node = 1; node <= c_.nodes(); ++node)
      if (draw_.chance(3, 4))
        c_.start(node);
  }

  /// Everything works again: all replicas get in sync and are equal.
  std::string converge() {
    c_.heal();
    for (int node = 1; node <= c_.nodes(); ++node) {
      if (!c_.is_up(node))
        c_.start(node);
      c_.controller.unfence(node_id{node});
    }
    for (int round = 0; round < 400; ++round) {
      c_.hear_all();
      c_.run();
      for (int node = 1; node <= c_.nodes(); ++node)
        if (c_.is_syncing(node))
          c_.end_sync(node);
      c_.advance(200ms);
      if (round > 20 && is_converged())
        break;
    }
    c_.check_logs();
    if (const auto& broken = c_.broken_rule(); !broken.empty())
      return "healed: " + broken;
    return is_converged() ? "" : describe();
  }

  bool is_converged() {
    const auto lead = leader();
    if (lead < 1 || static_cast<int>(c_.controller.now().isr.size()) != c_.nodes())
      return false;
    for (int node = 1; node <= c_.nodes(); ++node) {
      // A replica may have deleted more than the leader: nobody was told that it is gone for good.
      const auto start = std::max(c_.log(node).log_start(), c_.log(lead).log_start());
      if (c_.log(node).log_start() < start || c_.values(node) != c_.values(lead, start))
        return false;
    }
    return c_.high_watermark(lead) == c_.log(lead).log_end();
  }

  std::string describe() {
    auto text = fmt::format("I18: not converged: leader {} epoch {} isr {};", leader(),
                            value_of(c_.controller.now().epoch), c_.isr());
    for (int node = 1; node <= c_.nodes(); ++node)
      text += fmt::format(" {}: [{}, {}) hw {} epoch {} follower state {};", node,
                          c_.log(node).log_start(), c_.log(node).log_end(), c_.high_watermark(node),
                          value_of(c_.replica(node).epoch()),
                          static_cast<int>(c_.replica(node).follower().now_is()));
    return text;
  }

  rng draw_;
  weights odds_;
  bool sync_ = true;
  replica_cluster c_;
  bool loses_unsynced_;
};

TEST(ReplicationSimulation, InvariantsHoldAfterEveryEvent) {
  std::uint64_t first = 1;
  std::uint64_t count = 2'000;
  if (const auto* given = std::getenv("TROUPE_SEEDS")) {
    char* rest = nullptr;
    first = std::strtoull(given, &rest, 10);
    count = *rest == ':' ? std::strtoull(rest + 1, nullptr, 10) : 1;
  }
  std::size_t acknowledged = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    simulation world{seed};
    const auto broken = world.run(2'000);
    ASSERT_EQ(broken, "") << "replay: TROUPE_SEEDS=" << seed << ":1 test_runtime --gtest_filter="
                          << "ReplicationSimulation.InvariantsHoldAfterEveryEvent";
    acknowledged += world.acknowledged();
  }
  RecordProperty("seeds", static_cast<int>(count));
  RecordProperty("acknowledged", static_cast<int>(acknowledged));
  EXPECT_GT(acknowledged, count * 5) << "a simulation in which nothing happens proves nothing";
}

}  // namespace
}  // namespace troupe
