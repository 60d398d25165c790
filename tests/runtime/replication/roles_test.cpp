// The tables of in_sync_set.hpp, follower.hpp and leader.hpp, row by row.
#include "runtime/replication/replica.hpp"
#include "tests/support/runtime/log_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr node_id n1{1};
constexpr node_id n2{2};
constexpr node_id n3{3};

partition_assignment three(std::vector<node_id> isr, std::int32_t partition_epoch = 5) {
  return {.leader = n1,
          .epoch = leader_epoch{3},
          .partition_epoch = partition_epoch,
          .replicas = {{n1, 11}, {n2, 12}, {n3, 13}},
          .isr = std::move(isr),
          .min_isr = 2};
}

// -- in_sync_set --------------------------------------------------------------------

class InSyncSet : public ::testing::Test {
 protected:
  isr_answer answer(errc code) const {
    return {.number = 1, .epoch = leader_epoch{3}, .code = code};
  }
  void grow() {
    set_.propose({{n1, 11}, {n2, 12}, {n3, 13}});
    ASSERT_TRUE(set_.take(now_));
  }

  mono_time now_{1s};
  in_sync_set set_{three({n1, n2})};
};

TEST_F(InSyncSet, GrowthCountsFromTheProposalOn) {
  EXPECT_FALSE(set_.counts(n3));
  grow();
  EXPECT_TRUE(set_.counts(n3));
  EXPECT_THAT(set_.committed(), ElementsAre(n1, n2));
}

TEST_F(InSyncSet, ShrinkCountsFromItsCommitOn) {
  set_.propose({{n1, 11}});
  EXPECT_TRUE(set_.counts(n2));
  auto done = answer(errc::none);
  done.partition_epoch = 6;
  done.isr = {n1};
  set_.answered(done, now_);
  EXPECT_FALSE(set_.counts(n2));
  EXPECT_EQ(set_.partition_epoch(), 6);
}

TEST_F(InSyncSet, RefusalRollsBackAndWaitsALittle) {
  for (auto code : {errc::operation_not_attempted, errc::ineligible_replica}) {
    in_sync_set set{three({n1, n2})};
    set.propose({{n1, 11}, {n2, 12}, {n3, 13}});
    set.answered(answer(code), now_);
    EXPECT_FALSE(set.pending());
    EXPECT_FALSE(set.counts(n3));
    EXPECT_FALSE(set.may_propose(now_));
    EXPECT_TRUE(set.may_propose(now_ + 1s));
  }
}

TEST_F(InSyncSet, RefusalOfAGrowthThatWasSentTwiceIsConfirmedFirst) {
  grow();
  ASSERT_TRUE(set_.take(now_ + 2s));
  set_.answered(answer(errc::ineligible_replica), now_);
  EXPECT_TRUE(set_.counts(n3)) << "the other copy may be accepted yet";
  EXPECT_FALSE(set_.may_propose(now_ + 1h));
  const auto confirms = set_.take(now_ + 1s);
  ASSERT_TRUE(confirms);
  EXPECT_EQ(confirms->number, 2u);
  EXPECT_EQ(confirms->isr.size(), 2u);
  auto done = answer(errc::none);
  done.number = 2;
  done.partition_epoch = 6;
  done.isr = {n1, n2};
  set_.answered(done, now_ + 1s);
  EXPECT_FALSE(set_.counts(n3));
  EXPECT_TRUE(set_.may_propose(now_ + 1s));
}

TEST_F(InSyncSet, WhatMetadataMustDecideStaysPending) {
  for (auto code : {errc::unknown_topic, errc::unknown_partition, errc::fenced_leader_epoch,
                    errc::invalid_update_version, errc::bad_request, errc::new_leader_elected}) {
    in_sync_set set{three({n1, n2})};
    set.propose({{n1, 11}, {n2, 12}, {n3, 13}});
    ASSERT_TRUE(set.take(now_));
    set.answered(answer(code), now_);
    EXPECT_TRUE(set.counts(n3)) << to_string(code);
    EXPECT_FALSE(set.take(now_ + 1h)) << to_string(code);
    EXPECT_TRUE(set.update(6, {n1, n2}));
    EXPECT_FALSE(set.pending());
  }
}

TEST_F(InSyncSet, AnythingElseSendsTheSameAgain) {
  for (auto code : {errc::not_controller, errc::request_timeout, errc::stale_broker_epoch}) {
    in_sync_set set{three({n1, n2})};
    set.propose({{n1, 11}, {n2, 12}, {n3, 13}});
    const auto first = set.take(now_);
    set.answered(answer(code), now_);
    EXPECT_TRUE(set.counts(n3)) << to_string(code);
    EXPECT_FALSE(set.take(now_));
    const auto again = set.take(set.due());
    ASSERT_TRUE(again) << to_string(code);
    EXPECT_EQ(again->number, first->number);
    EXPECT_EQ(again->partition_epoch, 5);
  }
}

