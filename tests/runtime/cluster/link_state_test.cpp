#include "runtime/cluster/link_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace troupe {
namespace {

using namespace std::chrono_literals;

const error fine{errc::none};

/// A link of node `self` to node `peer` on a clock that the test moves.
class link_fixture : public testing::Test {
 protected:
  void make(int self, int peer, bool dialable = true, std::uint64_t seed = 1) {
    state_ = std::make_unique<link_state>(
        link_state::options{node_id{self}, node_id{peer}, dialable, {}, seed});
    happens(link_started{});
  }

  std::vector<link_action> happens(const link_event& event) {
    last_ = state_->step(event, clock_.now());
    return last_;
  }
  /// Moves to the deadline and lets the timer ring there, `late` after it.
  std::vector<link_action> timer(std::uint64_t received = 0, std::chrono::milliseconds late = 0ms) {
    EXPECT_NE(state_->deadline(), mono_time::max());
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(state_->deadline() - clock_.now());
    clock_.advance(std::max(wait, 0ms) + late);
    return happens(link_timer{received});
  }
  void probed(probe_result how) {
    happens(link_probed{
        state_->attempt(), how,
        how == probe_result::connected ? fine : error{errc::leader_not_available, "probe"}});
  }
  void connected(error why = fine) { happens(link_connected{state_->attempt(), why == fine, why}); }
  void greeted(std::uint64_t incarnation) {
    happens(link_greeted{state_->attempt(), true, fine, incarnation});
  }
  void bring_up(std::uint64_t incarnation = 7) {
    for (int i = 0; i < 10 && state_->phase() != link_phase::probing; ++i)
      timer();
    probed(probe_result::connected);
    connected();
    greeted(incarnation);
    ASSERT_EQ(phase(), link_phase::up);
  }
  bool did(link_do what) const {
    return std::ranges::any_of(last_, [&](const auto& x) { return x.what == what; });
  }
  link_phase phase() const { return state_->phase(); }
  std::chrono::milliseconds pause() const {
    return std::chrono::round<std::chrono::milliseconds>(state_->deadline() - clock_.now());
  }

  manual_clock clock_;
  std::unique_ptr<link_state> state_;
  std::vector<link_action> last_;
  const link_timing timing_;
};

TEST_F(link_fixture, GoesThroughAllStagesAndComesUp) {
  make(2, 1);
  EXPECT_EQ(phase(), link_phase::probing);
  EXPECT_TRUE(did(link_do::probe));
  probed(probe_result::connected);
  EXPECT_EQ(phase(), link_phase::connecting);
  EXPECT_TRUE(did(link_do::connect));
  connected();
  EXPECT_EQ(phase(), link_phase::greeting);
  EXPECT_TRUE(did(link_do::greet));
  greeted(7);
  EXPECT_EQ(phase(), link_phase::up);
  EXPECT_EQ(state_->incarnation(), 7u);
  EXPECT_EQ(state_->why().code, errc::none);
}

TEST_F(link_fixture, EachStageHasItsDeadline) {
  make(2, 1);
  EXPECT_EQ(pause(), timing_.probe_timeout);
  probed(probe_result::connected);
  EXPECT_EQ(pause(), timing_.connect_timeout);
  connected();
  EXPECT_EQ(pause(), timing_.greet_timeout);
  timer();
  EXPECT_EQ(phase(), link_phase::disconnected);
  EXPECT_TRUE(did(link_do::cut));
  EXPECT_EQ(state_->why().message, "no answer while greeting");
}

TEST_F(link_fixture, PausesDoubleUpToTheCapAndAreJittered) {
  make(2, 1);
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 12; ++i) {
    probed(probe_result::no_answer);
    pauses.push_back(pause());
    timer();
    ASSERT_EQ(phase(), link_phase::probing);
  }
  auto full = timing_.backoff_min;
  for (auto each : pauses) {
    EXPECT_GE(each + 1ms, full / 2);
    EXPECT_LE(each, full);
    full = std::min(full * 2, timing_.backoff_max);
  }
}

TEST_F(link_fixture, DifferentSeedsGiveDifferentPauses) {
  std::vector<mono_duration> pauses;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    make(2, 1, true, seed);
    probed(probe_result::no_answer);
    pauses.push_back(state_->deadline() - clock_.now());
  }
  std::ranges::sort(pauses);
  EXPECT_GT(std::ranges::unique(pauses).begin() - pauses.begin(), 4);
}

