#include "runtime/base/callback.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace troupe {
namespace {

TEST(Rng, SameSeedSameNumbers) {
  rng a{5};
  rng b{5};
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(a.next(), b.next());
}

// The first outputs of SplitMix64 for seed 1234567, from its authors' reference code.
TEST(Rng, IsSplitMix64) {
  rng source{1234567};
  EXPECT_EQ(source.next(), 6457827717110365317u);
  EXPECT_EQ(source.next(), 3203168211198807973u);
  EXPECT_EQ(source.next(), 9817491932198370423u);
}

TEST(Rng, BelowStaysBelowAndReachesEverything) {
  rng source{1};
  std::array<int, 7> hits{};
  for (int i = 0; i < 7'000; ++i)
    ++hits.at(source.below(7));
  for (auto n : hits)
    EXPECT_NEAR(n, 1'000, 150);
}

TEST(Rng, IdentifiersAreUrlSafeAndDiffer) {
  rng source{2};
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = random_uuid(source);
    ASSERT_EQ(id.size(), 22u);
    ASSERT_NE(id[0], '-');
    ASSERT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_"),
              std::string::npos);
    ASSERT_TRUE(seen.insert(id).second);
  }
}

TEST(Callback, IsEmptyOnceCalled) {
  int calls = 0;
  callback<int(int)> twice = [&](int x) {
    ++calls;
    return 2 * x;
  };
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice(21), 42);
  EXPECT_FALSE(twice);
  EXPECT_EQ(calls, 1);
}

TEST(Callback, HoldsWhatCanOnlyBeMoved) {
  auto owned = std::make_unique<int>(7);
  callback<int()> take = [owned = std::move(owned)] { return *owned; };
  auto moved = std::move(take);
  EXPECT_EQ(moved(), 7);
}

TEST(Callback, MayDestroyItsHolder) {
  struct holder {
    callback<void()> then;
  };
  auto owner = std::make_unique<holder>();
  owner->then = [&owner] { owner.reset(); };
  owner->then();
  EXPECT_EQ(owner, nullptr);
}

TEST(ManualClock, StandsUntilAdvanced) {
  manual_clock time;
  const auto start = time.now();
  const auto wall = time.wall_ms();
  time.advance(std::chrono::milliseconds{250});
  time.jump_wall(std::chrono::hours{-1});
  EXPECT_EQ(time.now() - start, std::chrono::milliseconds{250});
  EXPECT_EQ(time.wall_ms(), wall + 250 - 3'600'000);
}

TEST(TopicPartition, IsNamedAsItsDirectory) {
  EXPECT_EQ(to_string(topic_partition{"a-b", partition_id{12}}), "a-b-12");
}

}  // namespace
}  // namespace troupe
