#include "tests/support/runtime/raft_simulation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace troupe::test {
namespace {

constexpr std::uint64_t seeds_per_commit = 1'000;
constexpr std::uint64_t seeds_nightly = 30'000;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string replay(std::uint64_t seed) {
  return "replay: TROUPE_RAFT_SEED=" + std::to_string(seed) +
         " test_runtime --gtest_filter=RaftSimulation.InvariantsHoldForEverySeed";
}

// TROUPE_RAFT_SEED runs that one; TROUPE_RAFT_SEEDS says how many, TROUPE_NIGHTLY many.
TEST(RaftSimulation, InvariantsHoldForEverySeed) {
  const auto only = number_from("TROUPE_RAFT_SEED", 0);
  const auto usual = std::getenv("TROUPE_NIGHTLY") ? seeds_nightly : seeds_per_commit;
  const auto count = only > 0 ? 1 : number_from("TROUPE_RAFT_SEEDS", usual);
  raft_simulation::figures all;
  const auto first = std::max<std::uint64_t>(only, 1);
  for (auto seed = first; seed < first + count; ++seed) {
    raft_simulation run{seed};
    const auto violation = run.run();
    all.add(run.counted());
    ASSERT_EQ(violation, "") << replay(seed);
  }
  std::cout << count << " seeds: " << all.events << " events, " << all.acknowledged
            << " acknowledged, " << all.reads << " reads, " << all.leaders << " leaders, "
            << all.crashes << " stops, " << all.cuts << " cuts, " << all.voter_changes
            << " voter changes, " << all.snapshots_installed << " snapshots installed, "
            << all.damaged << " damaged, " << all.repaired << " repaired, " << all.wiped
            << " wiped, " << all.disk_errors << " disk errors\n";
  // A run in which nothing happens proves nothing.
  if (count >= 100) {
    EXPECT_GT(all.acknowledged, count * 20);
    EXPECT_GT(all.reads, count);
    EXPECT_GT(all.crashes, count);
    EXPECT_GT(all.cuts, count);
    EXPECT_GT(all.voter_changes, count / 2);
    EXPECT_GT(all.snapshots_installed, count / 4);
    EXPECT_GT(all.repaired, count / 20);
    EXPECT_GT(all.wiped, count / 20);
  }
}

TEST(RaftSimulation, SameSeedGivesTheSameTrace) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    raft_simulation one{seed};
    raft_simulation two{seed};
    EXPECT_EQ(one.run(), two.run());
    EXPECT_EQ(one.trace(), two.trace()) << replay(seed);
  }
}

}  // namespace
}  // namespace troupe::test
