// What is committed, told step by step. How to read and write these: raft_script.hpp.
#include "tests/support/runtime/raft_script.hpp"

#include <gtest/gtest.h>

namespace troupe::test {
namespace {

void expect_played(const std::string& text, raft::options how = raft_script::small_options()) {
  raft_script script{std::move(how)};
  EXPECT_EQ(script.play(text), text);
}

TEST(RaftTranscript, FollowerGivesUpWhatItsOldLeaderCouldNotCommit) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> isolate 1
> propose 1 lost
1 appends 3@2 lost
> propose 1 gone
1 appends 4@2 gone
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
> propose 2 kept
2 appends 4@3 kept
> deliver
3 appends 4@3 kept
2 commits 4
2 applies kept
3 commits 4
3 applies kept
> heal
> tick 2 1
> deliver
1 steps down in term 3
1 follows 2 in term 3
1 drops 3@2
1 drops 4@2
1 appends 3@3 start
1 appends 4@3 kept
1 commits 4
1 applies kept
> log 1
  1@1 voters 1 2 3
  2@2 start
  3@3 start
  4@3 kept
)");
}

// Raft 5.4.2: entry 3@2 is on three of five disks and is not committed for that.
TEST(RaftTranscript, EntryOfAnEarlierTermIsNotCommittedByCounting) {
  auto one_by_one = raft_script::small_options();
  one_by_one.message_bytes = 1;
  expect_played(R"(
> cluster 1 2 3 4 5
> lead 1
1 is leader of term 2
> cut 1 3
> cut 1 4
> cut 1 5
> propose 1 early
1 appends 3@2 early
> deliver
2 appends 3@2 early
> isolate 1
> isolate 2
> tick 3 10
> tick 4 10
> timeout 5
5 asks who would vote for it in term 3
> deliver 5 3
> deliver 5 4
> deliver 3 5
> deliver 4 5
5 campaigns in term 3
> deliver 5 3
3 votes for 5 in term 3
> deliver 5 4
4 votes for 5 in term 3
> deliver 3 5
> deliver 4 5
5 leads term 3
5 appends 3@3 start
> kill 5
> drop
> heal
> kill 1
> start 1
> tick 2 10
> timeout 1
1 asks who would vote for it in term 3
> deliver
> timeout 1
1 asks who would vote for it in term 4
> deliver 1 2
> deliver 1 3
> deliver 2 1
> deliver 3 1
1 campaigns in term 4
> deliver 1 2
2 votes for 1 in term 4
> deliver 1 3
3 votes for 1 in term 4
> deliver 2 1
> deliver 3 1
1 leads term 4
1 appends 4@4 start
> deliver 1 2
2 follows 1 in term 4
2 appends 4@4 start
> deliver 1 3
3 follows 1 in term 4
> deliver 2 1
> deliver 3 1
> deliver 1 3
3 appends 3@2 early
> deliver 3 1
> show 1
  1 is leader in term 4, voters 1 2 3 4 5, log to 4, committed 0, applied ""
> log 3
  1@1 voters 1 2 3 4 5
  2@2 start
  3@2 early
> deliver
4 votes for 1 in term 4
4 follows 1 in term 4
3 appends 4@4 start
1 commits 4
1 applies early
4 appends 3@2 early
2 commits 4
2 applies early
3 commits 4
3 applies early
4 appends 4@4 start
4 commits 4
4 applies early
> show 1
  1 is leader in term 4, voters 1 2 3 4 5, log to 4, committed 4, applied "early"
)",
                one_by_one);
}

TEST(RaftTranscript, LateFollowerIsSentASnapshot) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> kill 3
> propose 1 abcdefgh
1 appends 3@2 abcdefgh
> propose 1 ijklmnop
1 appends 4@2 ijklmnop
> propose 1 qrstuvwx
1 appends 5@2 qrstuvwx
> deliver
2 appends 3@2 abcdefgh
2 appends 4@2 ijklmnop
2 appends 5@2 qrstuvwx
1 commits 3
1 applies abcdefgh
1 commits 4
1 applies ijklmnop
1 commits 5
1 applies qrstuvwx
2 commits 3
2 applies abcdefgh
2 commits 4
2 applies ijklmnop
2 commits 5
2 applies qrstuvwx
> snapshot 1
1 has a snapshot of 5, its log begins at 6
> start 3
> tick 1 1
> deliver
3 follows 1 in term 2
3 commits 2
3 installs a snapshot of 5
3 commits 5
> show 3
  3 is follower in term 2, voters 1 2 3, log to 5, committed 5, applied "abcdefgh ijklmnop qrstuvwx"
> propose 1 yz
1 appends 6@2 yz
> deliver
2 appends 6@2 yz
3 appends 6@2 yz
1 commits 6
1 applies yz
2 commits 6
2 applies yz
3 commits 6
3 applies yz
> kill 3
> start 3
> show 3
  3 is follower in term 2, voters 1 2 3, log to 6, committed 5, applied "abcdefgh ijklmnop qrstuvwx"
)");
}

TEST(RaftTranscript, ReadWaitsForAMajority) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
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
> read 1
> deliver
1 may read once 3 is applied
> isolate 1
> read 1
> deliver
> tick 1 10
> tick 1 10
1 steps down in term 2
1 cannot answer a read: it does not lead any more
> read 2
2 refuses: not_controller: node 2 does not lead the metadata log; node 1 does, in term 2
)");
}

// TR22.
TEST(RaftTranscript, PowerLossEverywhereLosesNothing) {
  expect_played(R"(
> cluster 1 2 3
> lead 1
1 is leader of term 2
> propose 1 x
1 appends 3@2 x
> deliver 1 2
2 appends 3@2 x
> deliver 2 1
1 commits 3
1 applies x
> crash 1
> crash 2
> crash 3
> start 1
> start 2
> start 3
> drop
> timeout 3
3 asks who would vote for it in term 3
> deliver
> timeout 2
2 asks who would vote for it in term 3
> deliver
2 campaigns in term 3
1 votes for 2 in term 3
3 votes for 2 in term 3
2 leads term 3
2 appends 4@3 start
1 follows 2 in term 3
1 appends 4@3 start
3 follows 2 in term 3
2 commits 4
2 applies x
1 commits 4
1 applies x
3 appends 3@2 x
3 appends 4@3 start
3 commits 4
3 applies x
> show 3
  3 is follower in term 3, voters 1 2 3, log to 4, committed 4, applied "x"
)");
}

}  // namespace
}  // namespace troupe::test
