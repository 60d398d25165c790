// Who leads, told step by step. How to read and write these: raft_script.hpp.
#include "tests/support/runtime/raft_script.hpp"

#include <gtest/gtest.h>

namespace troupe::test {
namespace {

void expect_played(const std::string& text) {
  raft_script script;
  EXPECT_EQ(script.play(text), text);
}

TEST(RaftTranscript, ThreeVotersElectALeaderAndReplicate) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
1 asks who would vote for it in term 2
> deliver
1 campaigns in term 2
2 votes for 1 in term 2
3 votes for 1 in term 2
1 leads term 2
1 appends 2@2 start
2 follows 1 in term 2
2 appends 2@2 start
3 follows 1 in term 2
3 appends 2@2 start
1 commits 2
2 commits 2
3 commits 2
> propose 1 x
1 appends 3@2 x
> deliver
2 appends 3@2 x
3 appends 3@2 x
1 commits 3
1 applies x
2 commits 3
2 applies x
3 commits 3
3 applies x
> log 3
  1@1 voters 1 2 3
  2@2 start
  3@2 x
)");
}

TEST(RaftTranscript, OneVoterLeadsAlone) {
  expect_played(R"(
> cluster 1
> timeout 1
1 leads term 2
1 appends 2@2 start
1 commits 2
> propose 1 x
1 appends 3@2 x
1 commits 3
1 applies x
> read 1
1 may read once 3 is applied
)");
}

TEST(RaftTranscript, ProposalsAreRefusedWithAHint) {
  expect_played(R"(
> cluster 1 2
> propose 2 x
2 refuses: not_controller: node 2 does not lead the metadata log; no leader of term 1 is known
> lead 1
1 is leader of term 2
> propose 2 x
2 refuses: not_controller: node 2 does not lead the metadata log; node 1 does, in term 2
)");
}

TEST(RaftTranscript, PreVoteKeepsALonelyNodeFromRaisingTheTerm) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> isolate 3
> timeout 3
3 asks who would vote for it in term 3
> deliver
> tick 3 30
> deliver
> show 3
  3 is pre_candidate in term 2, voters 1 2 3, log to 2, committed 2, applied ""
> heal
> tick 1 1
> deliver
3 follows 1 in term 2
> show 3
  3 is follower in term 2, voters 1 2 3, log to 2, committed 2, applied ""
)");
}

TEST(RaftTranscript, VoterThatHearsItsLeaderRefusesOthers) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> cut 1 3
> timeout 3
3 asks who would vote for it in term 3
> deliver
> show 3
  3 is pre_candidate in term 2, voters 1 2 3, log to 2, committed 2, applied ""
> show 1
  1 is leader in term 2, voters 1 2 3, log to 2, committed 2, applied ""
)");
}

TEST(RaftTranscript, LeaderThatNobodyHearsStepsDown) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> isolate 1
> tick 1 10
> tick 1 10
1 steps down in term 2
> show 1
  1 is follower in term 2, voters 1 2 3, log to 2, committed 2, applied ""
)");
}

TEST(RaftTranscript, VoteIsRememberedAcrossAPowerLoss) {
  expect_played(R"(
> cluster 1 2 3
> timeout 1
1 asks who would vote for it in term 2
> deliver 1 2
> deliver 2 1
1 campaigns in term 2
> deliver 1 2
2 votes for 1 in term 2
> crash 2
> start 2
> timeout 3
3 asks who would vote for it in term 2
> deliver 3 2
> deliver 2 3
> deliver 3 2
> show 2
  2 is follower in term 2, voters 1 2 3, log to 1, committed 0, applied ""
)");
}

TEST(RaftTranscript, LeadershipIsHandedOver) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> cut 1 2
> propose 1 x
1 appends 3@2 x
> transfer 1 2
> propose 1 y
1 refuses: not_controller: leadership is being handed to node 2
> tick 1 10
> propose 1 y
1 appends 4@2 y
> heal
> deliver
2 appends 3@2 x
3 appends 3@2 x
2 appends 4@2 y
3 appends 4@2 y
1 commits 3
1 applies x
1 commits 4
1 applies y
2 commits 3
2 applies x
3 commits 3
3 applies x
2 commits 4
2 applies y
3 commits 4
3 applies y
> transfer 1 2
> deliver
2 campaigns in term 3
1 votes for 2 in term 3
1 steps down in term 3
3 votes for 2 in term 3
2 leads term 3
2 appends 5@3 start
1 follows 2 in term 3
1 appends 5@3 start
3 follows 2 in term 3
3 appends 5@3 start
2 commits 5
1 commits 5
3 commits 5
> transfer 1 2
1 refuses: not_controller: node 1 does not lead the metadata log; node 2 does, in term 3
)");
}

}  // namespace
}  // namespace troupe::test
