// R13, R16: changes of the in-sync replicas that a leader asks for.
#include "tests/support/runtime/cluster_fixture.hpp"

namespace troupe::controller {
namespace {

class AlterPartition : public cluster_fixture {
 protected:
  AlterPartition() {
    up({1, 2, 3, 4});
    EXPECT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
    // Epochs above zero, so that there are older ones.
    crash(1);
    restart(1);
    EXPECT_EQ(alter("t", nodes({1, 2, 3})), errc::none);
  }
  errc ask(const alter_partition_request& what) {
    return core->ask(what, time.now()).answer.result.code;
  }
};

// Each request is wrong in everything from its own row downwards, so the order shows.
TEST_F(AlterPartition, ChecksComeInOneOrder) {
  crash(3);
  ASSERT_EQ(leader("t"), 2);
  auto what = proposal("t", nodes({2, 1}));
  what.isr.push_back({node_id{3}, broker(3).epoch});
  EXPECT_EQ(ask(what), errc::ineligible_replica);
  what.recovery = leader_recovery::recovering;
  EXPECT_EQ(ask(what), errc::bad_request);
  what.isr.push_back({node_id{4}, broker(4).epoch});
  EXPECT_EQ(ask(what), errc::bad_request);
  --what.partition_epoch;
  EXPECT_EQ(ask(what), errc::invalid_update_version);
  what.broker = node_id{1};
  what.epoch = broker(1).epoch;
  EXPECT_EQ(ask(what), errc::bad_request);
  what.known_leader_epoch = leader_epoch{0};
  EXPECT_EQ(ask(what), errc::fenced_leader_epoch);
  what.partition_epoch += 9;
  EXPECT_EQ(ask(what), errc::not_controller);
  what.partition = partition_id{7};
  EXPECT_EQ(ask(what), errc::unknown_partition);
  what.topic_id = "none";
  EXPECT_EQ(ask(what), errc::unknown_topic);
  --what.epoch;
  EXPECT_EQ(ask(what), errc::stale_broker_epoch);
}

TEST_F(AlterPartition, EachCheckByItself) {
  using edit = void (*)(alter_partition_request&);
  const std::pair<edit, errc> table[] = {
      {[](auto& x) { --x.epoch; }, errc::stale_broker_epoch},
      {[](auto& x) { x.broker = node_id{9}; }, errc::stale_broker_epoch},
      {[](auto& x) { x.partition = partition_id{-1}; }, errc::unknown_partition},
      {[](auto& x) { x.known_leader_epoch = leader_epoch{99}; }, errc::not_controller},
      {[](auto& x) { ++x.partition_epoch; }, errc::not_controller},
      {[](auto& x) { x.known_leader_epoch = leader_epoch{0}; }, errc::fenced_leader_epoch},
      {[](auto& x) { --x.partition_epoch; }, errc::invalid_update_version},
      {[](auto& x) { x.isr[0].broker = node_id{4}; }, errc::bad_request},
      {[](auto& x) { x.isr[0] = x.isr[1]; }, errc::bad_request},
      {[](auto& x) { x.isr.clear(); }, errc::bad_request},
      {[](auto& x) { x.recovery = leader_recovery::recovering; }, errc::bad_request},
      {[](auto& x) { --x.isr.back().epoch; }, errc::ineligible_replica},
  };
  const auto before = describe(core->state());
  for (const auto& [change, expected] : table) {
    auto what = proposal("t", nodes({1, 2, 3}));
    what.isr = {{node_id{1}, broker(1).epoch},
                {node_id{2}, broker(2).epoch},
                {node_id{3}, broker(3).epoch}};
    change(what);
    EXPECT_EQ(ask(what), expected);
    EXPECT_EQ(describe(core->state()), before);
  }
}

TEST_F(AlterPartition, TheAnswerIsThePartitionAsCommitted) {
  const auto answer = core->ask(proposal("t", nodes({2, 1})), time.now());
  EXPECT_TRUE(answer.answer.result.ok());
  EXPECT_EQ(answer.after, image().offset);
  const auto& now = part("t");
  EXPECT_EQ(answer.answer.leader, now.leader);
  EXPECT_EQ(answer.answer.epoch, now.epoch);
  EXPECT_EQ(answer.answer.partition_epoch, now.partition_epoch);
  EXPECT_EQ(answer.answer.isr, now.isr);
  EXPECT_EQ(now.isr, nodes({2, 1}));
}

TEST_F(AlterPartition, TheSameSetChangesNothing) {
  const auto batches = log.batches.size();
  const auto answer = core->ask(proposal("t", nodes({3, 2, 1})), time.now()).answer;
  EXPECT_TRUE(answer.result.ok());
  EXPECT_EQ(answer.partition_epoch, part("t").partition_epoch);
  EXPECT_EQ(log.batches.size(), batches);
}

// TR8: the follower of this proposal lost power and is another process now.
TEST_F(AlterPartition, TR8_ARebootedFollowerIsNotAdmittedOnWhatItHadBefore) {
  EXPECT_EQ(alter("t", nodes({2, 1})), errc::none);
  const auto what = proposal("t", nodes({2, 1, 3}));
  crash(3);
  directories[3] = "new disk";
  restart(3);
  auto late = what;
  late.partition_epoch = part("t").partition_epoch;
  EXPECT_EQ(ask(late), errc::ineligible_replica);
  EXPECT_EQ(part("t").isr, nodes({2, 1}));
}

TEST_F(AlterPartition, WhoLeavesTooSmallASetStaysEligible) {
  EXPECT_EQ(part("t").isr.size(), 3u);
  EXPECT_EQ(alter("t", nodes({2, 3})), errc::none);
  EXPECT_TRUE(part("t").elr.empty());
  EXPECT_EQ(alter("t", nodes({2})), errc::none);
  EXPECT_EQ(part("t").elr, nodes({3}));
  EXPECT_EQ(alter("t", nodes({2, 1})), errc::none);
  EXPECT_TRUE(part("t").elr.empty());
}

TEST_F(AlterPartition, TheOldLeaderCannotShrinkAfterItsSuccessorIsElected) {
  const auto what = proposal("t", nodes({2}));
  crash(2);
  (void)heartbeat(2);
  EXPECT_FALSE(broker(2).fenced);
  EXPECT_EQ(ask(what), errc::fenced_leader_epoch);
}

}  // namespace
}  // namespace troupe::controller
