// R17, R19: who leads when the leader is gone, on request, and when nobody is left.
#include "tests/support/runtime/cluster_fixture.hpp"

namespace troupe::controller {
namespace {

class Elections : public cluster_fixture {
 protected:
  std::int64_t counted(election_kind kind) {
    const auto& all = core->counters().elections;
    const auto i = all.find(kind);
    return i == all.end() ? 0 : i->second;
  }
  elect_leaders_response elect(election_type type, std::vector<topic_partition> which = {}) {
    return core->ask(elect_leaders_request{type, std::move(which)}, time.now()).answer;
  }
  errc elect_one(election_type type, const std::string& topic, int partition = 0) {
    return elect(type, {{topic, partition_id{partition}}}).results.at(0).result.code;
  }
  // min.insync.replicas 2, all three gone one after the other: 1 is the last.
  void lose_all(std::map<std::string, std::string> configs) {
    up({1, 2, 3});
    ASSERT_EQ(create("t", {nodes({1, 2, 3})}, std::move(configs)), errc::none);
    for (int id : {3, 2, 1})
      crash(id);
    ASSERT_EQ(leader("t"), -1);
  }
};

TEST_F(Elections, InSyncFirstThenEligibleThenNobody) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  crash(1);
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(alter("t", nodes({2})), errc::none);
  EXPECT_EQ(part("t").elr, nodes({3}));
  crash(2);
  EXPECT_EQ(leader("t"), 3);
  EXPECT_EQ(part("t").isr, nodes({3}));
  EXPECT_EQ(part("t").elr, nodes({2}));
  EXPECT_EQ(counted(election_kind::clean), 1);
  EXPECT_EQ(counted(election_kind::eligible), 1);
  crash(3);
  EXPECT_EQ(leader("t"), -1);
  // 1 was not in sync when the others went on.
  restart_cleanly(1);
  EXPECT_EQ(leader("t"), -1);
  restart_cleanly(3);
  EXPECT_EQ(leader("t"), 3);
}

// TR9, the controller's part: the lossy one comes back first and does not lead.
TEST_F(Elections, TR9_TheLastReplicaStandingDoesNotLeadAfterItLostItsTail) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}, {{"flush", "os"}}), errc::none);
  EXPECT_EQ(alter("t", nodes({1})), errc::none);
  EXPECT_EQ(part("t").elr, nodes({2, 3}));
  for (int id : {2, 3})
    crash(id);
  crash(1);
  restart(1);
  EXPECT_EQ(leader("t"), -1);
  (void)heartbeat(3);
  EXPECT_EQ(leader("t"), 3);
}

TEST_F(Elections, AStoppedLeaderElectsWhoKnowsAll) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  EXPECT_EQ(alter("t", nodes({1, 3})), errc::none);
  stop(1);
  EXPECT_EQ(leader("t"), 3);
  EXPECT_EQ(part("t").isr, nodes({3}));
}

// -- preferred leaders ---------------------------------------------------------------

TEST_F(Elections, PreferredLeadersComeBackOnRequest) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3}), nodes({2, 3, 1})}), errc::none);
  EXPECT_EQ(elect_one(election_type::preferred, "t"), errc::election_not_needed);
  crash(1);
  EXPECT_EQ(elect_one(election_type::preferred, "t"), errc::preferred_leader_not_available);
  restart(1);
  EXPECT_EQ(elect_one(election_type::preferred, "t"), errc::preferred_leader_not_available);
  EXPECT_EQ(alter("t", nodes({1, 2, 3})), errc::none);
  const auto epoch = part("t").epoch;
  const auto answer = elect(election_type::preferred);
  ASSERT_EQ(answer.results.size(), 1u);
  EXPECT_TRUE(answer.results[0].result.ok());
  EXPECT_EQ(leader("t"), 1);
  EXPECT_EQ(value_of(part("t").epoch), value_of(epoch) + 1);
  EXPECT_EQ(elect_one(election_type::preferred, "u"), errc::unknown_topic);
  EXPECT_EQ(elect_one(election_type::preferred, "t", 2), errc::unknown_partition);
}

TEST_F(Elections, ImbalanceIsMendedByItself) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  crash(1);
  restart(1);
  EXPECT_EQ(alter("t", nodes({1, 2, 3})), errc::none);
  EXPECT_EQ(leader("t"), 2);
  pass(options.balance_every + seconds{1});
  EXPECT_EQ(leader("t"), 1);
}

TEST_F(Elections, ALittleImbalanceIsLeftAlone) {
  up({1, 2});
  std::vector<list> many(20, nodes({1, 2}));
  ASSERT_EQ(create("t", many), errc::none);
  partition_changed moved;
  moved.topic_id = image().find("t")->id;
  moved.leader = node_id{2};
  cluster_state state = core->state();
  const auto with_moved = [&](int count) {
    records batch;
    for (int i = 0; i < count; ++i) {
      moved.partition = partition_id{i};
      batch.emplace_back(moved);
    }
    auto next = state;
    EXPECT_TRUE(next.apply(state.offset() + 1, batch));
    return plan_balance(next).list.size();
  };
  EXPECT_EQ(with_moved(2), 0u);
  EXPECT_EQ(with_moved(3), 3u);
}

