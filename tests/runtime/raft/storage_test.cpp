#include "runtime/raft/storage.hpp"

#include "runtime/env/sim_env.hpp"
#include "runtime/raft/log_view.hpp"
#include "runtime/record/crc32c.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace troupe::raft {
namespace {

constexpr const char* directory = "data/raft";
constexpr const char* first_segment = "data/raft/00000000000000000001.raft";
constexpr node_id self{1};

bytes text(std::string_view x) {
  return {x.begin(), x.end()};
}

entry value(index_t index, int term, std::string_view data = "value") {
  return {index, term_t{term}, entry_kind::data, share(text(data))};
}

std::vector<entry> values(index_t from, index_t to, int term) {
  std::vector<entry> some;
  for (auto i = from; i <= to; ++i)
    some.push_back(value(i, term, fmt::format("value {} of term {}", i, term)));
  return some;
}

ready_work with_entries(std::vector<entry> entries) {
  ready_work work;
  work.entries = std::move(entries);
  return work;
}

ready_work with_state(int term, std::optional<replica_id> vote) {
  ready_work work;
  work.state = hard_state{term_t{term}, vote};
  return work;
}

class RaftStorage : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk.create_directory("data"));
    ASSERT_TRUE(disk.sync_directory(""));
  }

  result<restored_log> open() {
    files.reset();
    auto opened = storage::open(disk, directory, self, ids, {.segment_bytes = 200});
    if (!opened)
      return opened.error();
    files = std::move(opened->files);
    return std::move(opened->log);
  }
  void write(const ready_work& work) {
    const auto done = files->persist(work);
    ASSERT_TRUE(done) << done.error().message;
  }
  snapshot_info save(index_t index, int term, std::string_view content) {
    const auto taken = files->save_snapshot({index, term_t{term}, voters, 0, 0}, text(content));
    EXPECT_TRUE(taken);
    return *taken;
  }
  static std::string shown(const std::vector<entry>& entries) {
    std::string line;
    for (const auto& x : entries)
      line += fmt::format("{}@{} ", x.index, value_of(x.term));
    return line;
  }
  static ready_work arriving(const snapshot_info& at, std::string_view content) {
    ready_work work;
    const auto half = content.size() / 2;
    work.chunks = {{at, 0, static_cast<std::uint32_t>(half), share(text(content.substr(0, half)))},
                   {at, half, static_cast<std::uint32_t>(content.size() - half),
                    share(text(content.substr(half)))}};
    work.installed = at;
    return work;
  }
  static snapshot_info info_of(index_t index, int term, const voter_set& who,
                               std::string_view content) {
    return {index, term_t{term}, who, content.size(), crc32c(as_bytes(content))};
  }

  sim_env disk;
  rng ids{7};
  voter_set voters{{{node_id{1}, directory_id{11}}, {node_id{2}, directory_id{22}}}};
  std::unique_ptr<storage> files;
};

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

// -- torn tails and damage (TR20) ---------------------------------------------------

TEST_F(RaftStorage, EveryTornTailIsCut) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 3, 1)));
  const auto acknowledged = disk.content(first_segment).size();
  const auto mark = disk.content("data/raft/durable");
  write(with_entries(values(4, 4, 1)));
  const auto whole = disk.content(first_segment);
  disk.put_file("data/raft/durable", mark);
  const auto image = disk.save();
  for (auto size = acknowledged; size < whole.size(); ++size) {
    disk.restore(image);
    disk.cut_file(first_segment, size);
    const auto log = open().value();
    EXPECT_EQ(shown(log.entries), "1@1 2@1 3@1 ") << size;
    EXPECT_FALSE(log.damage) << size;
    EXPECT_EQ(disk.content(first_segment).size(), acknowledged);
  }
}

TEST_F(RaftStorage, DamageIsRememberedUntilARepair) {
  ASSERT_TRUE(open());
  write(with_state(4, std::nullopt));
  write(with_entries(values(1, 6, 4)));
  files.reset();
  disk.flip_bit(first_segment, disk.content(first_segment).size() - 1, 2);
  const damage expected{6, term_t{4}};
  const auto log = open().value();
  EXPECT_EQ(log.damage, expected);
  EXPECT_EQ(log.entries.size(), 5u);
  EXPECT_TRUE(disk.exists(std::string{first_segment} + ".damaged").value());
  // Neither another start nor a shorter log makes it forget.
  EXPECT_EQ(open().value().damage, expected);
  write(with_entries(values(4, 4, 5)));
  EXPECT_EQ(open().value().damage, expected);
  ready_work repaired;
  repaired.repaired = true;
  write(repaired);
  EXPECT_FALSE(open().value().damage);
}