TEST_F(InSyncSet, NoAnswerSendsTheSameAgain) {
  grow();
  EXPECT_FALSE(set_.take(now_ + 1s));
  EXPECT_TRUE(set_.take(now_ + 2s));
}

TEST_F(InSyncSet, AnswersOfThePastAreIgnored) {
  grow();
  auto old = answer(errc::ineligible_replica);
  old.number = 0;
  set_.answered(old, now_);
  EXPECT_TRUE(set_.pending());
  old.number = 1;
  old.epoch = leader_epoch{2};
  set_.answered(old, now_);
  EXPECT_TRUE(set_.pending()) << "numbers begin again with every leader epoch";
  auto done = answer(errc::none);
  done.partition_epoch = 5;
  set_.answered(done, now_);
  EXPECT_TRUE(set_.pending()) << "not newer than what is known";
}

TEST_F(InSyncSet, MetadataThatIsNotNewerChangesNothing) {
  grow();
  EXPECT_FALSE(set_.update(5, {n1}));
  EXPECT_FALSE(set_.update(4, {n1}));
  EXPECT_TRUE(set_.counts(n3));
  EXPECT_THAT(set_.committed(), ElementsAre(n1, n2));
}

// -- the leader ---------------------------------------------------------------------

class ReplicatedLeader : public ::testing::Test {
 protected:
  void lead(partition_assignment at, offset_t end = 10) {
    leader_.emplace(
        leader_options{.replicas = {.self = n1}, .flush = flush_policy::fsync, .limits = {}}, at,
        leader_ends{.durable = end, .written = end}, now_);
  }
  replica_fetch_check fetch(node_id from, offset_t at, offset_t durable, int epoch = 3) {
    replica_fetch_request what;
    what.replica = from;
    what.broker_epoch = 10 + value_of(from);
    what.current_leader_epoch = leader_epoch{epoch};
    what.last_fetched_epoch = leader_epoch{2};
    what.fetch_offset = at;
    what.durable_end = durable;
    return leader_->on_replica_fetch(what, {leader_epoch{2}, leader_->written_end()}, now_);
  }
  void produce(offset_t end, waiter who) {
    leader_->appended(end, 100);
    leader_->await_ack(required_acks::all, who);
    leader_->written(now_);
    leader_->synced(end, now_);
  }
  std::string answered() {
    std::vector<produce_answer> all;
    leader_->take_produces(all);
    std::string text;
    for (const auto& x : all)
      text += std::to_string(x.who) + ":" + std::string{to_string(x.code)} + " ";
    return text;
  }

  mono_time now_{1h};
  std::optional<partition_leader> leader_;
};

TEST_F(ReplicatedLeader, EpochsAreFenced) {
  lead(three({n1, n2}));
  EXPECT_EQ(fetch(n2, 10, 10, 2).code, errc::fenced_leader_epoch);
  EXPECT_EQ(fetch(n2, 10, 10, 4).code, errc::unknown_leader_epoch);
  EXPECT_EQ(fetch(node_id{9}, 10, 10).code, errc::replica_not_available);
  EXPECT_EQ(fetch(n2, 11, 10).diverging->end, 10);
  EXPECT_EQ(leader_->high_watermark(), 0) << "none of these acknowledges anything";
}

TEST_F(ReplicatedLeader, OlderProcessOfAReplicaIsFenced) {
  lead(three({n1, n2}));
  replica_fetch_request what;
  what.replica = n2;
  what.broker_epoch = 20;
  what.current_leader_epoch = leader_epoch{3};
  what.fetch_offset = what.durable_end = 4;
  EXPECT_EQ(leader_->on_replica_fetch(what, {}, now_).code, errc::none);
  what.broker_epoch = 12;
  EXPECT_EQ(leader_->on_replica_fetch(what, {}, now_).code, errc::stale_broker_epoch);
}

TEST_F(ReplicatedLeader, HighWatermarkIsTheLeastDurableEndInSync) {
  lead(three({n1, n2}));
  EXPECT_FALSE(leader_->is_readable());
  fetch(n2, 10, 7);
  EXPECT_EQ(leader_->high_watermark(), 7);
  EXPECT_FALSE(leader_->is_readable());
  fetch(n2, 10, 10);
  EXPECT_EQ(leader_->high_watermark(), 10);
  EXPECT_TRUE(leader_->is_readable());
}

TEST_F(ReplicatedLeader, CaughtUpCandidateHoldsTheHighWatermark) {
  lead(three({n1, n2}));
  fetch(n2, 10, 10);
  fetch(n3, 10, 10);  // it may join, and is proposed
  ASSERT_TRUE(leader_->take_proposal(now_));
  produce(11, 1);
  fetch(n2, 11, 11);
  EXPECT_EQ(answered(), "");
  fetch(n3, 11, 11);
  EXPECT_EQ(answered(), "1:none ");
}

