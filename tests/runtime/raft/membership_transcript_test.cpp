// Who votes, told step by step. How to read and write these: raft_script.hpp.
#include "tests/support/runtime/raft_script.hpp"

#include <gtest/gtest.h>

namespace troupe::test {
namespace {

void expect_played(const std::string& text) {
  raft_script script;
  EXPECT_EQ(script.play(text), text);
}

TEST(RaftTranscript, ObserverFollowsAndBecomesAVoter) {
  expect_played(R"(
> cluster 1 2
> lead 1
1 is leader of term 2
> propose 1 x
1 appends 3@2 x
> deliver
2 appends 3@2 x
1 commits 3
1 applies x
2 commits 3
2 applies x
> node 3
> add 1 3
1 refuses: conflict: node 3 does not follow the metadata log closely enough to become a voter
> tick 3 20
> deliver
3 follows 1 in term 2
3 appends 1@1 voters 1 2
3 appends 2@2 start
3 appends 3@2 x
3 commits 3
3 applies x
> tick 3 20
> deliver
3 follows 1 in term 2
> show 3
  3 is follower in term 2, voters 1 2, log to 3, committed 3, applied "x"
> add 1 3
1 appends 4@2 voters 1 2 3
> deliver
2 appends 4@2 voters 1 2 3
3 appends 4@2 voters 1 2 3
1 commits 4
2 commits 4
3 commits 4
> add 1 3
1 refuses: duplicate_voter: node 3 is a voter already
)");
}

TEST(RaftTranscript, SecondVoterChangeWaitsForTheFirst) {
  expect_played(R"(
> cluster 1 2 3 4 5
> timeout 1
1 asks who would vote for it in term 2
> remove 1 5
1 refuses: not_controller: node 1 does not lead the metadata log; no leader of term 1 is known
> deliver
1 campaigns in term 2
2 votes for 1 in term 2
3 votes for 1 in term 2
4 votes for 1 in term 2
5 votes for 1 in term 2
1 leads term 2
1 appends 2@2 start
2 follows 1 in term 2
2 appends 2@2 start
3 follows 1 in term 2
3 appends 2@2 start
4 follows 1 in term 2
4 appends 2@2 start
5 follows 1 in term 2
5 appends 2@2 start
1 commits 2
2 commits 2
3 commits 2
4 commits 2
5 commits 2
> remove 1 5
1 appends 3@2 voters 1 2 3 4
> remove 1 4
1 refuses: conflict: the voter change before is not committed yet
> deliver
2 appends 3@2 voters 1 2 3 4
3 appends 3@2 voters 1 2 3 4
4 appends 3@2 voters 1 2 3 4
5 appends 3@2 voters 1 2 3 4
1 commits 3
2 commits 3
3 commits 3
4 commits 3
5 commits 3
> remove 1 4
1 appends 4@2 voters 1 2 3
> deliver
2 appends 4@2 voters 1 2 3
3 appends 4@2 voters 1 2 3
4 appends 4@2 voters 1 2 3
5 appends 4@2 voters 1 2 3
1 commits 4
2 commits 4
3 commits 4
4 commits 4
5 commits 4
)");
}

// Two leaders could otherwise change the same set in two ways.
TEST(RaftTranscript, NewLeaderCommitsBeforeItChangesVoters) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
1 asks who would vote for it in term 2
> deliver 1 2
> deliver 2 1
1 campaigns in term 2
> deliver 1 2
2 votes for 1 in term 2
> deliver 2 1
1 leads term 2
1 appends 2@2 start
> remove 1 3
1 refuses: leader_not_available: node 1 leads term 2 and has not committed anything in it yet
> read 1
1 refuses: leader_not_available: node 1 leads term 2 and does not know yet what is committed
> deliver
3 votes for 1 in term 2
2 follows 1 in term 2
2 appends 2@2 start
3 follows 1 in term 2
3 appends 2@2 start
1 commits 2
2 commits 2
3 commits 2
> remove 1 3
1 appends 3@2 voters 1 2
)");
}

TEST(RaftTranscript, TruncatedVoterChangeIsUndone) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> isolate 1
> remove 1 3
1 appends 3@2 voters 1 2
> tick 3 10
> timeout 2
2 asks who would vote for it in term 3
> deliver
2 campaigns in term 3
3 votes for 2 in term 3
2 leads term 3
2 appends 3@3 start
3 follows 2 in term 3
3 appends 3@3 start
2 commits 3
3 commits 3
> heal
> tick 2 1
> deliver
1 steps down in term 3
1 follows 2 in term 3
1 drops 3@2
1 appends 3@3 start
1 commits 3
> log 1
  1@1 voters 1 2 3
  2@2 start
  3@3 start
