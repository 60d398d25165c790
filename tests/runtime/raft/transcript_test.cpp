// What the replicated log does, told step by step. How to read and write these: raft_script.hpp.
#include "tests/support/runtime/raft_script.hpp"

#include <gtest/gtest.h>

namespace troupe::test {
namespace {

void expect_played(const std::string& text, raft::options how = raft_script::small_options()) {
  raft_script script{std::move(how)};
  EXPECT_EQ(script.play(text), text);
}

TEST(RaftTranscript, ThreeVotersElectALeaderAndReplicate) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> propose 1 x
> deliver
> log 3
)");
}

TEST(RaftTranscript, OneVoterLeadsAlone) {
  expect_played(R"(
> cluster 1
> timeout 1
> propose 1 x
> read 1
)");
}

TEST(RaftTranscript, ProposalsAreRefusedWithAHint) {
  expect_played(R"(
> cluster 1 2
> propose 2 x
> timeout 1
> deliver
> propose 2 x
)");
}

TEST(RaftTranscript, FollowerGivesUpWhatItsOldLeaderCouldNotCommit) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> isolate 1
> propose 1 lost
> propose 1 gone
> timeout 2
> deliver
> propose 2 kept
> deliver
> heal
> tick 2 1
> deliver
> log 1
)");
}

// Raft 5.4.2: entry 3@2 is on three of five disks and is not committed for that.
TEST(RaftTranscript, EntryOfAnEarlierTermIsNotCommittedByCounting) {
  auto one_by_one = raft_script::small_options();
  one_by_one.message_bytes = 1;
  expect_played(R"(
> cluster 1 2 3 4 5
> timeout 1
> deliver
> cut 1 3
> cut 1 4
> cut 1 5
> propose 1 early
> deliver
> isolate 1
> isolate 2
> timeout 5
> deliver
> kill 5
> heal
> timeout 1
> deliver 1 2
> deliver 2 1
> deliver 1 3
> deliver 3 1
> drop
> tick 10
> timeout 1
> deliver 1 2
> deliver 1 3
> deliver 2 1
> deliver 3 1
> deliver 1 2
> deliver 1 3
> deliver 2 1
> deliver 3 1
> deliver 1 3
> deliver 3 1
> show 1
> log 3
> deliver
> show 1
)",
                one_by_one);
}

TEST(RaftTranscript, PreVoteKeepsALonelyNodeFromRaisingTheTerm) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> isolate 3
> timeout 3
> deliver
> tick 3 30
> deliver
> show 3
> heal
> tick 1 1
> deliver
> show 3
)");
}

TEST(RaftTranscript, VoterThatHearsItsLeaderRefusesOthers) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> cut 1 3
> timeout 3
> deliver
> show 3
> show 1
)");
}

TEST(RaftTranscript, LeaderThatNobodyHearsStepsDown) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> isolate 1
> tick 1 10
> tick 1 10
> show 1
)");
}

TEST(RaftTranscript, VoteIsRememberedAcrossAPowerLoss) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver 1 2
> deliver 2 1
> deliver 1 2
> crash 2
> start 2
> timeout 3
> deliver 3 2
> deliver 2 3
> deliver 3 2
> show 2
)");
}

TEST(RaftTranscript, LateFollowerIsSentASnapshot) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> kill 3
> propose 1 abcdefgh
> propose 1 ijklmnop
> propose 1 qrstuvwx
> deliver
> snapshot 1
> start 3
> tick 1 1
> deliver
> show 3
> propose 1 yz
> deliver
> kill 3
> start 3
> show 3
)");
}

TEST(RaftTranscript, ObserverFollowsAndBecomesAVoter) {
  expect_played(R"(
> cluster 1 2
> timeout 1
> deliver
> propose 1 x
> deliver
> node 3
> add 1 3
> tick 3 20
> deliver
> tick 3 20
> deliver
> show 3
> add 1 3
> deliver
> add 1 3
)");
}

TEST(RaftTranscript, SecondVoterChangeWaitsForTheFirst) {
  expect_played(R"(
> cluster 1 2 3 4 5
> timeout 1
> remove 1 5
> deliver
> remove 1 5
> remove 1 4
> deliver
> remove 1 4
> deliver
)");
}

TEST(RaftTranscript, TruncatedVoterChangeIsUndone) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> isolate 1
> remove 1 3
> timeout 2
> deliver
> heal
> tick 2 1
> deliver
> log 1
)");
}

TEST(RaftTranscript, RemovedLeaderCommitsItsRemovalAndHandsOver) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> remove 1 1
> deliver 1 2
> deliver 2 1
> show 1
> deliver
> timeout 1
)");
}

// Without the removed leader two of the remaining three decide, not one.
TEST(RaftTranscript, RemovedLeaderDoesNotCountItself) {
  expect_played(R"(
> cluster 1 2 3 4
> timeout 1
> deliver
> remove 1 1
> deliver 1 2
> deliver 2 1
> show 1
> deliver
)");
}

TEST(RaftTranscript, LeadershipIsHandedOver) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> cut 1 2
> propose 1 x
> transfer 1 2
> propose 1 y
> tick 1 10
> propose 1 y
> heal
> deliver
> transfer 1 2
> deliver
> transfer 1 2
)");
}

TEST(RaftTranscript, ReadWaitsForAMajority) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> propose 1 x
> deliver
> read 1
> deliver
> isolate 1
> read 1
> deliver
> tick 1 10
> tick 1 10
> read 2
)");
}

// TR19, and rule S5.
TEST(RaftTranscript, DamagedReplicaDoesNotVoteUntilItIsRepaired) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> cut 1 2
> propose 1 x
> deliver
> damage 3 3
> start 3
> kill 1
> timeout 2
> deliver
> tick 3 20
> show 3
> heal
> start 1
> timeout 1
> deliver
> tick 1 1
> deliver
> show 3
)");
}

// TR24.
TEST(RaftTranscript, WipedDiskIsAnotherReplica) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> cut 1 2
> propose 1 x
> deliver
> kill 1
> wipe 3
> start 3
> heal
> timeout 2
> deliver
> timeout 3
> show 3
> start 1
> timeout 1
> deliver
> remove 1 3
> deliver
> tick 3 20
> deliver
> tick 3 20
> deliver
> tick 3 20
> deliver
> add 1 3
> deliver
> show 3
)");
}

// TR22.
TEST(RaftTranscript, PowerLossEverywhereLosesNothing) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
> deliver
> propose 1 x
> deliver 1 2
> deliver 2 1
> crash 1
> crash 2
> crash 3
> start 1
> start 2
> start 3
> drop
> timeout 3
> deliver
> timeout 2
> deliver
> show 3
)");
}

}  // namespace
}  // namespace troupe::test
