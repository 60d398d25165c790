// The traces TR4, TR5, TR7, TR8 and TR10: changes of the in-sync replicas that the leader, the
// controller and a replica hear of in any order.
#include "tests/support/runtime/replication_trace.hpp"

#include <gmock/gmock.h>

namespace troupe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class IsrTrace : public replication_trace {};

// KIP-497: the controller has let 3 in already; the leader does not know, and must wait for it.
TEST_F(IsrTrace, TR4WhoIsBeingAddedCounts) {
  auto& c = make({.nodes = 3, .min_isr = 2});
  c.controller.fence(node_id{3});
  c.cut(1, 3);
  c.elect(1);
  c.run();
  ASSERT_EQ(c.isr(), "1 2");
  c.controller.unfence(node_id{3});
  c.heal();
  c.hear_all();
  c.hold(0, 1);  // the answer to the proposal
  c.pass(6s);
  ASSERT_EQ(c.isr(), "1 2 3") << "committed";
  c.cut(1, 3);
  for (int i = 0; i < 10; ++i)
    c.produce(1, "m" + std::to_string(i));
  c.run();
  EXPECT_EQ(c.high_watermark(1), 0) << "1 and 2 have it, 3 has not";
  c.heal();
  c.pass(6s);
  EXPECT_EQ(c.high_watermark(1), 10);
  c.kill(1);
  c.kill(2);
  c.elect(3);
  EXPECT_EQ(c.values(3).size(), 10u);
}

TEST_F(IsrTrace, TR5WhoIsBeingRemovedCountsUntilItIs) {
  auto& c = make({.nodes = 3, .min_isr = 2});
  c.elect(1);
  c.run();
  c.cut(1, 3);
  c.hold(1, 0);
  const auto first = c.produce(1, "m1");
  c.pass(40s);  // 3 is to leave; the proposal is on its way
  EXPECT_EQ(outcome_of(first), "waiting");
  EXPECT_EQ(c.high_watermark(1), 0);
  c.release(1, 0);
  c.run();
  EXPECT_EQ(c.isr(), "1 2");
  EXPECT_EQ(outcome_of(first), "none");
  EXPECT_EQ(c.high_watermark(1), 1);
}

// A replica leaves and comes back with an empty disk, all in one change of the metadata.
TEST_F(IsrTrace, TR7RemovedAndAddedInOneBatch) {
  auto& c = make({.nodes = 3, .min_isr = 1});
  c.elect(1);
  for (int i = 0; i < 5; ++i)
    c.produce(1, "m" + std::to_string(i));
  c.run();
  ASSERT_EQ(c.high_watermark(1), 5);
  c.isolate(3);
  c.lose_disk(3);
  c.controller.unassign(node_id{3});
  c.controller.assign(node_id{3});
  c.controller.elect(node_id{1});  // 1 goes on in a new epoch
  c.hear(1), c.hear(2);
  c.run();
  c.pass(2s);
  EXPECT_EQ(c.isr(), "1 2") << "nothing that 3 said before counts";
  c.heal();
  c.start(3);
  c.hear_all();
  c.pass(2s);
  EXPECT_EQ(c.isr(), "1 2 3");
  EXPECT_EQ(c.values(3).size(), 5u);
}

// KIP-903: the fetch was of a process whose disk is gone.
TEST_F(IsrTrace, TR8RebootWithAnEmptyDisk) {
  auto& c = make({.nodes = 3, .min_isr = 1});
  c.controller.fence(node_id{3});
  c.elect(1);
  for (int i = 0; i < 5; ++i)
    c.produce(1, "m" + std::to_string(i));
  c.run();
  ASSERT_EQ(c.isr(), "1 2");
  c.hold(1, 0);
  c.controller.unfence(node_id{3});
  c.hear_all();
  c.run();
  c.pass(1s);  // 3 is at the end: 1 proposes it
  c.lose_disk(3);
  c.isolate(3);
  c.start(3);  // registered again; nobody has heard of it yet
  c.release(1, 0);
  c.run();
  EXPECT_EQ(c.isr(), "1 2") << "ineligible";
  c.hear_all();
  c.pass(2s);
  EXPECT_EQ(c.isr(), "1 2") << "rolled back, and not proposed again on the old word";
  c.heal();
  c.pass(7s);
  EXPECT_EQ(c.isr(), "1 2 3");
  EXPECT_EQ(c.values(3).size(), 5u);
}

