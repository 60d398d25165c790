// What the replicated log does, told step by step. How to read and write these: raft_script.hpp.
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
> deliver
> propose 1 x
> deliver
> log 3
)");
}

}  // namespace
}  // namespace troupe::test
