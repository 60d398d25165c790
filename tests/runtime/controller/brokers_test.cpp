// R18, R21, R23: registration, heartbeats, fencing, controlled shutdown.
#include "tests/support/runtime/cluster_fixture.hpp"

namespace troupe::controller {
namespace {

class Brokers : public cluster_fixture {
 protected:
  errc refusal(register_broker_request what) {
    const auto batches = log.batches.size();
    const auto answer = core->ask(what, time.now()).answer;
    if (!answer.result.ok()) {
      EXPECT_EQ(log.batches.size(), batches);
      EXPECT_FALSE(answer.result.message.empty());
    }
    return answer.result.code;
  }
  errc heartbeat_with(int id, broker_epoch epoch) {
    broker_heartbeat_request what;
    what.broker = node_id{id};
    what.epoch = epoch;
    return core->ask(what, time.now()).answer.result.code;
  }
};

// -- registration -----------------------------------------------------------------

TEST_F(Brokers, StrangersAreRefused) {
  using edit = void (*)(register_broker_request&);
  const std::pair<edit, errc> table[] = {
      {[](auto& x) { x.cluster_id = "another"; }, errc::inconsistent_cluster_id},
      {[](auto& x) { x.protocol_version = 0; }, errc::unsupported_version},
      {[](auto& x) { x.protocol_version = 2; }, errc::unsupported_version},
      {[](auto& x) { x.broker.id = node_id{-1}; }, errc::invalid_registration},
      {[](auto& x) { x.broker.incarnation.clear(); }, errc::invalid_registration},
      {[](auto& x) { x.broker.directory.clear(); }, errc::invalid_registration},
      {[](auto& x) { x.broker.host.clear(); }, errc::invalid_registration},
      {[](auto& x) { x.broker.cluster_port = 0; }, errc::invalid_registration},
      {[](auto&) {}, errc::none}};
  for (const auto& [change, expected] : table) {
    auto what = registration(1);
    change(what);
    EXPECT_EQ(refusal(what), expected);
  }
}

TEST_F(Brokers, AUsedNodeIdIsRefusedWhileItsSessionIsValid) {
  up({1, 2});
  const auto epoch = broker(1).epoch;
  incarnations[1] = "intruder";
  EXPECT_EQ(refusal(registration(1)), errc::duplicate_broker_registration);
  pass(seconds{60});
  EXPECT_EQ(refusal(registration(1)), errc::duplicate_broker_registration);
  EXPECT_EQ(broker(1).epoch, epoch);
  crash(1);
  EXPECT_EQ(refusal(registration(1)), errc::none);
  EXPECT_GT(broker(1).epoch, epoch);
}

TEST_F(Brokers, ARepeatedRegistrationGetsTheSameEpoch) {
  const auto first = register_broker(1);
  const auto batches = log.batches.size();
  EXPECT_EQ(register_broker(1).epoch, first.epoch);
  EXPECT_EQ(first.epoch, static_cast<offset_t>(batches));
  EXPECT_EQ(log.batches.size(), batches);
}

TEST_F(Brokers, AFullLogRefusesAndChangesNothing) {
  log.refusal = error{errc::overloaded};
  EXPECT_EQ(register_broker(1).result.code, errc::overloaded);
  EXPECT_EQ(create("t", {nodes({1})}), errc::invalid_replica_assignment);
  EXPECT_TRUE(image().brokers.empty());
}

// -- heartbeats ---------------------------------------------------------------------

TEST_F(Brokers, UnfencedOnlyWhenCaughtUpWithItsOwnRegistration) {
  (void)register_broker(1);
  EXPECT_TRUE(broker(1).fenced);
  broker_heartbeat_request what{node_id{1}, broker(1).epoch, broker(1).epoch - 1, false, false};
  auto answer = core->ask(what, time.now()).answer;
  EXPECT_FALSE(answer.caught_up);
  EXPECT_TRUE(answer.fenced);
  what.metadata_offset = broker(1).epoch;
  what.wants_fence = true;
  answer = core->ask(what, time.now()).answer;
  EXPECT_TRUE(answer.caught_up);
  EXPECT_TRUE(answer.fenced);
  what.wants_fence = false;
  answer = core->ask(what, time.now()).answer;
  EXPECT_FALSE(answer.fenced);
  EXPECT_FALSE(broker(1).fenced);
}

TEST_F(Brokers, HeartbeatsOfStrangersAndOfThePastAreRefused) {
  up(1);
  const auto old = broker(1).epoch;
  EXPECT_EQ(heartbeat_with(2, 1), errc::broker_id_not_registered);
  EXPECT_EQ(heartbeat_with(1, old + 1), errc::stale_broker_epoch);
  crash(1);
  restart(1);
  EXPECT_EQ(heartbeat_with(1, old), errc::stale_broker_epoch);
  // Nor do they keep a session alive.
  for (int i = 0; i < 20; ++i) {
    time.advance(seconds{1});
    (void)heartbeat_with(1, old);
    core->tick(time.now());
  }
  EXPECT_TRUE(broker(1).fenced);
}

TEST_F(Brokers, NobodyIsFencedWithinASession) {
  up({1, 2, 3});
  pass(seconds{3600});
  for (int id : {1, 2, 3})
    EXPECT_FALSE(broker(id).fenced);
  EXPECT_EQ(core->counters().fenced_by_session, 0);
  time.advance(seconds{9} - milliseconds{1});
  core->tick(time.now());
  EXPECT_EQ(core->counters().fenced_by_session, 0);
  time.advance(milliseconds{1});
  core->tick(time.now());
  EXPECT_EQ(core->counters().fenced_by_session, 3);
}

TEST_F(Brokers, FencingMovesLeadershipAndInSyncReplicasInTheSameBatch) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3}), nodes({2, 1, 3}), nodes({3, 2, 1})}), errc::none);
  const auto batches = log.batches.size();
  const auto epoch = part("t", 0).epoch;
  crash(1);
  EXPECT_EQ(log.batches.size(), batches + 1);
  EXPECT_EQ(leader("t", 0), 2);
  EXPECT_EQ(leader("t", 1), 2);
  for (int i : {0, 1, 2})
    EXPECT_EQ(minus(part("t", i).isr, nodes({1})), part("t", i).isr);
  EXPECT_GT(part("t", 0).epoch, epoch);
  // Who only lost a follower goes on in the same leader epoch.
  EXPECT_EQ(part("t", 1).epoch, leader_epoch{0});
  EXPECT_EQ(part("t", 1).partition_epoch, 1);
}