// -- nobody left ------------------------------------------------------------------------

TEST_F(Elections, RecoveryWaitsForAllWhoWereEligibleAndTakesTheLongestLog) {
  lose_all({{"flush", "os"}});
  restart(1);
  restart(2);
  EXPECT_EQ(part("t").last_known_elr.size(), 2u);
  pass(seconds{2});
  const auto asked = core->questions(time.now());
  ASSERT_EQ(asked.size(), 2u);
  tell_log(1, "t", 0, 100);
  EXPECT_EQ(leader("t"), -1);
  tell_log(2, "t", 0, 101);
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(part("t").isr, nodes({2}));
  EXPECT_EQ(part("t").recovery, leader_recovery::recovering);
  EXPECT_EQ(counted(election_kind::recovered), 1);
  // Nobody joins before the leader says that it has recovered.
  auto what = proposal("t", nodes({2, 1}));
  what.recovery = leader_recovery::recovering;
  EXPECT_EQ(core->ask(what, time.now()).answer.result.code, errc::bad_request);
  EXPECT_EQ(alter("t", nodes({2})), errc::none);
  EXPECT_EQ(part("t").recovery, leader_recovery::recovered);
  EXPECT_EQ(alter("t", nodes({2, 1})), errc::none);
}

TEST_F(Elections, ALaterEpochIsLongerThanALaterOffset) {
  lose_all({{"flush", "os"}});
  restart(1);
  restart(2);
  pass(seconds{2});
  (void)core->questions(time.now());
  tell_log(1, "t", 1, 50);
  tell_log(2, "t", 0, 101);
  EXPECT_EQ(leader("t"), 1);
}

TEST_F(Elections, AnswersOfThePastDoNotCount) {
  lose_all({{"flush", "os"}});
  restart(1);
  restart(2);
  pass(seconds{2});
  log_ends_response old{{}, node_id{1}, broker(1).epoch - 1, {}};
  old.ends.push_back({{"t", partition_id{0}}, part("t").epoch, leader_epoch{9}, 900});
  core->tell(old, time.now());
  log_ends_response behind{{}, node_id{1}, broker(1).epoch, {}};
  behind.ends.push_back(
      {{"t", partition_id{0}}, leader_epoch{value_of(part("t").epoch) - 1}, leader_epoch{9}, 900});
  core->tell(behind, time.now());
  tell_log(2, "t", 0, 10);
  EXPECT_EQ(leader("t"), -1);
  // So the question is asked again.
  EXPECT_FALSE(core->questions(time.now()).empty());
}

TEST_F(Elections, ASingleReplicaComesBackByItself) {
  up(1);
  ASSERT_EQ(create("t", {nodes({1})}, {{"flush", "os"}}), errc::none);
  crash(1);
  restart(1);
  EXPECT_EQ(leader("t"), -1);
  pass(seconds{2});
  tell_log(1, "t", 0, 5);
  EXPECT_EQ(leader("t"), 1);
}

TEST_F(Elections, UncleanOnlyWhereTheTopicAllowsIt) {
  lose_all({{"flush", "os"}});
  restart(3);
  pass(seconds{30});
  tell_log(3, "t", 0, 5);
  pass(seconds{30});
  EXPECT_EQ(leader("t"), -1);
  EXPECT_EQ(elect_one(election_type::unclean, "t"), errc::eligible_leaders_not_available);
  ASSERT_EQ(set("t", "unclean.leader.election.enable", "true"), errc::none);
  EXPECT_EQ(elect_one(election_type::unclean, "t"), errc::none);
  (void)core->questions(time.now());
  tell_log(3, "t", 0, 5);
  pass(seconds{2});
  EXPECT_EQ(leader("t"), 3);
  EXPECT_EQ(counted(election_kind::unclean), 1);
  EXPECT_EQ(elect_one(election_type::unclean, "t"), errc::election_not_needed);
}

TEST_F(Elections, UncleanByItselfWaitsForTheEligible) {
  lose_all({{"unclean.leader.election.enable", "true"}});
  restart(3);
  pass(seconds{2});
  (void)core->questions(time.now());
  tell_log(3, "t", 0, 5);
  pass(seconds{5});
  EXPECT_EQ(leader("t"), -1);
  restart(2);
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(counted(election_kind::unclean), 0);
}

TEST_F(Elections, UncleanByItselfAfterAWhile) {
  lose_all({{"unclean.leader.election.enable", "true"}});
  restart(3);
  pass(seconds{12});
  (void)core->questions(time.now());
  tell_log(3, "t", 0, 5);
  EXPECT_EQ(leader("t"), 3);
  EXPECT_EQ(counted(election_kind::unclean), 1);
}

TEST_F(Elections, UncleanNeedsALiveReplica) {
  lose_all({{"unclean.leader.election.enable", "true"}});
  EXPECT_EQ(elect_one(election_type::unclean, "t"), errc::eligible_leaders_not_available);
}

}  // namespace
}  // namespace troupe::controller