TEST_F(RaftStorage, RecordOfAnotherHistoryIsNotBelieved) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 3, 1)));
  const auto old = disk.content(first_segment);
  write(with_entries(values(2, 2, 2)));
  const auto now = disk.content(first_segment);
  ASSERT_LT(now.size(), old.size());
  // The truncation and the new record reached the disk, but the old size and tail came back.
  auto mixed = old;
  std::copy(now.begin(), now.end(), mixed.begin());
  disk.put_file(first_segment, mixed);
  const auto log = open().value();
  EXPECT_EQ(shown(log.entries), "1@1 2@2 ");
  EXPECT_FALSE(log.damage);
}

TEST_F(RaftStorage, LostTermAndVoteKeepTheReplicaFromStarting) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 3, 1)));
  files.reset();
  disk.drop_file("data/raft/state");
  const auto log = open();
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, errc::damaged_data);
  EXPECT_NE(log.error().message.find("Remove it from the voters"), std::string::npos);
}

class RaftStorageDamage : public RaftStorage {
 protected:
  // A snapshot, several segments behind it, a vote.
  void SetUp() override {
    RaftStorage::SetUp();
    ASSERT_TRUE(open());
    write(with_state(3, replica_id{node_id{2}, directory_id{22}}));
    for (index_t i = 1; i <= 24; i += 3)
      write(with_entries(values(i, i + 2, 3)));
    save(10, 3, "the state after ten entries");
    ASSERT_TRUE(files->forget_before(11));
    original = open().value();
    files.reset();
    image = disk.save();
  }

  // Opens what is there: the same as before, or a refusal, or less with the damage known.
  void check(const std::string& what) {
    const auto log = open();
    files.reset();
    if (!log) {
      EXPECT_TRUE(log.error().code == errc::damaged_data) << what << ": " << log.error().message;
      return;
    }
    const auto fresh = log->self != original.self;
    EXPECT_TRUE(fresh || log->state == original.state) << what;
    EXPECT_FALSE(fresh) << what;
    for (const auto& x : log->entries) {
      const log_view whole{original.base, original.entries};
      if (x.index < whole.first())
        continue;
      ASSERT_LE(x.index, whole.last()) << what;
      EXPECT_EQ(x.term, whole.at(x.index).term) << what;
      EXPECT_EQ(as_text(x.view()), as_text(whole.at(x.index).view())) << what;
    }
    const auto end = log->entries.empty() ? log->base.index : log->entries.back().index;
    EXPECT_TRUE(log->snapshot == original.snapshot || log->damage) << what;
    EXPECT_TRUE(end == 24 || log->damage) << what << ": ends at " << end;
    EXPECT_TRUE(!log->damage || log->damage->up_to >= 24) << what;
  }

  restored_log original;
  sim_env::image image;
};