> show 1
  1 is follower in term 3, voters 1 2 3, log to 3, committed 3, applied ""
)");
}

TEST(RaftTranscript, RemovedLeaderCommitsItsRemovalAndHandsOver) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> remove 1 1
1 appends 3@2 voters 2 3
> deliver 1 2
2 appends 3@2 voters 2 3
> deliver 2 1
> show 1
  1 is leader in term 2, voters 2 3, log to 3, committed 2, applied ""
> deliver
3 appends 3@2 voters 2 3
1 steps down in term 2
1 commits 3
2 commits 3
3 commits 3
2 campaigns in term 3
3 votes for 2 in term 3
2 leads term 3
2 appends 4@3 start
3 follows 2 in term 3
3 appends 4@3 start
2 commits 4
3 commits 4
> timeout 1
)");
}

// Without the removed leader two of the remaining three decide, not one.
TEST(RaftTranscript, RemovedLeaderDoesNotCountItself) {
  expect_played(R"(
> cluster 1 2 3 4
> lead 1
1 is leader of term 2
> remove 1 1
1 appends 3@2 voters 2 3 4
> deliver 1 2
2 appends 3@2 voters 2 3 4
> deliver 2 1
> show 1
  1 is leader in term 2, voters 2 3 4, log to 3, committed 2, applied ""
> deliver
3 appends 3@2 voters 2 3 4
4 appends 3@2 voters 2 3 4
1 steps down in term 2
1 commits 3
2 commits 3
3 commits 3
4 commits 3
2 campaigns in term 3
3 votes for 2 in term 3
4 votes for 2 in term 3
2 leads term 3
2 appends 4@3 start
3 follows 2 in term 3
3 appends 4@3 start
4 follows 2 in term 3
4 appends 4@3 start
2 commits 4
3 commits 4
4 commits 4
)");
}

// TR19, and rule S5.
TEST(RaftTranscript, DamagedReplicaDoesNotVoteUntilItIsRepaired) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> cut 1 2
> propose 1 x
1 appends 3@2 x
> deliver
3 appends 3@2 x
1 commits 3
1 applies x
3 commits 3
3 applies x
> damage 3 3
> start 3
3 finds damage and does not vote
> kill 1
> timeout 2
2 asks who would vote for it in term 3
> deliver
> tick 3 20
> show 3
  3 is follower in term 2, voters 1 2 3, log to 2, committed 0, applied ""
> heal
> start 1
> timeout 1
1 asks who would vote for it in term 3
> deliver
1 campaigns in term 3
2 votes for 1 in term 3
1 leads term 3
1 appends 4@3 start
2 follows 1 in term 3
3 follows 1 in term 3
2 appends 3@2 x
2 appends 4@3 start
3 appends 3@2 x
3 appends 4@3 start
3 is repaired
1 commits 4
1 applies x
2 commits 4
2 applies x
3 commits 4
3 applies x
> tick 1 1
> deliver
> show 3
  3 is follower in term 3, voters 1 2 3, log to 4, committed 4, applied "x"
)");
}

// TR24.
TEST(RaftTranscript, WipedDiskIsAnotherReplica) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> cut 1 2
> propose 1 x
1 appends 3@2 x
> deliver
3 appends 3@2 x
1 commits 3
1 applies x
3 commits 3
3 applies x
> kill 1
> wipe 3
> start 3
> heal
> timeout 2
2 asks who would vote for it in term 3
> deliver
> timeout 3
> show 3
  3 is follower in term 0, voters , log to 0, committed 0, applied ""
> start 1
> timeout 1
1 asks who would vote for it in term 3
> deliver
1 campaigns in term 3
2 votes for 1 in term 3
1 leads term 3
1 appends 4@3 start
2 follows 1 in term 3
2 appends 3@2 x
2 appends 4@3 start
1 commits 4
1 applies x
2 commits 4
2 applies x
> remove 1 3
1 appends 5@3 voters 1 2
> deliver
2 appends 5@3 voters 1 2
1 commits 5
2 commits 5
> tick 3 20
> deliver
3 follows 1 in term 3
3 appends 1@1 voters 1 2 3
3 appends 2@2 start
3 appends 3@2 x
3 appends 4@3 start
3 appends 5@3 voters 1 2
3 commits 5
3 applies x
> tick 3 20
> deliver
3 follows 1 in term 3
> tick 3 20
> deliver
3 follows 1 in term 3
> add 1 3
1 appends 6@3 voters 1 2 3
> deliver
2 appends 6@3 voters 1 2 3
3 appends 6@3 voters 1 2 3
1 commits 6
2 commits 6
3 commits 6
> show 3
  3 is follower in term 3, voters 1 2 3, log to 6, committed 6, applied "x"
)");
}

}  // namespace
}  // namespace troupe::test
