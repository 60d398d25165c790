// The traces TR1-TR3, TR6, TR9 and TR22, and some for single rules: orders of events that lose
// data, or show it twice, where one rule is missing. Most are real bugs of the past; the comments
// name the Kafka proposal that closed them. TR4, TR5, TR7, TR8 and TR10 are in isr_trace_test.cpp.
#include "tests/support/runtime/replication_trace.hpp"

#include <gmock/gmock.h>

namespace troupe {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

class Trace : public replication_trace {};

// KIP-101: a follower that cut its log to its own high watermark lost what was committed.
TEST_F(Trace, TR1StaleHighWatermarkIsNotWhereAFollowerCuts) {
  auto& c = make({.nodes = 2, .min_isr = 1});
  c.elect(1);
  c.produce(1, "m1");
  c.run();
  c.produce(1, "m2");
  c.hold(1, 2);  // 2 has acknowledged m2 and does not learn that it is committed
  c.run();
  c.release(1, 2);
  c.hold(2, 1);
  c.run();
  c.hold(1, 2);
  c.release(2, 1);
  c.run();
  ASSERT_EQ(c.high_watermark(1), 2);
  ASSERT_LT(c.high_watermark(2), 2);

  c.lose(1, 2);
  c.kill(2);
  c.start(2);
  c.hear(2);
  ASSERT_THAT(c.values(2), ElementsAre("m1", "m2"));
  c.kill(1);
  c.elect(2);
  c.release(1, 2);
  c.start(1);
  c.hear_all();
  c.run();
  c.pass(2s);
  EXPECT_THAT(c.values(1), ElementsAre("m1", "m2"));
  EXPECT_THAT(c.values(2), ElementsAre("m1", "m2"));
}

TEST_F(Trace, TR2SameOffsetInTwoEpochs) {
  auto& c = make({.nodes = 2, .min_isr = 1});
  c.elect(1);
  c.produce(1, "m0");
  c.run();
  c.isolate(1);
  c.produce(1, "x", required_acks::leader);
  c.kill(1);
  c.heal();
  c.elect(2);
  c.controller.fence(node_id{1});
  c.hear_all();
  c.produce(2, "y");
  c.run();
  c.start(1);
  c.hear_all();
  c.run();
  EXPECT_THAT(c.values(1), ElementsAre("m0", "y"));
  EXPECT_THAT(c.values(2), ElementsAre("m0", "y"));
}

// KIP-279: the leader of epoch 4 knows nothing of 2 and 3; the follower nothing of who led them.
TEST_F(Trace, TR3FastFailover) {
  auto& c = make({.nodes = 3, .min_isr = 1});
  c.elect(1);  // epoch 1
  c.produce(1, "a");
  c.run();
  c.isolate(1);
  c.isolate(2);
  c.isolate(3);
  c.produce(1, "b", required_acks::leader);
  c.elect(2);  // epoch 2, no write
  c.elect(1);  // epoch 3
  c.produce(1, "c", required_acks::leader);
  c.produce(1, "d", required_acks::leader);
  c.elect(3);  // epoch 4, and its log knows epoch 1 only
  c.produce(3, "e", required_acks::leader);
  ASSERT_THAT(c.values(1), ElementsAre("a", "b", "c", "d"));
  c.heal();
  c.pass(10s);
  EXPECT_THAT(c.values(1), ElementsAre("a", "e"));
  EXPECT_THAT(c.values(2), ElementsAre("a", "e"));
}

// The new leader has everything that was committed, and does not know that it was.
TEST_F(Trace, TR6StaleNewLeader) {
  auto& c = make({.nodes = 4, .min_isr = 1});
  c.controller.fence(node_id{3});
  c.elect(1);
  c.cut(1, 3);
  c.run();
  for (int i = 0; i < 10; ++i)
    c.produce(1, "m" + std::to_string(i));
  c.run();
  ASSERT_EQ(c.isr(), "1 2 4");
  ASSERT_EQ(c.latest_offset(1).value(), 10);
  ASSERT_EQ(c.high_watermark(2), 0);
  c.kill(1);
  c.isolate(4);
  c.hold(2, 3);
  c.controller.unfence(node_id{3});
  c.elect(2);
  EXPECT_EQ(c.latest_offset(2).error().code, errc::offset_not_available);
  c.run();
  EXPECT_EQ(c.isr(), "1 2 4") << "3 has fetched at 0, and the epoch began at 10";
  c.heal();
  c.release(2, 3);
  c.controller.fence(node_id{1});
  c.hear_all();
  c.pass(7s);
  EXPECT_EQ(c.latest_offset(2).value(), 10);
  EXPECT_EQ(c.isr(), "2 3 4");
}

// KIP-966: the last one in sync loses what nobody else has, and comes back first.
TEST_F(Trace, TR9LastReplicaStanding) {
  auto& c = make({.nodes = 3, .min_isr = 2, .slow_disks = false});
  c.elect(1);
  const auto first = c.produce(1, "m1");
  c.run();
  EXPECT_EQ(outcome_of(first), "none");
  c.isolate(2);
  c.isolate(3);
  const auto second = c.produce(1, "m2");
  c.controller.fence(node_id{2});
  c.controller.fence(node_id{3});
  ASSERT_EQ(c.isr(), "1");
  ASSERT_THAT(c.controller.elr(), ElementsAre(node_id{3})) << "2 left when enough were left";
  c.hear(1);
  EXPECT_EQ(outcome_of(second), "not_enough_replicas_after_append");
  EXPECT_EQ(c.high_watermark(1), 1);
  EXPECT_EQ(outcome_of(c.produce(1, "m3")), "not_enough_replicas");
  c.produce(1, "m4", required_acks::leader);
  EXPECT_EQ(c.high_watermark(1), 1) << "frozen";

  c.power_loss(1, 7);
  c.controller.fence(node_id{1});
  c.heal();
  c.controller.unfence(node_id{3});  // eligible: it has all that was committed
  EXPECT_EQ(c.controller.now().leader, node_id{3});
  c.controller.unfence(node_id{2});
  c.hear_all();
  c.pass(7s);
  c.start(1);
  c.hear_all();
  c.pass(7s);
  EXPECT_EQ(c.isr(), "1 2 3");
  EXPECT_THAT(c.values(1), ElementsAre("m1"));
}

// KIP-320: 3 acknowledged x in epoch 1 and had to drop it in epoch 2; the acknowledgement arrives
// at the leader of epoch 3, which has x.
TEST_F(Trace, R4AcknowledgementOfAnEarlierEpoch) {
  auto& c = make({.nodes = 3, .min_isr = 2});
  c.elect(1);
  c.produce(1, "m");
  c.run();
  c.pass(1s);
  c.cut(1, 2);
  c.hold(3, 1);
  c.produce(1, "x");
  c.run();
  ASSERT_THAT(c.values(3), ElementsAre("m", "x"));
  c.controller.elect(node_id{2});
  c.hear(2), c.hear(3);
  c.run();
  ASSERT_THAT(c.values(3), ElementsAre("m"));
  c.controller.elect(node_id{1});
  c.heal();
  c.hear(1), c.hear(2);
  c.run();
  ASSERT_THAT(c.values(2), ElementsAre("m", "x"));
  c.release(3, 1);
  c.run();
  EXPECT_EQ(c.high_watermark(1), 1) << "3 does not have x";
}

TEST_F(Trace, R5AnswerOfAnEarlierEpoch) {
  auto& c = make({.nodes = 3, .min_isr = 2});
  c.elect(1);
  c.produce(1, "m");
  c.run();
  c.pass(1s);
  c.cut(1, 2);
  c.hold(1, 3);
  c.produce(1, "x");
  c.run();
  c.controller.elect(node_id{2});
  c.hear(2), c.hear(3);
  c.run();
  c.release(1, 3);
  c.run();
  EXPECT_THAT(c.values(3), ElementsAre("m")) << "x is no record of the leader it follows now";
}

// KIP-320: the log of a follower differs below where it fetches; that acknowledges nothing.
TEST_F(Trace, R4DivergingFetchIsNoAcknowledgement) {
  auto& c = make({.nodes = 3, .min_isr = 2});
  c.elect(1);
  c.produce(1, "m");
  c.run();
  c.isolate(1);
  for (const auto* value : {"x1", "x2", "x3"})
    c.produce(1, value, required_acks::leader);
  c.controller.elect(node_id{2});
  c.hear(2), c.hear(3);
  c.run();
  c.produce(2, "y");
  c.run();
  const auto before = c.high_watermark(2);  // 1 is in sync, and silent
  c.heal();
  c.hold(2, 1);
  c.hear(1);
  c.run();
  EXPECT_EQ(c.high_watermark(2), before) << "1 has fetched at 4, and has not got y";
  c.release(2, 1);
  c.pass(6s);
  EXPECT_THAT(c.values(1), ElementsAre("m", "y"));
  EXPECT_EQ(c.high_watermark(2), 2);
}

TEST_F(Trace, FollowerBehindTheLogStartBeginsAnew) {
  auto& c = make({.nodes = 3, .min_isr = 1});
  c.elect(1);
  c.run();
  c.controller.fence(node_id{3});
  c.hear(1);
  c.isolate(3);
  for (int i = 0; i < 40; ++i)
    c.produce(1, "m" + std::to_string(i));
  c.run();
  c.delete_below(1, 30);
  c.controller.unfence(node_id{3});
  c.heal();
  c.hear_all();
  c.pass(8s);
  EXPECT_EQ(c.isr(), "1 2 3");
  EXPECT_EQ(c.log(2).log_start(), 30) << "it has followed the leader's";
  EXPECT_EQ(c.log(3).log_start(), 30);
  EXPECT_EQ(c.values(3), c.values(1));
  EXPECT_EQ(c.values(3).size(), 10u);
}

// R22: there is no lease; an isolated leader is safe because nobody in its epoch acknowledges.
TEST_F(Trace, IsolatedLeaderAcknowledgesNothing) {
  auto& c = make({.nodes = 3, .min_isr = 2});
  c.elect(1);
  c.produce(1, "m1");
  c.run();
  c.isolate(1);
  c.controller.fence(node_id{1});
  c.hear(2), c.hear(3);
  c.run();
  const auto zombie = c.produce(1, "z");
  const auto fine = c.produce(value_of(c.controller.now().leader), "m2");
  c.pass(60s);
  EXPECT_EQ(outcome_of(zombie), "waiting");
  EXPECT_EQ(outcome_of(fine), "none");
  c.heal();
  c.controller.unfence(node_id{1});
  c.hear_all();
  EXPECT_EQ(outcome_of(zombie), "not_leader_or_follower");
  c.pass(7s);
  EXPECT_THAT(c.values(1), ElementsAre("m1", "m2"));
}

// TR22: what is acknowledged is on the disk of all in-sync replicas.
TEST_F(Trace, TR22PowerLossEverywhere) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    auto& c = make({.nodes = 3, .min_isr = 2, .slow_disks = true});
    c.elect(1);
    rng chance{seed};
    for (int i = 0; i < 30; ++i) {
      c.produce(1, "m" + std::to_string(i));
      c.run();
      for (int n = 1; n <= 3; ++n)
        if (c.is_syncing(n) && chance.chance(1, 2))
          c.end_sync(n);
    }
    for (int n = 1; n <= 3; ++n)
      c.power_loss(n, chance.next());
    for (int n = 1; n <= 3; ++n)
      c.start(n);
    c.hear_all();
    for (int i = 0; i < 50; ++i) {
      c.pass(500ms);
      for (int n = 1; n <= 3; ++n)
        if (c.is_syncing(n))
          c.end_sync(n);
    }
    c.check_logs();
    ASSERT_EQ(c.broken_rule(), "") << "seed " << seed;
    ASSERT_EQ(c.isr(), "1 2 3") << "seed " << seed;
  }
}

// The acknowledgement is what is on the disk, not what was fetched.
TEST_F(Trace, FollowersPageCacheIsNoAcknowledgement) {
  auto& c = make({.nodes = 2, .min_isr = 2, .slow_disks = true});
  c.elect(1);
  c.run();
  const auto record = c.produce(1, "m");
  c.end_sync(1);
  c.run();
  c.pass(2s);
  EXPECT_THAT(c.values(2), ElementsAre("m"));
  EXPECT_EQ(outcome_of(record), "waiting");
  c.end_sync(2);
  c.run();
  EXPECT_EQ(outcome_of(record), "none");
}

}  // namespace
}  // namespace troupe