TEST_F(RaftStorageDamage, EveryFlippedByteIsNoticed) {
  std::size_t tried = 0;
  for (const auto& [path, content] : image)
    for (std::size_t i = 0; i < content.size(); ++i, ++tried) {
      disk.restore(image);
      disk.flip_bit(path, i, static_cast<int>(i % 8));
      check(fmt::format("{} byte {}", path, i));
      ASSERT_FALSE(HasFailure());
    }
  EXPECT_GT(tried, 5'000u);
}

TEST_F(RaftStorageDamage, EveryLengthOfEveryFileIsNoticed) {
  for (const auto& [path, content] : image)
    for (std::size_t size = 0; size < content.size(); ++size) {
      disk.restore(image);
      disk.cut_file(path, size);
      check(fmt::format("{} cut to {}", path, size));
      ASSERT_FALSE(HasFailure());
    }
}

TEST_F(RaftStorageDamage, EveryMissingFileIsNoticed) {
  for (const auto& [path, content] : image) {
    disk.restore(image);
    disk.drop_file(path);
    check(path + " missing");
  }
}

// -- the n-th operation --------------------------------------------------------------

// A life with everything in it, as far as it gets; what is acknowledged, and what is being done.
class RaftStorageFailures : public RaftStorage {
 protected:
  struct contents {
    hard_state state;
    snapshot_info snapshot;
    std::vector<entry> entries;

    void put(const std::vector<entry>& more) {
      std::erase_if(entries, [&](const entry& x) { return x.index >= more.front().index; });
      entries.insert(entries.end(), more.begin(), more.end());
    }
    const entry* find(index_t index) const {
      const auto found = std::ranges::find(entries, index, &entry::index);
      return found == entries.end() ? nullptr : &*found;
    }
  };

  bool live() {
    sure = coming = {};
    const auto step = [this](const ready_work& work) {
      if (work.state)
        coming.state = *work.state;
      if (work.installed) {
        coming.snapshot = *work.installed;
        coming.entries.clear();
      }
      if (!work.entries.empty())
        coming.put(work.entries);
      if (!files->persist(work))
        return false;
      sure = coming;
      return true;
    };
    if (!open())
      return false;
    auto both = with_state(2, replica_id{node_id{2}, directory_id{22}});
    both.entries = values(1, 4, 2);
    if (!step(both) || !step(with_entries(values(5, 12, 2))) ||
        !step(with_entries(values(13, 15, 2))))
      return false;
    auto conflict = with_state(3, std::nullopt);
    conflict.entries = values(6, 8, 3);
    if (!step(conflict))
      return false;
    for (index_t i = 9; i <= 20; i += 4)
      if (!step(with_entries(values(i, i + 3, 3))))
        return false;
    const auto taken = files->save_snapshot({10, term_t{3}, voters, 0, 0}, text("ten"));
    if (!taken)
      return false;
    sure.snapshot = coming.snapshot = *taken;
    if (!files->forget_before(11) || !step(with_entries(values(21, 22, 3))))
      return false;
    const auto far = info_of(40, 4, voters, "the state after forty");
    return step(arriving(far, "the state after forty")) && step(with_entries(values(41, 43, 4)));
  }

  void check_what_is_left(std::uint64_t n) {
    const auto log = open();
    ASSERT_TRUE(log) << n << ": " << log.error().message;
    EXPECT_FALSE(log->damage) << n;
    EXPECT_TRUE(log->state == sure.state || log->state == coming.state) << n;
    EXPECT_GE(log->snapshot.index, sure.snapshot.index) << n;
    const auto has = [&](const entry& x) {
      return std::ranges::any_of(log->entries, [&](const entry& y) {
        return x.index == y.index && x.term == y.term && as_text(x.view()) == as_text(y.view());
      });
    };
    // What was acknowledged and is not being replaced must be there.
    for (const auto& x : sure.entries) {
      const auto* later = coming.find(x.index);
      const bool kept = later != nullptr && later->term == x.term;
      EXPECT_TRUE(!kept || x.index <= log->snapshot.index || has(x)) << n << ": " << x.index;
    }
    for (const auto& x : log->entries) {
      if (x.index <= log->snapshot.index)
        continue;
      const auto* one = sure.find(x.index);
      const auto* two = coming.find(x.index);
      EXPECT_TRUE((one && one->term == x.term) || (two && two->term == x.term)) << n;
    }
  }

  // Returns how many operations a life without failure takes.
  void begin_anew() {
    files.reset();
    disk.fail_nothing();
    disk.restore({});
    ASSERT_TRUE(disk.create_directory("data"));
    ASSERT_TRUE(disk.sync_directory(""));
  }

  contents sure;
  contents coming;
};

TEST_F(RaftStorageFailures, EveryFailingOperationLeavesWhatWasAcknowledged) {
  for (std::uint64_t n = 1;; ++n) {
    begin_anew();
    disk.fail_operation(n);
    const bool lived = live();
    const bool failed = disk.failed();
    files.reset();
    disk.fail_nothing();
    disk.restart_process();
    check_what_is_left(n);
    EXPECT_EQ(disk.syncs_after_failure(), 0u);
    if (lived && !failed) {
      EXPECT_GT(n, 50u);
      return;
    }
  }
}

TEST_F(RaftStorageFailures, PowerLossAtEveryOperationLeavesWhatWasAcknowledged) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    rng chance{seed};
    for (std::uint64_t n = 1;; ++n) {
      begin_anew();
      disk.fail_operation(n);
      const bool lived = live();
      const bool failed = disk.failed();
      files.reset();
      disk.crash(chance);
      check_what_is_left(n);
      if (HasFailure() || (lived && !failed))
        break;
    }
    ASSERT_FALSE(HasFailure()) << seed;
  }
}

TEST_F(RaftStorageFailures, FailingOperationsOfARecoveryLoseNothing) {
  begin_anew();
  ASSERT_TRUE(live());
  files.reset();
  const auto image = disk.save();
  for (std::uint64_t n = 1;; ++n) {
    disk.restore(image);
    disk.fail_operation(n);
    const auto first = open();
    const bool failed = disk.failed();
    files.reset();
    disk.fail_nothing();
    disk.restart_process();
    check_what_is_left(n);
    if (!failed)
      break;
  }
}

}  // namespace
}  // namespace troupe::raft
