#include "actors/deadline_wheel.hpp"
#include "runtime/base/rng.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace troupe {
namespace {

using indexes = std::vector<deadline_wheel::index>;

indexes advance(deadline_wheel& wheel, deadline_wheel::tick to) {
  indexes expired;
  wheel.advance(to, expired);
  std::sort(expired.begin(), expired.end());
  return expired;
}

TEST(deadline_wheel, ExpiresAtItsTickNotBefore) {
  deadline_wheel wheel;
  wheel.insert(1, 10);
  EXPECT_EQ(advance(wheel, 9), indexes{});
  EXPECT_EQ(advance(wheel, 10), indexes{1});
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(deadline_wheel, ErasedOnesNeverExpire) {
  deadline_wheel wheel;
  for (deadline_wheel::index i = 0; i < 3; ++i)
    wheel.insert(i, 5);
  wheel.erase(1);
  EXPECT_EQ(advance(wheel, 5), (indexes{0, 2}));
}

TEST(deadline_wheel, DeadlinesBeyondOneTurnWait) {
  deadline_wheel wheel;
  wheel.insert(1, 5);
  wheel.insert(2, 5 + 512);
  EXPECT_EQ(advance(wheel, 5), indexes{1});
  EXPECT_EQ(advance(wheel, 516), indexes{});
  EXPECT_EQ(advance(wheel, 517), indexes{2});
}

TEST(deadline_wheel, LongSleepExpiresEverythingDue) {
  deadline_wheel wheel;
  wheel.insert(1, 3);
  wheel.insert(2, 700);
  wheel.insert(3, 9'000);
  EXPECT_EQ(advance(wheel, 8'000), (indexes{1, 2}));
  EXPECT_EQ(advance(wheel, 9'000), indexes{3});
}

TEST(deadline_wheel, AgreesWithAMapOnRandomWork) {
  deadline_wheel wheel;
  std::map<deadline_wheel::index, deadline_wheel::tick> oracle;
  rng random{42};
  deadline_wheel::tick now = 0;
  for (int step = 0; step < 20'000; ++step) {
    auto index = static_cast<deadline_wheel::index>(random.below(200));
    if (oracle.count(index) == 0) {
      auto due = now + 1 + random.below(1'500);
      wheel.insert(index, due);
      oracle[index] = due;
    } else if (random.chance(1, 2)) {
      wheel.erase(index);
      oracle.erase(index);
    }
    if (random.chance(1, 4)) {
      now += random.below(40);
      indexes expected;
      for (auto& [i, due] : oracle)
        if (due <= now)
          expected.push_back(i);
      for (auto i : expected)
        oracle.erase(i);
      ASSERT_EQ(advance(wheel, now), expected) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace troupe
