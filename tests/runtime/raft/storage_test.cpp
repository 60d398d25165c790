#include "tests/support/runtime/raft_storage_fixture.hpp"

namespace troupe::raft {
namespace {

TEST_F(RaftStorage, EmptyDirectoryBeginsWithAnIdentityThatStays) {
  const auto first = open().value();
  EXPECT_EQ(first.self.node, self);
  EXPECT_NE(first.self.directory, any_directory);
  EXPECT_EQ(first.state, hard_state{});
  EXPECT_TRUE(first.entries.empty());
  EXPECT_FALSE(first.damage);
  EXPECT_EQ(open().value().self, first.self);
}

TEST_F(RaftStorage, AnotherNodesDirectoryIsRefused) {
  ASSERT_TRUE(open());
  files.reset();
  const auto other = storage::open(disk, directory, node_id{2}, ids);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, errc::invalid_config);
}

TEST_F(RaftStorage, ClusterIsFoundedOnce) {
  ASSERT_TRUE(open());
  const auto log = files->found_cluster(voters).value();
  EXPECT_EQ(shown(log.entries), "1@1 ");
  EXPECT_EQ(voter_set::decode(log.entries[0].view()).value(), voters);
  EXPECT_EQ(files->found_cluster(voters).error().code, errc::conflict);
  EXPECT_EQ(shown(open().value().entries), "1@1 ");
}

TEST_F(RaftStorage, TermVoteAndEntriesAreThereAfterPowerLoss) {
  ASSERT_TRUE(open());
  const replica_id candidate{node_id{2}, directory_id{22}};
  write(with_state(5, candidate));
  write(with_entries(values(1, 9, 5)));
  rng chance{1};
  files.reset();
  disk.crash(chance);
  const auto log = open().value();
  EXPECT_EQ(log.state, (hard_state{term_t{5}, candidate}));
  EXPECT_EQ(shown(log.entries), shown(values(1, 9, 5)));
  EXPECT_EQ(as_text(log.entries[8].view()), "value 9 of term 5");
}

TEST_F(RaftStorage, EntriesTakeThePlaceOfDifferingOnes) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 20, 1)));
  write(with_entries(values(21, 25, 1)));
  write(with_entries(values(3, 4, 2)));
  EXPECT_EQ(shown(open().value().entries), "1@1 2@1 3@2 4@2 ");
  write(with_entries(values(5, 6, 3)));
  EXPECT_EQ(shown(open().value().entries), "1@1 2@1 3@2 4@2 5@3 6@3 ");
}

TEST_F(RaftStorage, SnapshotTakesThePlaceOfWholeSegments) {
  ASSERT_TRUE(open());
  for (index_t i = 1; i <= 30; i += 3)
    write(with_entries(values(i, i + 2, 1)));
  const auto before = files->bytes_on_disk();
  const auto taken = save(20, 1, "state after 20");
  ASSERT_TRUE(files->forget_before(21));
  EXPECT_LT(files->bytes_on_disk(), before);
  const auto log = open().value();
  EXPECT_EQ(log.snapshot, taken);
  EXPECT_LE(log.base.index, 20);
  EXPECT_EQ(log.entries.back().index, 30);
  EXPECT_EQ(as_text(files->read_snapshot().value()), "state after 20");
  snapshot_chunk chunk{taken, 6, 5, nullptr};
  ASSERT_TRUE(files->fill(chunk));
  EXPECT_EQ(as_text(*chunk.data), "after");
  save(25, 1, "state after 25");
  EXPECT_EQ(files->fill(chunk).error().code, errc::not_found);
}

TEST_F(RaftStorage, InstalledSnapshotTakesThePlaceOfTheLog) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 9, 1)));
  const auto info = info_of(5, 2, voters, "another history");
  write(arriving(info, "another history"));
  write(with_entries(values(6, 7, 2)));
  const auto log = open().value();
  EXPECT_EQ(log.snapshot, info);
  EXPECT_EQ(shown(log.entries), "6@2 7@2 ");
  EXPECT_EQ(as_text(files->read_snapshot().value()), "another history");
  EXPECT_FALSE(log.damage);
}

TEST_F(RaftStorage, FullDiskLeavesTheLogAsItWas) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 2, 1)));
  disk.fail_operation(disk_operation::write, 1, errc::disk_full);
  const auto more = with_entries(values(3, 4, 1));
  EXPECT_EQ(files->persist(more).error().code, errc::disk_full);
  EXPECT_FALSE(files->poisoned());
  write(more);
  EXPECT_EQ(shown(open().value().entries), "1@1 2@1 3@1 4@1 ");
}

// TR21: whatever a later sync says, the data of a failed one is gone.
TEST_F(RaftStorage, FailedSyncEndsAllService) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 2, 1)));
  disk.fail_operation(disk_operation::sync, 1);
  EXPECT_EQ(files->persist(with_entries(values(3, 3, 1))).error().code, errc::storage_error);
  EXPECT_EQ(files->persist(with_entries(values(3, 3, 1))).error().code, errc::storage_error);
  EXPECT_EQ(files->save_snapshot({2, term_t{1}, voters, 0, 0}, {}).error().code,
            errc::storage_error);
  EXPECT_EQ(disk.syncs_after_failure(), 0u);
  rng chance{3};
  files.reset();
  disk.crash(chance);
  const auto log = open().value();
  EXPECT_GE(log.entries.size(), 2u);
  EXPECT_FALSE(log.damage);
}

// What the page cache showed after a failed sync must be on disk before anybody acts on it.
TEST_F(RaftStorage, WhatIsReadAfterAFailedSyncSurvivesTheNextPowerLoss) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    disk.restore({});
    ASSERT_TRUE(disk.create_directory("data"));
    ASSERT_TRUE(open());
    write(with_entries(values(1, 2, 1)));
    disk.fail_operation(disk_operation::sync, 1);
    ASSERT_FALSE(files->persist(with_entries(values(3, 3, 1))));
    disk.restart_process();
    const auto seen = open().value();
    rng chance{seed};
    files.reset();
    disk.crash(chance);
    EXPECT_EQ(shown(open().value().entries), shown(seen.entries)) << seed;
  }
}

}  // namespace
}  // namespace troupe::raft
