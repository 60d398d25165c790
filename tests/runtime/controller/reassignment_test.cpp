// KIP-455: other replicas for a partition in use.
#include "tests/support/runtime/cluster_fixture.hpp"

namespace troupe::controller {
namespace {

class Reassignment : public cluster_fixture {
 protected:
  Reassignment() {
    up({1, 2, 3, 4, 5});
    EXPECT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  }
  list_reassignments_response listed(std::vector<topic_partition> which = {}) {
    return core->ask(list_reassignments_request{std::move(which)}, time.now()).answer;
  }
};

TEST_F(Reassignment, EndsWhenAllThatAreAddedAreInSync) {
  ASSERT_EQ(reassign("t", nodes({1, 4, 5})), errc::none);
  EXPECT_EQ(part("t").replicas, nodes({1, 4, 5, 2, 3}));
  EXPECT_EQ(part("t").adding_replicas, nodes({4, 5}));
  EXPECT_EQ(part("t").removing_replicas, nodes({2, 3}));
  EXPECT_FALSE(is_under_replicated(part("t")));
  EXPECT_EQ(alter("t", nodes({1, 2, 3, 4})), errc::none);
  const auto progress = listed().reassignments;
  ASSERT_EQ(progress.size(), 1u);
  EXPECT_EQ(progress[0].adding, nodes({4, 5}));
  EXPECT_EQ(progress[0].in_sync, nodes({4}));
  const auto epoch = part("t").epoch;
  // Replicas were removed, so a new leader epoch begins and the leader learns of it.
  EXPECT_EQ(alter("t", nodes({1, 2, 3, 4, 5})), errc::fenced_leader_epoch);
  EXPECT_EQ(part("t").replicas, nodes({1, 4, 5}));
  EXPECT_EQ(part("t").isr, nodes({1, 4, 5}));
  EXPECT_EQ(leader("t"), 1);
  EXPECT_EQ(value_of(part("t").epoch), value_of(epoch) + 1);
  EXPECT_TRUE(listed().reassignments.empty());
}

TEST_F(Reassignment, TheLeaderMovesWhenItsReplicaGoes) {
  ASSERT_EQ(reassign("t", nodes({4, 5})), errc::none);
  EXPECT_EQ(leader("t"), 1);
  EXPECT_EQ(alter("t", nodes({1, 2, 3, 4})), errc::none);
  EXPECT_EQ(alter("t", nodes({1, 2, 3, 4, 5})), errc::new_leader_elected);
  EXPECT_EQ(leader("t"), 4);
  EXPECT_EQ(part("t").replicas, nodes({4, 5}));
}

TEST_F(Reassignment, ASingleReplicaIsMoved) {
  ASSERT_EQ(create("one", {nodes({1})}), errc::none);
  ASSERT_EQ(reassign("one", nodes({2})), errc::none);
  EXPECT_EQ(leader("one"), 1);
  EXPECT_EQ(alter("one", nodes({1, 2})), errc::new_leader_elected);
  EXPECT_EQ(leader("one"), 2);
  EXPECT_EQ(part("one").replicas, nodes({2}));
}

TEST_F(Reassignment, DoesNotEndWithTooFewInSync) {
  EXPECT_EQ(alter("t", nodes({1})), errc::none);
  ASSERT_EQ(reassign("t", nodes({1, 2})), errc::none);
  EXPECT_TRUE(part("t").being_reassigned());
  EXPECT_EQ(alter("t", nodes({1, 2})), errc::fenced_leader_epoch);
  EXPECT_EQ(part("t").replicas, nodes({1, 2}));
}

TEST_F(Reassignment, EndsAtOnceWhenAllAreInSync) {
  ASSERT_EQ(reassign("t", nodes({3, 1})), errc::none);
  EXPECT_EQ(part("t").replicas, nodes({3, 1}));
  EXPECT_FALSE(part("t").being_reassigned());
  EXPECT_EQ(leader("t"), 1);
  ASSERT_EQ(reassign("t", nodes({1, 3})), errc::none);
  EXPECT_EQ(part("t").replicas, nodes({1, 3}));
}

TEST_F(Reassignment, IsCancelled) {
  EXPECT_EQ(cancel("t"), errc::no_reassignment_in_progress);
  ASSERT_EQ(reassign("t", nodes({4, 5})), errc::none);
  EXPECT_EQ(alter("t", nodes({1, 2, 3, 4})), errc::none);
  ASSERT_EQ(cancel("t"), errc::none);
  EXPECT_EQ(part("t").replicas, nodes({1, 2, 3}));
  EXPECT_EQ(part("t").isr, nodes({1, 2, 3}));
  EXPECT_FALSE(part("t").being_reassigned());
}

TEST_F(Reassignment, IsReplacedByAnother) {
  ASSERT_EQ(reassign("t", nodes({4, 5})), errc::none);
  ASSERT_EQ(reassign("t", nodes({1, 2, 5})), errc::none);
  EXPECT_EQ(part("t").replicas, nodes({1, 2, 5, 3}));
  EXPECT_EQ(part("t").adding_replicas, nodes({5}));
  EXPECT_EQ(part("t").removing_replicas, nodes({3}));
}

TEST_F(Reassignment, CancelledWhileTheOriginalOnesAreOnlyEligible) {
  ASSERT_EQ(reassign("t", nodes({4, 5})), errc::none);
  EXPECT_EQ(alter("t", nodes({1, 2, 3, 4})), errc::none);
  for (int id : {1, 2, 3})
    crash(id);
  EXPECT_EQ(leader("t"), 4);
  EXPECT_EQ(part("t").elr, nodes({3}));
  EXPECT_EQ(cancel("t"), errc::invalid_replica_assignment);
  crash(4);
  EXPECT_EQ(part("t").elr, nodes({4, 3}));
  EXPECT_EQ(cancel("t"), errc::none);
  EXPECT_EQ(part("t").elr, nodes({3}));
  (void)heartbeat(3);
  EXPECT_EQ(leader("t"), 3);
}

// Even without a leader: who comes back first must be one who knows.
TEST_F(Reassignment, TheLastWhoKnowsIsNotRemoved) {
  ASSERT_EQ(create("two", {nodes({1, 2})}), errc::none);
  ASSERT_EQ(reassign("two", nodes({4, 5})), errc::none);
  EXPECT_EQ(alter("two", nodes({1, 2, 4})), errc::none);
  EXPECT_EQ(alter("two", nodes({1, 4})), errc::none);
  crash(1);
  EXPECT_EQ(leader("two"), 4);
  EXPECT_TRUE(part("two").elr.empty());
  EXPECT_EQ(cancel("two"), errc::invalid_replica_assignment);
  crash(4);
  EXPECT_EQ(part("two").elr, nodes({4}));
  EXPECT_EQ(cancel("two"), errc::invalid_replica_assignment);
  EXPECT_EQ(reassign("two", nodes({2, 5})), errc::invalid_replica_assignment);
  (void)heartbeat(4);
  EXPECT_EQ(leader("two"), 4);
  // It can be carried on.
  EXPECT_EQ(alter("two", nodes({4, 5})), errc::fenced_leader_epoch);
  EXPECT_EQ(part("two").replicas, nodes({4, 5}));
}

TEST_F(Reassignment, ImpossibleOnesAreRefusedAndChangeNothing) {
  crash(5);
  const auto before = describe(core->state());
  EXPECT_EQ(reassign("t", nodes({1, 9})), errc::invalid_replica_assignment);
  EXPECT_EQ(reassign("t", nodes({1, 1})), errc::invalid_replica_assignment);
  EXPECT_EQ(reassign("t", nodes({1, -1})), errc::invalid_replica_assignment);
  EXPECT_EQ(reassign("t", nodes({1, 5})), errc::invalid_replica_assignment);
  EXPECT_EQ(reassign("u", nodes({1, 2})), errc::unknown_topic);
  alter_reassignments_request twice;
  twice.reassignments = {{{"t", partition_id{7}}, nodes({1})},
                         {{"u", partition_id{0}}, nodes({1})},
                         {{"u", partition_id{0}}, nodes({1})}};
  const auto results = core->ask(twice, time.now()).answer.results;
  EXPECT_EQ(results[0].result.code, errc::unknown_partition);
  EXPECT_EQ(results[1].result.code, errc::unknown_topic);
  EXPECT_EQ(results[2].result.code, errc::bad_request);
  EXPECT_EQ(describe(core->state()), before);
}

TEST_F(Reassignment, OnlyWhatIsAskedForIsListed) {
  ASSERT_EQ(create("u", {nodes({1, 2})}), errc::none);
  ASSERT_EQ(reassign("t", nodes({4, 5})), errc::none);
  ASSERT_EQ(reassign("u", nodes({4, 5})), errc::none);
  EXPECT_EQ(listed().reassignments.size(), 2u);
  const auto one = listed({{"u", partition_id{0}}}).reassignments;
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].target.topic, "u");
}

}  // namespace
}  // namespace troupe::controller
