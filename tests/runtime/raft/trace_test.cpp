// Named traces that need loops, and properties of a core alone.
#include "runtime/raft/message_format.hpp"
#include "tests/support/runtime/raft_script.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace troupe::test {
namespace {

std::int64_t highest_term(raft_script& script, int nodes) {
  std::int64_t highest = 0;
  for (int i = 1; i <= nodes; ++i)
    highest = std::max(highest, raft::value_of(script.at(i).core().term()));
  return highest;
}

// TR23: five nodes in two halves, only node 3 sees both, and the bridge comes and goes.
TEST(RaftTrace, FlappingBridgeCostsTwoTermsAtMost) {
  raft_script script;
  script.play("> cluster 1 2 3 4 5\n> timeout 1\n> deliver\n");
  const auto before = highest_term(script, 5);
  std::string halves;
  for (const int left : {1, 2})
    for (const int right : {4, 5})
      halves += fmt::format("> cut {} {}\n> cut {} {}\n", left, right, right, left);
  int accepted = 0;
  for (int flip = 0; flip < 60; ++flip) {
    script.play(flip % 2 == 0 ? halves : "> heal\n");
    for (int i = 0; i < 12; ++i)
      script.play("> tick 1\n> deliver\n");
    for (int i = 1; i <= 5; ++i)
      if (script.at(i).core().is_leader()) {
        script.play(fmt::format("> propose {} x\n> deliver\n", i));
        ++accepted;
      }
  }
  EXPECT_LE(highest_term(script, 5) - before, 2);
  EXPECT_GT(accepted, 50);
}

// The same with a leader that one side does not hear, one way only.
TEST(RaftTrace, DeafNodeDisturbsNobody) {
  raft_script script;
  script.play("> cluster 1 2 3\n> timeout 1\n> deliver\n> cut 1 3\n");
  const auto before = highest_term(script, 3);
  for (int i = 0; i < 200; ++i)
    script.play("> tick 1\n> deliver\n");
  EXPECT_EQ(highest_term(script, 3), before);
  EXPECT_TRUE(script.at(1).core().is_leader());
}

TEST(RaftTrace, LostLeaderIsReplacedWithinTwoTerms) {
  for (int seed = 0; seed < 20; ++seed) {
    raft_script script;
    script.play("> cluster 1 2 3 4 5\n> timeout 1\n> deliver\n");
    for (int i = 0; i < seed; ++i)
      script.play("> tick 2 1\n");
    script.play("> isolate 1\n");
    const auto before = raft::value_of(script.at(2).core().term());
    bool led = false;
    for (int i = 0; i < 100 && !led; ++i) {
      script.play("> tick 1\n> deliver\n");
      for (int n = 2; n <= 5; ++n)
        led = led || script.at(n).core().is_leader();
    }
    EXPECT_TRUE(led);
    EXPECT_LE(highest_term(script, 5) - before, 2);
  }
}

// -- limits -------------------------------------------------------------------------

TEST(RaftLimits, ProposalsBeyondTheUncommittedLimitAreRefused) {
  auto how = raft_script::small_options();
  how.uncommitted_bytes = 1'000;
  raft_script script{how};
  script.play("> cluster 1 2 3\n> timeout 1\n> deliver\n> isolate 1\n");
  auto& leader = script.at(1).core();
  int accepted = 0;
  result<raft::position> last = raft::position{};
  for (; accepted < 100 && (last = leader.propose(bytes(100, 'x'))); ++accepted) {
  }
  EXPECT_LT(accepted, 10);
  EXPECT_EQ(last.error().code, errc::overloaded);
}

TEST(RaftLimits, ProposalThatIsTooLargeIsRefused) {
  auto how = raft_script::small_options();
  how.entry_bytes = 100;
  raft_script script{how};
  script.play("> cluster 1\n> timeout 1\n");
  EXPECT_EQ(script.at(1).core().propose(bytes(101, 'x')).error().code, errc::policy_violation);
  EXPECT_TRUE(script.at(1).core().propose(bytes(100, 'x')));
}

TEST(RaftLimits, LogThatIsFullWaitsForASnapshot) {
  auto how = raft_script::small_options();
  how.log_bytes = 500;
  raft_script script{how};
  script.play("> cluster 1\n> timeout 1\n");
  result<raft::position> last = raft::position{};
  const auto propose = [&] {
    last = script.at(1).core().propose(bytes(60, 'x'));
    script.play("> show 1\n");
  };
  for (int i = 0; i < 20; ++i)
    propose();
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, errc::overloaded);
  script.play("> snapshot 1\n");
  propose();
  EXPECT_TRUE(last);
}