TEST_F(link_fixture, LostConnectionIsProbedAtOnceAndRefusedMeansGone) {
  make(2, 1);
  bring_up(7);
  clock_.advance(5s);
  happens(link_lost{state_->attempt()});
  EXPECT_TRUE(did(link_do::cut));
  EXPECT_TRUE(did(link_do::probe));
  EXPECT_EQ(phase(), link_phase::probing);
  probed(probe_result::refused);
  ASSERT_TRUE(did(link_do::report_gone));
  auto gone = std::ranges::find(last_, link_do::report_gone, &link_action::what);
  EXPECT_EQ(gone->incarnation, 7u);
}

TEST_F(link_fixture, GoneIsReportedOncePerProcess) {
  make(2, 1);
  bring_up(7);
  clock_.advance(5s);
  happens(link_lost{state_->attempt()});
  probed(probe_result::refused);
  timer();
  probed(probe_result::refused);
  EXPECT_FALSE(did(link_do::report_gone));
  timer();
  bring_up(8);
  clock_.advance(5s);
  happens(link_lost{state_->attempt()});
  probed(probe_result::refused);
  EXPECT_TRUE(did(link_do::report_gone));
}

TEST_F(link_fixture, RefusalOfOneNeverReachedSaysNothing) {
  make(2, 1);
  probed(probe_result::refused);
  EXPECT_FALSE(did(link_do::report_gone));
}

TEST_F(link_fixture, UnansweredProbeSaysNothingButALaterRefusalDoes) {
  make(2, 1);
  bring_up();
  clock_.advance(5s);
  happens(link_lost{state_->attempt()});
  probed(probe_result::no_answer);
  EXPECT_FALSE(did(link_do::report_gone));
  timer();
  probed(probe_result::refused);
  EXPECT_TRUE(did(link_do::report_gone));
}

// The kernel may close the connection before the port: the first knock can still be answered.
TEST_F(link_fixture, LowerIdKnocksAgainSoonAfterALoss) {
  make(1, 2);
  bring_up();
  clock_.advance(5s);
  happens(link_lost{state_->attempt()});
  EXPECT_TRUE(did(link_do::knock));
  probed(probe_result::connected);
  EXPECT_LE(pause(), timing_.backoff_min);
  timer();
  EXPECT_TRUE(did(link_do::knock));
  probed(probe_result::refused);
  EXPECT_TRUE(did(link_do::report_gone));
}

TEST_F(link_fixture, LowerIdDialsWhenTheHigherDoesNot) {
  make(1, 2);
  EXPECT_EQ(phase(), link_phase::disconnected);
  EXPECT_GE(pause(), timing_.courtesy);
  timer();
  EXPECT_TRUE(did(link_do::probe));
}

TEST_F(link_fixture, WithoutAnAddressItWaitsForACall) {
  make(2, 1, false);
  EXPECT_EQ(phase(), link_phase::disconnected);
  EXPECT_EQ(state_->deadline(), mono_time::max());
  happens(link_called{9});
  EXPECT_TRUE(did(link_do::take_call));
  EXPECT_EQ(phase(), link_phase::up);
  happens(link_lost{state_->attempt()});
  EXPECT_EQ(phase(), link_phase::disconnected);
  EXPECT_EQ(state_->deadline(), mono_time::max());
  state_->set_dialable(true);
  happens(link_started{});
  EXPECT_EQ(phase(), link_phase::probing);
}

TEST_F(link_fixture, OfTwoCallsTheOneOfTheHigherIdStays) {
  make(2, 1);
  probed(probe_result::connected);
  happens(link_called{9});
  ASSERT_TRUE(did(link_do::refuse_call));
  EXPECT_TRUE(info_of(last_.front().why.code).retriable);
  EXPECT_EQ(phase(), link_phase::connecting);

  make(1, 2);
  timer();
  probed(probe_result::connected);
  happens(link_called{9});
  EXPECT_TRUE(did(link_do::cut));
  EXPECT_TRUE(did(link_do::take_call));
  EXPECT_EQ(phase(), link_phase::up);
}

TEST_F(link_fixture, CallOfTheSameProcessReplacesTheConnection) {
  make(1, 2);
  happens(link_called{9});
  auto first = state_->attempt();
  happens(link_called{9});
  EXPECT_TRUE(did(link_do::cut));
  EXPECT_TRUE(did(link_do::take_call));
  EXPECT_GT(state_->attempt(), first);
  happens(link_lost{first});
  EXPECT_EQ(phase(), link_phase::up);
}

