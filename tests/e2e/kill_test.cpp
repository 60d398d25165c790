#include "tests/support/e2e/broker_under_fire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

namespace troupe::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

struct a_broker_under_fire : broker_under_fire {
  temporary_directory data;

  void SetUp() override { begin(data.path()); }
};

TEST_F(a_broker_under_fire, Kill9DuringProduceKeepsEveryAcknowledgedRecordOnceInOrder) {
  std::mt19937 random(7);
  const int cycles = std::getenv("TROUPE_NIGHTLY") != nullptr ? 1'000 : 100;
  for (int i = 0; i < cycles; ++i) {
    one_life(std::chrono::milliseconds(10 + random() % 100),
             [](broker_process& broker) { broker.kill(); });
    ASSERT_FALSE(HasFailure()) << "cycle " << i;
  }
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_GT(acknowledged(), 1'000u) << "too little happened to prove anything";
  RecordProperty("acknowledged", static_cast<int>(acknowledged()));
  std::printf("%d cycles, %zu records acknowledged\n", cycles, acknowledged());
}

TEST_F(a_broker_under_fire, OrderlyStopsUnderLoadEndWithin5SecondsAndLoseNothing) {
  for (int i = 0; i < 3; ++i) {
    one_life(500ms, [](broker_process& broker) {
      auto begin = std::chrono::steady_clock::now();
      auto ended = broker.stop();
      EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
      EXPECT_EQ(ended.code, 0) << ended.err;
    });
  }
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_GT(acknowledged(), 100u);
}

TEST_F(a_broker_under_fire, StoppedAndContinuedProcessLosesNothing) {
  one_life(200ms, [](broker_process& broker) {
    broker.signal(SIGSTOP);
    std::this_thread::sleep_for(300ms);
    broker.signal(SIGCONT);
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(broker.stop().code, 0);
  });
  EXPECT_THAT(differences(), IsEmpty());
}

// The check itself must be able to fail.
TEST(history, DamagesAreSeen) {
  std::vector<numbering_producer> producers{{"k", "t", 1, 20}};
  auto record = [&](offset_t offset, std::int64_t number) {
    return stored_record{0, offset, "k", producers[0].value_of(number)};
  };
  EXPECT_THAT(check_history({record(0, 0)}, producers),
              testing::ElementsAre(testing::HasSubstr("never sent")));
  EXPECT_THAT(check_history({{0, 0, "other", "x"}}, producers),
              testing::ElementsAre("key 'other' was never sent"));
}

}  // namespace
}  // namespace troupe::test