TEST_F(Brokers, ANewControllerGivesEverybodyAFullSession) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  for (int i = 0; i < 5; ++i) {
    time.advance(seconds{8});
    take_over();
    core->tick(time.now());
  }
  EXPECT_EQ(health_of(image()).fenced_brokers, 0u);
  incarnations[1] = "intruder";
  EXPECT_EQ(refusal(registration(1)), errc::duplicate_broker_registration);
}

TEST_F(Brokers, UnfencingKeepsTheEpoch) {
  up({1, 2});
  const auto epoch = broker(1).epoch;
  crash(1);
  EXPECT_FALSE(heartbeat(1).fenced);
  EXPECT_EQ(broker(1).epoch, epoch);
}

// -- controlled shutdown --------------------------------------------------------------

TEST_F(Brokers, ShutdownMovesLeadersFirstAndWaitsUntilTheOthersKnow) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  auto answer = ask_shutdown(1);
  EXPECT_FALSE(answer.should_shut_down);
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(part("t").isr, nodes({2, 3}));
  EXPECT_FALSE(ask_shutdown(1).should_shut_down);
  (void)heartbeat(2);
  EXPECT_FALSE(ask_shutdown(1).should_shut_down);
  (void)heartbeat(3);
  answer = ask_shutdown(1);
  EXPECT_TRUE(answer.should_shut_down);
  EXPECT_TRUE(broker(1).fenced);
  // An answer that got lost is given again, and the next process need not wait.
  EXPECT_TRUE(ask_shutdown(1).should_shut_down);
  incarnations[1] = "next";
  EXPECT_EQ(refusal(registration(1)), errc::none);
}

TEST_F(Brokers, ShutdownSurvivesAChangeOfTheController) {
  up({1, 2});
  ASSERT_EQ(create("t", {nodes({1, 2})}), errc::none);
  EXPECT_FALSE(ask_shutdown(1).should_shut_down);
  take_over();
  EXPECT_FALSE(ask_shutdown(1).should_shut_down);
  (void)heartbeat(2);
  EXPECT_TRUE(ask_shutdown(1).should_shut_down);
}