TEST_F(IsrTrace, TR10AnswerAfterNewerMetadata) {
  auto& c = make({.nodes = 3, .min_isr = 1});
  c.controller.fence(node_id{3});
  c.elect(1);
  c.run();
  c.controller.unfence(node_id{3});
  c.hear_all();
  c.hold(0, 1);
  c.pass(6s);
  ASSERT_EQ(c.isr(), "1 2 3");
  c.controller.fence(node_id{2});  // a later change; the leader hears of it first
  c.hear(1);
  ASSERT_EQ(c.isr(), "1 3");
  const auto& known = c.replica(1).leader()->replicas().isr();
  EXPECT_EQ(known.partition_epoch(), c.controller.now().partition_epoch);
  c.release(0, 1);
  c.run();
  EXPECT_EQ(known.partition_epoch(), c.controller.now().partition_epoch);
  EXPECT_FALSE(known.counts(node_id{2}));
  EXPECT_TRUE(known.counts(node_id{3}));
}

TEST_F(IsrTrace, TR10MetadataAfterTheAnswerEndsNoLaterProposal) {
  auto& c = make({.nodes = 4, .min_isr = 1});
  c.controller.fence(node_id{3});
  c.controller.fence(node_id{4});
  c.elect(1);
  c.run();
  c.controller.unfence(node_id{3});
  c.hear(1), c.hear(3);
  c.pass(6s);
  ASSERT_EQ(c.isr(), "1 2 3") << "the leader knows by the answer, not by metadata";
  c.cut(1, 3);
  c.hold(1, 0);
  c.produce(1, "m");
  c.pass(40s);  // it proposes to do without 3
  c.lose(1, 0);
  ASSERT_TRUE(c.replica(1).leader()->replicas().isr().pending());
  c.hear(1);
  EXPECT_TRUE(c.replica(1).leader()->replicas().isr().pending());
  EXPECT_TRUE(c.replica(1).leader()->replicas().isr().counts(node_id{3}));
}

TEST_F(IsrTrace, TR10AnswerNeverComes) {
  auto& c = make({.nodes = 3, .min_isr = 1});
  c.controller.fence(node_id{3});
  c.elect(1);
  c.run();
  c.controller.unfence(node_id{3});
  c.hear_all();
  c.hold(0, 1);
  c.pass(6s);
  ASSERT_EQ(c.isr(), "1 2 3");
  c.lose(0, 1);
  c.cut(1, 3);
  c.produce(1, "m");
  c.run();
  EXPECT_EQ(c.high_watermark(1), 0);
  c.hear(1);
  c.heal();
  c.pass(6s);
  EXPECT_EQ(c.high_watermark(1), 1);
  EXPECT_EQ(c.replica(1).leader()->replicas().isr().partition_epoch(),
            c.controller.now().partition_epoch);
}

// The controller has committed the change; another one answers, and has not heard of it yet.
TEST_F(IsrTrace, TR10ControllerFailsOverBeforeTheAnswer) {
  auto& c = make({.nodes = 3, .min_isr = 1});
  c.controller.fence(node_id{3});
  c.elect(1);
  c.run();
  c.controller.unfence(node_id{3});
  c.hear_all();
  c.fail_over_after_commit();
  c.hold(1, 0);
  c.pass(6s);
  c.cut(1, 3);
  c.release(1, 0);
  c.run();
  ASSERT_EQ(c.isr(), "1 2 3");
  c.produce(1, "m");
  c.run();
  EXPECT_EQ(c.high_watermark(1), 0) << "3 may be in sync";
  c.hear(1);
  c.heal();
  c.pass(6s);
  EXPECT_EQ(c.high_watermark(1), 1);
}

}  // namespace
}  // namespace troupe