TEST_F(ReplicatedLeader, OnlyTheRegisteredAndEligibleJoin) {
  auto at = three({n1, n2});
  at.replicas[2].broker_epoch = 14;
  lead(at);
  fetch(n3, 10, 10);
  EXPECT_FALSE(leader_->take_proposal(now_)) << "another process is registered";
  at.replicas[2] = {n3, 13, false};
  leader_->update(at, now_);
  EXPECT_FALSE(leader_->take_proposal(now_)) << "fenced";
  at.replicas[2].eligible = true;
  leader_->update(at, now_);
  EXPECT_TRUE(leader_->take_proposal(now_));
}

TEST_F(ReplicatedLeader, TooFewInSyncRefuseAndFailAcksAll) {
  lead(three({n1, n2}));
  fetch(n2, 10, 10);
  produce(11, 1);
  leader_->update(three({n1}, 6), now_);
  EXPECT_EQ(answered(), "1:not_enough_replicas_after_append ");
  EXPECT_EQ(leader_->high_watermark(), 10) << "frozen";
  EXPECT_EQ(leader_->admit(1, required_acks::all), errc::not_enough_replicas);
  EXPECT_EQ(leader_->admit(1, required_acks::leader), errc::none);
}

TEST_F(ReplicatedLeader, LaggardLeavesAfterLagMax) {
  lead(three({n1, n2, n3}));
  fetch(n2, 10, 10);
  produce(11, 1);
  now_ += 29s;
  fetch(n2, 11, 11);
  leader_->expire(now_);
  EXPECT_FALSE(leader_->take_proposal(now_));
  now_ += 16s;
  fetch(n2, 11, 11);
  leader_->expire(now_);
  const auto proposal = leader_->take_proposal(now_);
  ASSERT_TRUE(proposal);
  ASSERT_EQ(proposal->isr.size(), 2u);
  EXPECT_EQ(proposal->isr[1].id, n2);
  EXPECT_EQ(proposal->isr[1].broker_epoch, 12);
  EXPECT_FALSE(leader_->take_proposal(now_)) << "one at a time";
}

TEST_F(ReplicatedLeader, ReplicaFetchWakesWithTheWrite) {
  lead(three({n1, n2}));
  ASSERT_TRUE(leader_->park_replica(7, 0, 1, now_ + 500ms));
  leader_->appended(11, 100);
  std::vector<fetch_answer> woken;
  leader_->take_replica_fetches(woken);
  EXPECT_TRUE(woken.empty());
  leader_->written(now_);
  leader_->take_replica_fetches(woken);
  ASSERT_EQ(woken.size(), 1u);
  EXPECT_EQ(woken[0].who, 7u);
}

TEST_F(ReplicatedLeader, ResigningAnswersEverybody) {
  lead(three({n1, n2}));
  produce(11, 1);
  ASSERT_TRUE(leader_->park(8, 0, 1, now_ + 1s));
  ASSERT_TRUE(leader_->park_replica(9, 0, 1, now_ + 1s));
  leader_->resign();
  EXPECT_EQ(answered(), "1:not_leader_or_follower ");
  std::vector<fetch_answer> woken;
  leader_->take_fetches(woken);
  ASSERT_EQ(woken.size(), 1u);
  EXPECT_EQ(woken[0].code, errc::not_leader_or_follower);
  leader_->take_replica_fetches(woken);
  ASSERT_EQ(woken.size(), 1u);
}

// -- the follower ---------------------------------------------------------------------

class Follower : public log_test {
 protected:
  using state = partition_follower::state;
  using kind = follower_step::kind;

  void SetUp() override {
    open();
    write_many(5, leader_epoch{1});
    ASSERT_TRUE(sync());
    follower_.follow(n1, leader_epoch{2});
  }
  replica_fetch_response answer(errc code = errc::none) {
    replica_fetch_response x;
    x.result.code = code;
    x.epoch = leader_epoch{2};
    x.fetch_offset = 5;
    x.log_end = 5;
    return x;
  }
  follower_step respond(replica_fetch_response x) {
    return follower_.on_response(std::move(x), *log, time.now());
  }
  auto ask() { return follower_.next_fetch(*log, time.now()); }

  partition_follower follower_{follower_options{.self = n2, .broker_epoch = 12, .target = {}}};
};

TEST_F(Follower, AsksFromItsEndAndSaysWhatIsDurable) {
  write_many(1, leader_epoch{1});
  EXPECT_FALSE(ask()) << "what it holds is not on the disk, and nothing more is known to be there";
  ASSERT_TRUE(sync());
  const auto asked = ask();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->fetch_offset, 6);
  EXPECT_EQ(asked->durable_end, 6);
  EXPECT_EQ(asked->last_fetched_epoch, leader_epoch{1});
  EXPECT_EQ(asked->current_leader_epoch, leader_epoch{2});
  EXPECT_EQ(asked->broker_epoch, 12);
  EXPECT_FALSE(ask()) << "one at a time";
}