TEST(RaftLimits, PeerThatDoesNotAnswerIsSentAWindowOnly) {
  auto how = raft_script::small_options();
  how.inflight_messages = 3;
  how.message_bytes = 1;
  raft_script script{how};
  script.play("> cluster 1 2 3\n> timeout 1\n> deliver\n");
  auto& core = script.at(1).core();
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(core.propose({'x'}));
  std::map<int, int> appends;
  for (const auto& m : core.ready().messages)
    appends[value_of(m.to.node)] += std::holds_alternative<raft::append_request>(m.body) ? 1 : 0;
  EXPECT_EQ(appends[2], 3);
  EXPECT_EQ(appends[3], 3);
}

TEST(RaftLimits, ObserversBeyondTheLimitAreNotServed) {
  auto how = raft_script::small_options();
  how.observers = 1;
  raft_script script{how};
  script.play("> cluster 1\n> timeout 1\n> node 2\n> node 3\n> tick 2 20\n> deliver\n");
  script.play("> tick 3 20\n> deliver\n> tick 1 2\n> deliver\n");
  EXPECT_EQ(script.at(2).core().log().last(), 2);
  EXPECT_EQ(script.at(3).core().log().last(), 0);
}

// -- what the network brings ----------------------------------------------------------

raft::core empty_core(const raft::replica_id& self) {
  raft::restored_log nothing;
  nothing.self = self;
  return raft::core{{}, nothing, rng{1}};
}

TEST(RaftCore, SnapshotWithAWrongChecksumIsFetchedAnew) {
  const raft::replica_id self{node_id{1}, raft::directory_id{1}};
  const raft::replica_id leader{node_id{2}, raft::directory_id{2}};
  auto core = empty_core(self);
  raft::snapshot_info info{9, raft::term_t{2}, raft::voter_set{{leader}}, 4, 0xbad};
  const raft::snapshot_chunk chunk{info, 0, 4, raft::share({'a', 'b', 'c', 'd'})};
  core.step({leader, self, raft::term_t{2}, chunk});
  const auto work = core.ready();
  EXPECT_FALSE(work.installed);
  EXPECT_EQ(core.commit(), 0);
  ASSERT_EQ(work.messages.size(), 1u);
  const auto& reply = std::get<raft::snapshot_reply>(work.messages[0].body);
  EXPECT_FALSE(reply.installed);
  EXPECT_EQ(reply.next_offset, 0u);
}

TEST(RaftCore, MessageThatMakesNoSenseChangesNothing) {
  const raft::replica_id self{node_id{1}, raft::directory_id{1}};
  const raft::replica_id other{node_id{2}, raft::directory_id{2}};
  auto core = empty_core(self);
  const auto data = [](raft::index_t i, int t) {
    return raft::entry{i, raft::term_t{t}, raft::entry_kind::data, nullptr};
  };
  const raft::append_request bad[] = {
      {{0, raft::no_term}, {data(2, 1)}, 0},              // a gap
      {{0, raft::no_term}, {data(1, 2), data(2, 1)}, 0},  // terms that descend
      {{0, raft::no_term}, {data(1, 9)}, 0},              // a term above the sender's
      {{-4, raft::no_term}, {}, 0},
      {{0, raft::no_term}, {{1, raft::term_t{1}, raft::entry_kind::voters, nullptr}}, 0},
  };
  for (const auto& x : bad) {
    core.step({other, self, raft::term_t{3}, x});
    EXPECT_EQ(core.log().last(), 0);
    EXPECT_TRUE(core.ready().messages.empty());
    core.advance();
  }
  core.step({other, {node_id{1}, raft::directory_id{5}}, raft::term_t{8}, raft::timeout_now{}});
  EXPECT_EQ(core.term(), raft::term_t{3});
}

// -- messages as bytes ----------------------------------------------------------------

TEST(RaftMessages, EveryDamagedByteIsNoticed) {
  const raft::voter_set voters{{{node_id{1}, raft::directory_id{7}}}};
  const raft::message examples[] = {
      {{node_id{1}, raft::directory_id{7}},
       {node_id{2}, raft::directory_id{8}},
       raft::term_t{9},
       raft::append_request{{4, raft::term_t{2}},
                            {{5, raft::term_t{9}, raft::entry_kind::data, raft::share({'a', 'b'})}},
                            4}},
      {{node_id{1}, raft::directory_id{7}},
       {node_id{2}, raft::directory_id{8}},
       raft::term_t{9},
       raft::snapshot_chunk{{4, raft::term_t{2}, voters, 3, 77}, 1, 2, raft::share({'a', 'b'})}}};
  for (const auto& m : examples) {
    const auto data = raft::encode(m);
    const auto back = raft::decode_message(data);
    ASSERT_TRUE(back);
    EXPECT_EQ(raft::encode(*back), data);
    for (std::size_t i = 0; i < data.size(); ++i) {
      auto bad = data;
      bad[i] = static_cast<char>(bad[i] ^ 4);
      EXPECT_FALSE(raft::decode_message(bad)) << i;
      EXPECT_FALSE(raft::decode_message(byte_view{data}.first(i))) << i;
    }
  }
}

}  // namespace
}  // namespace troupe::test