TEST_F(link_fixture, SecondProcessOfTheSameIdIsRefusedWhileTheFirstLives) {
  make(1, 2);
  happens(link_called{9});
  happens(link_called{10});
  ASSERT_TRUE(did(link_do::refuse_call));
  EXPECT_EQ(last_.front().why.code, errc::duplicate_broker_registration);
  EXPECT_TRUE(did(link_do::ping));
  happens(link_pinged{state_->attempt()});
  EXPECT_EQ(phase(), link_phase::up);
  EXPECT_EQ(state_->incarnation(), 9u);
}

TEST_F(link_fixture, SecondProcessOfTheSameIdIsTakenWhenTheFirstDoesNotAnswer) {
  make(1, 2);
  happens(link_called{9});
  happens(link_called{10});
  for (int i = 0; i < 10 && phase() == link_phase::up; ++i)
    timer();
  ASSERT_NE(phase(), link_phase::up);
  happens(link_called{10});
  EXPECT_TRUE(did(link_do::take_call));
  EXPECT_EQ(state_->incarnation(), 10u);
}

TEST_F(link_fixture, RefusalIsFinalForAWhileAndReported) {
  for (auto code : {errc::unsupported_version, errc::inconsistent_cluster_id,
                    errc::duplicate_broker_registration, errc::invalid_registration}) {
    make(2, 1);
    probed(probe_result::connected);
    connected();
    happens(link_greeted{state_->attempt(), true, error{code, "no"}, 0});
    EXPECT_EQ(phase(), link_phase::refused);
    EXPECT_EQ(state_->why().code, code);
    EXPECT_TRUE(did(link_do::cut));
    EXPECT_GE(pause(), timing_.refused_retry / 2);
    timer();
    EXPECT_EQ(phase(), link_phase::probing);
  }
}

TEST_F(link_fixture, UntrustedPeerIsRefused) {
  make(2, 1);
  happens(link_probed{state_->attempt(), probe_result::not_trusted,
                      error{errc::authentication_failed, "certificate"}});
  EXPECT_EQ(phase(), link_phase::refused);
  make(2, 1);
  probed(probe_result::connected);
  connected(error{errc::authentication_failed, "certificate"});
  EXPECT_EQ(phase(), link_phase::refused);
}

TEST_F(link_fixture, SilenceIsAnsweredWithAPingAndThenTheLinkGoesDown) {
  make(2, 1);
  bring_up();
  auto began = clock_.now();
  timer();
  EXPECT_TRUE(did(link_do::ping));
  while (phase() == link_phase::up)
    timer();
  EXPECT_EQ(clock_.now() - began, timing_.ping_period + timing_.ping_timeout);
  EXPECT_TRUE(did(link_do::cut));
  EXPECT_TRUE(did(link_do::probe));
}

TEST_F(link_fixture, AnswerOrAnyTrafficKeepsItUp) {
  make(2, 1);
  bring_up();
  for (int i = 0; i < 20; ++i) {
    timer();
    EXPECT_TRUE(did(link_do::ping));
    happens(link_pinged{state_->attempt()});
  }
  for (std::uint64_t received = 1; received < 20; ++received) {
    timer(received);
    EXPECT_FALSE(did(link_do::ping));
  }
  EXPECT_EQ(phase(), link_phase::up);
}

TEST_F(link_fixture, OwnStallIsNotThePeersSilence) {
  make(2, 1);
  bring_up();
  timer();
  timer(0, 10s);
  EXPECT_EQ(phase(), link_phase::up);
  happens(link_pinged{state_->attempt()});
  timer();
  EXPECT_EQ(phase(), link_phase::up);
}

TEST_F(link_fixture, LinkThatFallsDownAtOnceDoesNotSpin) {
  make(2, 1);
  bring_up();
  happens(link_lost{state_->attempt()});
  EXPECT_TRUE(did(link_do::knock));
  probed(probe_result::connected);
  EXPECT_EQ(phase(), link_phase::disconnected);
  EXPECT_GT(pause(), 0ms);
}

TEST_F(link_fixture, EventsOfEarlierAttemptsAreIgnored) {
  make(2, 1);
  auto old = state_->attempt();
  probed(probe_result::no_answer);
  timer();
  happens(link_probed{old, probe_result::connected, fine});
  EXPECT_EQ(phase(), link_phase::probing);
  probed(probe_result::connected);
  happens(link_connected{old, true, fine});
  EXPECT_EQ(phase(), link_phase::connecting);
  connected();
  happens(link_greeted{old, true, fine, 1});
  EXPECT_EQ(phase(), link_phase::greeting);
  happens(link_lost{old});
  EXPECT_EQ(phase(), link_phase::greeting);
}

}  // namespace
}  // namespace troupe