TEST_F(Follower, FetchesOnBeforeTheSyncWhileItIsBehind) {
  ASSERT_TRUE(ask());
  auto more = answer();
  more.log_end = 100;
  EXPECT_EQ(respond(std::move(more)).what, kind::none);
  write_many(1, leader_epoch{1});
  const auto asked = ask();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->fetch_offset, 6);
  EXPECT_EQ(asked->durable_end, 5);
}

TEST_F(Follower, AnswersOfThePastAreDropped) {
  EXPECT_EQ(respond(answer()).what, kind::none) << "nothing was asked";
  ASSERT_TRUE(ask());
  auto x = answer(errc::offset_out_of_range);
  x.fetch_offset = 4;
  EXPECT_EQ(respond(x).what, kind::none);
  x = answer(errc::offset_out_of_range);
  x.epoch = leader_epoch{1};
  EXPECT_EQ(respond(x).what, kind::none);
  EXPECT_EQ(follower_.now_is(), state::waiting);
  follower_.follow(n3, leader_epoch{4});
  EXPECT_EQ(respond(answer(errc::offset_out_of_range)).what, kind::none);
}

TEST_F(Follower, ReactsToEachErrorAsTheTableSays) {
  struct row {
    errc code;
    state then;
    bool asks_again;
  };
  for (const auto& x : {row{errc::unknown_leader_epoch, state::backing_off, true},
                        row{errc::not_leader_or_follower, state::backing_off, true},
                        row{errc::replica_not_available, state::backing_off, true},
                        row{errc::stale_broker_epoch, state::backing_off, true},
                        row{errc::storage_error, state::backing_off, true},
                        row{errc::unknown_topic, state::backing_off, true},
                        row{errc::fenced_leader_epoch, state::backing_off, false}}) {
    follower_.follow(n1, leader_epoch{2});
    ASSERT_TRUE(ask());
    EXPECT_EQ(respond(answer(x.code)).what, kind::none);
    EXPECT_EQ(follower_.now_is(), x.then) << to_string(x.code);
    EXPECT_FALSE(ask()) << to_string(x.code);
    time.advance(1s);
    EXPECT_EQ(ask().has_value(), x.asks_again) << to_string(x.code);
  }
}

TEST_F(Follower, OutOfRangeBeginsAnewAtTheLeadersStart) {
  ASSERT_TRUE(ask());
  auto x = answer(errc::offset_out_of_range);
  x.log_start = 40;
  const auto step = respond(x);
  EXPECT_EQ(step.what, kind::begin_anew);
  EXPECT_EQ(step.offset, 40);
  EXPECT_FALSE(ask()) << "not before it is done";
  ASSERT_TRUE(log->truncate_fully(40));
  follower_.settled(*log);
  EXPECT_EQ(follower_.high_watermark(), 40);
  const auto asked = ask();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->fetch_offset, 40);
  EXPECT_EQ(asked->last_fetched_epoch, no_epoch);
}

TEST_F(Follower, CutsWhereBothLogsAgree) {
  ASSERT_TRUE(ask());
  auto x = answer();
  x.diverging = epoch_end{leader_epoch{1}, 3};
  const auto step = respond(x);
  EXPECT_EQ(step.what, kind::truncate);
  EXPECT_EQ(step.offset, 3);
}

TEST_F(Follower, SenselessDivergenceCutsNothing) {
  ASSERT_TRUE(ask());
  auto x = answer();
  x.diverging = epoch_end{leader_epoch{1}, 9};
  EXPECT_EQ(respond(x).what, kind::none);
  EXPECT_EQ(follower_.now_is(), state::backing_off);
}

TEST_F(Follower, HighWatermarkIsNotAboveItsOwnEnd) {
  ASSERT_TRUE(ask());
  auto x = answer();
  x.high_watermark = 9;
  respond(x);
  EXPECT_EQ(follower_.high_watermark(), 5);
}

TEST_F(Follower, LostAnswerIsAskedForAgain) {
  ASSERT_TRUE(ask());
  EXPECT_FALSE(ask());
  time.advance(10s);
  EXPECT_TRUE(ask());
}

TEST_F(Follower, BacksOffLongerAndLonger) {
  mono_duration last{};
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(ask());
    follower_.on_no_answer(time.now());
    const auto wait = follower_.next_deadline() - time.now();
    EXPECT_GE(wait, last);
    EXPECT_LE(wait, 1s);
    last = wait;
    time.advance(1s);
  }
  EXPECT_EQ(last, mono_duration{1s});
}

}  // namespace
}  // namespace troupe
