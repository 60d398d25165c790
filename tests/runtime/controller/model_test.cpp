// Random requests and faults against the controller; see cluster_model.hpp for what is checked.
#include "tests/support/runtime/cluster_model.hpp"

namespace troupe::controller {
namespace {

constexpr int seeds = 60;

TEST(ControllerModel, NothingCommittedIsLostWithoutSayingSo) {
  std::int64_t committed = 0;
  controller_counters sum;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    cluster_model cluster{{seed, 5, 1'500, true, true, true}};
    ASSERT_EQ(cluster.run(), "");
    committed += cluster.committed_records();
    for (const auto& [kind, n] : cluster.counters().elections)
      sum.elections[kind] += n;
  }
  // The faults were real: every kind of election happened, and records were committed.
  EXPECT_GT(committed, 10'000);
  for (auto kind : {election_kind::clean, election_kind::eligible, election_kind::recovered,
                    election_kind::unclean})
    EXPECT_GT(sum.elections[kind], 10) << to_string(kind);
}

// Default settings and disks that keep what they have: no election ever loses anything, and as soon
// as all are back every partition has a leader.
TEST(ControllerModel, WithFsyncAndTheirDisksAllComeBack) {
  for (std::uint64_t seed = 1'001; seed <= 1'000 + seeds; ++seed) {
    cluster_model cluster{{seed, 4, 1'000, false, false, false}};
    ASSERT_EQ(cluster.run(), "");
    EXPECT_TRUE(cluster.heal().empty()) << "seed " << seed;
    EXPECT_FALSE(cluster.counters().elections.contains(election_kind::recovered));
    EXPECT_FALSE(cluster.counters().elections.contains(election_kind::unclean));
  }
}

// With flush=os records may be lost when all crash, but partitions come back by themselves.
TEST(ControllerModel, WithoutFsyncAllComeBack) {
  for (std::uint64_t seed = 2'001; seed <= 2'000 + seeds; ++seed) {
    cluster_model cluster{{seed, 3, 1'000, true, false, false}};
    ASSERT_EQ(cluster.run(), "");
    EXPECT_TRUE(cluster.heal().empty()) << "seed " << seed;
    EXPECT_FALSE(cluster.counters().elections.contains(election_kind::unclean));
  }
}

}  // namespace
}  // namespace troupe::controller
