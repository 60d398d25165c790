// A crashed process is known at once, and no healthy one is fenced: the five rules of
// crash_watch.hpp.
#include "tests/support/runtime/cluster_fixture.hpp"

namespace troupe::controller {
namespace {

class CrashWatch : public cluster_fixture {
 protected:
  CrashWatch() {
    up({1, 2, 3});
    EXPECT_EQ(create("t", {nodes({1, 2, 3})}), errc::none);
    for (int id : {1, 2, 3})
      core->crashes().connected(node_id{id}, broker(id).incarnation, time.now());
  }
  void link_lost(int id) { core->crashes().disconnected(node_id{id}, broker(id).incarnation); }
  // The controller's node looks, and this is what it sees; then time passes.
  enum class sight { refused, silence, itself, another };
  void look(int id, sight what, milliseconds then = milliseconds{50}) {
    for (auto node : core->probes(time.now())) {
      if (node != node_id{id}) {
        core->crashes().answered(image(), node, broker(value_of(node)).incarnation, time.now());
        continue;
      }
      switch (what) {
        case sight::refused: core->crashes().refused(node, time.now()); break;
        case sight::silence: core->crashes().unclear(node); break;
        case sight::itself:
          core->crashes().answered(image(), node, broker(id).incarnation, time.now());
          break;
        case sight::another: core->crashes().answered(image(), node, "next", time.now()); break;
      }
    }
    core->tick(time.now());
    time.advance(then);
  }
  void look_often(int id, sight what, int times = 40) {
    for (int i = 0; i < times; ++i)
      look(id, what);
  }
};

TEST_F(CrashWatch, AResetConnectionAndRefusalsEndTheSessionWithin200Milliseconds) {
  const auto begun = time.now();
  link_lost(1);
  while (!broker(1).fenced && time.now() - begun < seconds{1})
    look(1, sight::refused);
  EXPECT_LE(time.now() - begun, milliseconds{200});
  EXPECT_EQ(leader("t"), 2);
  EXPECT_EQ(core->counters().fenced_by_crash, 1);
  // The next process takes its place without waiting.
  restart(1);
  EXPECT_EQ(core->crashes().false_alarms(), 0);
}

TEST_F(CrashWatch, OneRefusalIsNotEnough) {
  link_lost(1);
  look(1, sight::refused);
  look_often(1, sight::silence);
  EXPECT_FALSE(broker(1).fenced);
}

TEST_F(CrashWatch, SilenceProvesNothing) {
  link_lost(1);
  for (int i = 0; i < 20; ++i) {
    look(1, sight::refused);
    look(1, sight::silence);
  }
  EXPECT_FALSE(broker(1).fenced);
}

TEST_F(CrashWatch, ReportsOfOthersOnlyMakeTheControllerLook) {
  for (int i = 0; i < 1'000; ++i)
    core->tell(suspect_broker_request{node_id{1}});
  look_often(1, sight::itself);
  EXPECT_FALSE(broker(1).fenced);
  EXPECT_TRUE(core->probes(time.now()).empty());
}

TEST_F(CrashWatch, ABrokerWithABrokenListenerStaysAsLongAsItsConnectionDoes) {
  core->tell(suspect_broker_request{node_id{1}});
  look_often(1, sight::refused, 100);
  EXPECT_FALSE(broker(1).fenced);
}

TEST_F(CrashWatch, ASignOfLifeBeginsTheCountAnew) {
  for (int i = 0; i < 20; ++i) {
    link_lost(1);
    look(1, sight::refused);
    look(1, sight::refused);
    if (i % 2 == 0)
      (void)heartbeat(1);
    core->crashes().connected(node_id{1}, broker(1).incarnation, time.now());
    look(1, sight::refused);
  }
  EXPECT_FALSE(broker(1).fenced);
}

TEST_F(CrashWatch, AnIntruderDoesNotHideTheConnectionOfTheBroker) {
  core->crashes().connected(node_id{1}, "intruder", time.now());
  incarnations[1] = "intruder";
  EXPECT_EQ(register_broker(1).result.code, errc::duplicate_broker_registration);
  look_often(1, sight::refused);
  EXPECT_FALSE(broker(1).fenced);
  core->crashes().disconnected(node_id{1}, "intruder");
  look_often(1, sight::refused);
  EXPECT_FALSE(broker(1).fenced);
}

TEST_F(CrashWatch, TheNextProcessAtTheSameAddressProvesTheEnd) {
  link_lost(1);
  incarnations[1] = "next";
  EXPECT_EQ(register_broker(1).result.code, errc::duplicate_broker_registration);
  look(1, sight::another);
  EXPECT_TRUE(broker(1).fenced);
  EXPECT_TRUE(register_broker(1).result.ok());
}

TEST_F(CrashWatch, ANewControllerLooksAtAllAndTakesLongerToBelieve) {
  take_over();
  const auto begun = time.now();
  EXPECT_EQ(core->probes(time.now()).size(), 3u);
  time.advance(milliseconds{50});
  while (!broker(1).fenced && time.now() - begun < seconds{2})
    look(1, sight::refused);
  EXPECT_GE(time.now() - begun, milliseconds{500});
  EXPECT_LE(time.now() - begun, milliseconds{700});
  EXPECT_FALSE(broker(2).fenced);
  EXPECT_FALSE(broker(3).fenced);
}

TEST_F(CrashWatch, AFalseAlarmPutsTheRuleOutOfForce) {
  link_lost(1);
  look_often(1, sight::refused, 6);
  ASSERT_TRUE(broker(1).fenced);
  const auto epoch = broker(1).epoch;
  EXPECT_FALSE(heartbeat(1).fenced);
  EXPECT_EQ(broker(1).epoch, epoch);
  EXPECT_EQ(core->crashes().false_alarms(), 1);
  core->crashes().connected(node_id{1}, broker(1).incarnation, time.now());
  link_lost(1);
  look_often(1, sight::refused, 100);
  EXPECT_FALSE(broker(1).fenced);
  // The session still counts.
  crash(1);
  EXPECT_EQ(core->counters().fenced_by_session, 1);
}

TEST_F(CrashWatch, ProbesAreBounded) {
  link_lost(1);
  std::size_t probes = 0;
  for (int i = 0; i < 1'000; ++i) {
    probes += core->probes(time.now()).size();
    time.advance(milliseconds{1});
  }
  EXPECT_LE(probes, 20u);
}

}  // namespace
}  // namespace troupe::controller