TEST_F(Brokers, TheLastBrokerMayStopAndComesBackAsLeader) {
  up(1);
  ASSERT_EQ(create("t", {nodes({1})}), errc::none);
  (void)ask_shutdown(1);
  EXPECT_TRUE(ask_shutdown(1).should_shut_down);
  EXPECT_EQ(leader("t"), -1);
  EXPECT_EQ(part("t").elr, nodes({1}));
  restart_cleanly(1);
  EXPECT_EQ(leader("t"), 1);
}

TEST_F(Brokers, AStoppingBrokerDoesNotJoinAnyIsr) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  (void)ask_shutdown(3);
  EXPECT_EQ(alter("t", nodes({1, 2, 3})), errc::ineligible_replica);
}

// -- unclean shutdown (R18) -------------------------------------------------------------

TEST_F(Brokers, ACleanStopKeepsTheReplicaEligible) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}, {{"flush", "os"}}), errc::none);
  for (int id : {3, 2, 1})
    crash(id);
  EXPECT_EQ(part("t").elr, nodes({1, 2}));
  restart_cleanly(2);
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(part("t").isr, nodes({2}));
  EXPECT_EQ(part("t").elr, nodes({1}));
}

TEST_F(Brokers, WhatWasNotSyncedIsLostInACrash) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}, {{"flush", "os"}}), errc::none);
  for (int id : {3, 2, 1})
    crash(id);
  restart(1);
  EXPECT_EQ(leader("t"), -1);
  EXPECT_EQ(part("t").elr, nodes({2}));
  EXPECT_EQ(part("t").last_known_elr, nodes({1}));
  restart_cleanly(2);
  EXPECT_EQ(leader("t"), 2);
}

TEST_F(Brokers, WithFsyncACrashLosesNothingThatWasAcknowledged) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  for (int id : {3, 2, 1})
    crash(id);
  restart(1);
  EXPECT_EQ(leader("t"), 1);
  EXPECT_EQ(part("t").elr, nodes({2}));
  EXPECT_EQ(core->counters().elections.at(election_kind::eligible), 1);
}

TEST_F(Brokers, ANewDiskHasNothing) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  for (int id : {3, 2, 1})
    crash(id);
  directories[1] = "new disk";
  restart(1);
  EXPECT_EQ(leader("t"), -1);
  EXPECT_EQ(part("t").elr, nodes({2}));
  EXPECT_TRUE(part("t").last_known_elr.empty());
}

TEST_F(Brokers, AllLosePowerAndTheFirstBackLeads) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  pass(seconds{20}, {1, 2, 3});
  EXPECT_EQ(leader("t"), -1);
  restart(2);
  EXPECT_EQ(leader("t"), 2);
  restart(1);
  EXPECT_EQ(alter("t", nodes({1, 2})), errc::none);
  EXPECT_TRUE(part("t").elr.empty());
}

TEST_F(Brokers, AFailedDiskLeavesAndAnotherLeads) {
  up({1, 2, 3});
  ASSERT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
  const auto epoch = broker(1).epoch;
  failed_replicas_request what{node_id{1}, epoch, {{"t", partition_id{0}}, {"u", partition_id{0}}}};
  EXPECT_TRUE(core->ask(what, time.now()).answer.result.ok());
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(part("t").isr, nodes({2, 3}));
  EXPECT_EQ(alter("t", nodes({1, 2, 3})), errc::none);
  what.epoch = epoch - 1;
  EXPECT_EQ(core->ask(what, time.now()).answer.result.code, errc::stale_broker_epoch);
}

TEST_F(Brokers, OnlyStoppedAndEmptyBrokersAreUnregistered) {
  up({1, 2});
  ASSERT_EQ(create("t", {nodes({1, 2})}), errc::none);
  const auto remove = [&](int id) {
    return core->ask(unregister_broker_request{node_id{id}}, time.now()).answer.result.code;
  };
  EXPECT_EQ(remove(3), errc::unknown_broker);
  EXPECT_EQ(remove(2), errc::conflict);
  crash(2);
  EXPECT_EQ(remove(2), errc::conflict);
  EXPECT_EQ(reassign("t", nodes({1})), errc::none);
  EXPECT_EQ(remove(2), errc::none);
  EXPECT_EQ(image().brokers.size(), 1u);
}

}  // namespace
}  // namespace troupe::controller
