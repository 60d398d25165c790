#include "tests/support/runtime/log_fixture.hpp"

#include <fmt/format.h>

namespace troupe {
namespace {

using namespace testing;

class Recovery : public log_test {
 protected:
  /// A synced log of 100 offsets in one segment whose mark says all of it.
  void make_synced() {
    open();
    write_many(100);
    ASSERT_TRUE(sync());
    ASSERT_TRUE(log->close());
    log.reset();
  }

  /// 100 synced offsets in many small segments, stopped in order.
  void make_segments() {
    options.segment_bytes = 1'000;
    options.index_interval_bytes = 150;
    make_synced();
  }

  void grow(const std::string& file, std::size_t by) {
    auto content = disk.content(file);
    content.resize(content.size() + by, 'g');
    disk.put_file(file, std::move(content));
  }
};

// -- orderly stops and kills ----------------------------------------------------

TEST_F(Recovery, CleanStopScansNothing) {
  make_synced();
  open();
  EXPECT_TRUE(report.clean);
  EXPECT_EQ(report.scanned_bytes, 0u);
  EXPECT_TRUE(report.remarks.empty());
  EXPECT_EQ(log->durable_end(), 100);
  expect_numbered(0, 100);
  write_many(10);
  expect_numbered(0, 110);
}

TEST_F(Recovery, CleanStopReadsOnlySmallFiles) {
  make_synced();
  const auto before = disk.operations();
  open();
  EXPECT_LE(disk.operations() - before, 12u);
  EXPECT_EQ(disk.operations(disk_operation::sync_directory), 1u + 2u);  // of make_synced
}

TEST_F(Recovery, KilledProcessKeepsThePageCache) {
  open();
  write_many(50);
  ASSERT_TRUE(sync());
  write_many(50);
  kill_and_open();
  EXPECT_FALSE(report.clean);
  EXPECT_GT(report.scanned_bytes, 0u);
  EXPECT_EQ(report.torn_bytes, 0u);
  EXPECT_EQ(log->durable_end(), 100) << "opening made the tail durable";
  power_loss_and_open(3);
  expect_numbered(0, 100);
}

TEST_F(Recovery, ScansOnlyBehindTheMark) {
  open();
  write_many(1'000);
  ASSERT_TRUE(sync());
  time.advance(std::chrono::seconds{2});
  write_many(1);
  ASSERT_TRUE(sync());
  const auto marked = disk.content(segment(0)).size();
  write_many(10);
  const auto tail = disk.content(segment(0)).size() - marked;
  kill_and_open();
  EXPECT_EQ(report.scanned_bytes, tail);
  expect_numbered(0, 1'011);
}

TEST_F(Recovery, KillLeavesTheMarkAtTheLastSync) {
  time.advance(std::chrono::seconds{2});
  open();
  write_many(10);
  ASSERT_TRUE(sync());  // writes the mark
  write_many(5);
  ASSERT_TRUE(sync());  // and syncs it; not again for a second
  const auto before = disk.operations(disk_operation::sync);
  write_many(5);
  ASSERT_TRUE(sync());
  EXPECT_EQ(disk.operations(disk_operation::sync), before + 1);
  disk.flip_bit(segment(0), position_of(15) + 65, 1);
  kill_and_open();
  EXPECT_EQ(report.torn_bytes, 0u);
  EXPECT_EQ(log->log_end(), 20) << "what was acknowledged is never cut";
  EXPECT_EQ(error_at(15), errc::damaged_data);
  expect_numbered(16, 20);
}

TEST_F(Recovery, AbsentLogIsClean) {
  open();
  EXPECT_TRUE(report.clean);
}

TEST_F(Recovery, PageCacheTopicsSurviveAKill) {
  options.syncs = false;
  options.segment_bytes = 1'000;
  open();
  for (int i = 0; i < 100; ++i)
    write_many(2);
  kill_and_open();
  EXPECT_LT(report.scanned_bytes, 2'000u) << "only what lies behind the last roll";
  expect_numbered(0, 200);
}

// -- the torn tail --------------------------------------------------------------

TEST_F(Recovery, TornTailIsDroppedAtEveryLength) {
  open();
  write_many(5);
  ASSERT_TRUE(sync());
  time.advance(std::chrono::seconds{2});
  write_many(1);
  ASSERT_TRUE(sync());
  write_many(4);
  const auto image = disk.save();
  const auto marked = position_of(6);
  kill();
  for (auto size = disk.content(segment(0)).size(); size >= marked; --size) {
    disk.restore(image);
    disk.cut_file(segment(0), size);
    open();
    ASSERT_EQ(report.damaged_bytes, 0u);
    ASSERT_GE(log->log_end(), 6);
    ASSERT_LE(log->log_end(), 10);
    expect_numbered(0, log->log_end());
    ASSERT_EQ(disk.content(segment(0)).size() + report.torn_bytes, size);
    write_many(1);
    expect_numbered(0, log->log_end());
    kill();
  }
}

TEST_F(Recovery, TornTailAcrossSegmentsIsDropped) {
  options.segment_bytes = 500;
  open();
  write_many(2);
  ASSERT_TRUE(sync());
  time.advance(std::chrono::seconds{2});
  write_many(1);
  ASSERT_TRUE(sync());
  for (int i = 0; i < 10; ++i)
    write_many(2);
  disk.flip_bit(segment(0), position_of(4) + 65, 1);
  kill_and_open();
  EXPECT_EQ(log->log_end(), 4);
  EXPECT_EQ(log->segment_count(), 1u);
  EXPECT_GT(report.torn_bytes, 500u);
  EXPECT_EQ(report.damaged_bytes, 0u);
  expect_numbered(0, 4);
  write_many(6);
  expect_numbered(0, 10);
}

TEST_F(Recovery, GarbageBehindTheEndIsCut) {
  make_synced();
  grow(segment(0), 1'000);
  open();
  EXPECT_EQ(report.torn_bytes, 1'000u);
  expect_numbered(0, 100);
}

TEST_F(Recovery, UnknownEpochAboveTheMarkIsTorn) {
  open();
  write_many(10, leader_epoch{1});
  ASSERT_TRUE(sync());
  time.advance(std::chrono::seconds{2});
  write_many(1, leader_epoch{1});
  ASSERT_TRUE(sync());
  write_many(3, leader_epoch{1});
  disk.flip_bit(segment(0), position_of(12) + 15, 2);  // the epoch lies outside the CRC
  kill_and_open();
  EXPECT_EQ(log->log_end(), 12);
  expect_numbered(0, 12);
}

// -- damage below the mark --------------------------------------------------------

TEST_F(Recovery, DamagedBatchIsNotServedAndTheRestIs) {
  make_synced();
  disk.flip_bit(segment(0), position_of(40) + 65, 5);
  for (int life = 0; life < 3; ++life) {
    open();
    EXPECT_EQ(log->log_end(), 100);
    const auto before = read_values(*log, 0);
    EXPECT_EQ(before.next, 40);
    EXPECT_EQ(before.error, errc::damaged_data);
    EXPECT_NE(before.message.find("offsets 40 to 40"), std::string::npos) << before.message;
    EXPECT_NE(before.message.find(segment(0)), std::string::npos) << before.message;
    expect_numbered(41, 100);
    kill();
  }
}

TEST_F(Recovery, DamagedHeadersAreNotServedAndTheRestIs) {
  make_synced();
  for (std::size_t byte = 0; byte < batch_header_size; ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      const auto at = position_of(40) + byte;
      disk.flip_bit(segment(0), at, bit);
      open();
      ASSERT_EQ(error_at(40), errc::damaged_data) << byte;
      const auto before = read_values(*log, 0);
      ASSERT_EQ(before.next, 40) << byte;
      // Only when the length lies, the next batches cannot be told from noise.
      const auto next = byte >= 8 && byte < 12 ? 100 : 41;
      expect_numbered(next, 100);
      kill();
      disk.flip_bit(segment(0), at, bit);
    }
}

TEST_F(Recovery, SealedSegmentServesWhatItsIndexProves) {
  make_segments();
  const offset_t damaged = 5;
  disk.flip_bit(segment(0), position_of(damaged) + 10, 0);  // the length
  open();
  EXPECT_EQ(error_at(damaged), errc::damaged_data);
  expect_numbered(8, 100);
}

TEST_F(Recovery, SegmentShorterThanTheMarkIsDamage) {
  make_synced();
  const auto marked = disk.content(segment(0)).size();
  for (auto size : {marked - 1, position_of(60), position_of(60) + 30, std::size_t{0}}) {
    const auto image = disk.save();
    disk.cut_file(segment(0), size);
    open();
    const auto kept = log->read(0, 1, 100);
    EXPECT_EQ(log->log_end(), 100);
    EXPECT_EQ(log->durable_end(), 100);
    EXPECT_FALSE(report.clean);
    EXPECT_TRUE(has_remark("had been synced"));
    EXPECT_EQ(disk.content(segment(0)).size(), size) << "damage is never cut";
    EXPECT_EQ(error_at(99), errc::damaged_data);
    write_many(10);
    EXPECT_TRUE(sync());
    expect_numbered(100, 110);
    reopen();
    expect_numbered(100, 110);
    const auto before = read_values(*log, 0);
    EXPECT_EQ(before.error, errc::damaged_data);
    for (std::size_t i = 0; i < before.values.size(); ++i)
      EXPECT_EQ(before.values[i], fmt::format("v{}", i));
    kill();
    disk.restore(image);
  }
}

TEST_F(Recovery, MissingSegmentInTheMiddleIsDamage) {
  make_segments();
  open();
  const auto second = log->read(0, 1 << 20, 100)->next_offset;
  const auto third = log->read(second, 1 << 20, 100)->next_offset;
  kill();
  disk.drop_file(segment(second));
  open();
  EXPECT_FALSE(report.clean);
  EXPECT_TRUE(has_remark("not served"));
  expect_numbered(third, 100);
  EXPECT_EQ(read_values(*log, 0).next, second);
  EXPECT_EQ(error_at(second), errc::damaged_data);
}

TEST_F(Recovery, MissingFirstSegmentIsDamage) {
  make_segments();
  open();
  const auto second = log->read(0, 1 << 20, 100)->next_offset;
  kill();
  disk.drop_file(segment(0));
  open();
  EXPECT_TRUE(has_remark("are missing"));
  EXPECT_EQ(log->log_start(), 0);
  EXPECT_EQ(error_at(0), errc::damaged_data);
  expect_numbered(second, 100);
}

TEST_F(Recovery, MissingActiveSegmentIsDamage) {
  make_synced();
  disk.drop_file(segment(0));
  open();
  EXPECT_TRUE(has_remark("missing"));
  EXPECT_EQ(log->log_end(), 100) << "no offset is given out twice";
  EXPECT_EQ(error_at(50), errc::damaged_data);
  write_many(5);
  expect_numbered(100, 105);
}

TEST_F(Recovery, ShortenedSealedSegmentIsDamage) {
  make_segments();
  open();
  const auto second = log->read(0, 1 << 20, 100)->next_offset;
  kill();
  disk.cut_file(segment(0), position_of(3) + 20);
  open();
  EXPECT_TRUE(has_remark("damaged"));
  EXPECT_EQ(read_values(*log, 0).next, 3);
  expect_numbered(second, 100);
}

// -- the small files: missing, empty, damaged, left over ----------------------------

TEST_F(Recovery, EveryFileButTheLogCanBeLost) {
  for (auto what : {"durable", "leader-epochs", "log-start", ".index", ".timeindex"})
    for (auto how : {"missing", "empty", "half", "longer", "zeros"}) {
      make_segments();
      for (const auto& [file, content] : disk.save()) {
        if (!file.ends_with(what))
          continue;
        if (how == std::string_view{"missing"})
          disk.drop_file(file);
        else if (how == std::string_view{"empty"})
          disk.cut_file(file, 0);
        else if (how == std::string_view{"half"})
          disk.cut_file(file, content.size() / 2);
        else if (how == std::string_view{"longer"})
          grow(file, 100);
        else
          disk.put_file(file, bytes(content.size(), '\0'));
      }
      open();
      EXPECT_EQ(log->log_end(), 100) << what << how;
      EXPECT_EQ(report.damaged_bytes, 0u) << what << how;
      expect_numbered(0, 100);
      write_many(10);
      reopen();
      expect_numbered(0, 110);
      ASSERT_TRUE(log->remove());
      log.reset();
    }
}

TEST_F(Recovery, LostIndexesAreRebuilt) {
  make_segments();
  open();
  const auto sealed = log->segment_count() - 1;
  kill();
  for (const auto& [file, content] : disk.save())
    if (file.ends_with(".index"))
      disk.drop_file(file);
  open();
  EXPECT_EQ(report.rebuilt_indexes, sealed);
  expect_numbered(0, 100);
  kill_and_open();
  EXPECT_EQ(report.rebuilt_indexes, 0u);
}

TEST_F(Recovery, BothMarkSlotsDamagedIsReported) {
  make_synced();
  for (std::size_t slot : {0u, 4096u})
    if (slot + 20 < disk.content(path("durable")).size())
      disk.flip_bit(path("durable"), slot + 20, 1);
  open();
  EXPECT_TRUE(has_remark("slots damaged"));
  expect_numbered(0, 100);
}

TEST_F(Recovery, LostMarkIsReported) {
  make_synced();
  disk.drop_file(path("durable"));
  open();
  EXPECT_TRUE(has_remark("durable is missing"));
  expect_numbered(0, 100);
  reopen();
  EXPECT_TRUE(report.clean);
}

TEST_F(Recovery, DamagedLogStartFallsBackToTheMark) {
  make_segments();
  open();
  ASSERT_TRUE(log->advance_start(42));
  kill();
  const auto size = disk.content(path("log-start")).size();
  for (std::size_t byte = 0; byte < size; ++byte) {
    disk.flip_bit(path("log-start"), byte, 3);
    open();
    EXPECT_EQ(log->log_start(), 42);
    EXPECT_FALSE(report.remarks.empty());
    expect_numbered(42, 100);
    kill();
    disk.flip_bit(path("log-start"), byte, 3);
  }
}

TEST_F(Recovery, LeaderEpochsAreRebuilt) {
  open();
  write_many(10, leader_epoch{1});
  write_many(10, leader_epoch{4});
  write_many(10, leader_epoch{5});
  ASSERT_TRUE(log->close());
  const auto good = disk.content(path("leader-epochs"));
  ASSERT_EQ(good.size(), 48u);
  for (std::size_t size = 0; size < good.size(); ++size) {
    disk.cut_file(path("leader-epochs"), size);
    open();
    EXPECT_FALSE(report.remarks.empty()) << size;
    EXPECT_EQ(log->last_epoch(), leader_epoch{5});
    expect_numbered(0, 30);
    kill();
    EXPECT_EQ(disk.content(path("leader-epochs")), good);
  }
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    disk.flip_bit(path("leader-epochs"), byte, 6);
    open();
    expect_numbered(0, 30);
    kill();
    EXPECT_EQ(disk.content(path("leader-epochs")), good);
  }
}

TEST_F(Recovery, EpochsLostBeforeTheFirstMarkAreLearned) {
  open();
  write_many(10, leader_epoch{1});
  ASSERT_TRUE(sync());
  write_many(10, leader_epoch{2});
  ASSERT_TRUE(sync());
  kill();
  for (std::size_t size : {31u, 16u, 7u, 0u}) {
    disk.cut_file(path("leader-epochs"), size);
    open();
    EXPECT_EQ(log->log_end(), 20) << size;
    expect_numbered(0, 20);
    kill();
  }
}

TEST_F(Recovery, StrangersAreLeftAlone) {
  make_segments();
  disk.put_file(path("notes.txt"), bytes(10, 'x'));
  disk.put_file(path("log-start.tmp"), bytes(10, 'x'));
  disk.put_file(segment(7), {});
  disk.put_file(segment(1'000, ".index"), bytes(60, 'x'));
  open();
  EXPECT_TRUE(has_remark("notes.txt"));
  EXPECT_TRUE(has(path("notes.txt")));
  EXPECT_FALSE(has(path("log-start.tmp")));
  EXPECT_FALSE(has(segment(1'000, ".index")));
  EXPECT_TRUE(has_remark("belong to the segment before it"));
  expect_numbered(0, 100);
}

TEST_F(Recovery, CopyOfASegmentUnderAnotherNameIsIgnored) {
  make_segments();
  disk.put_file(segment(3), disk.content(segment(0)));
  open();
  expect_numbered(0, 100);
}

TEST_F(Recovery, StaleIndexIsNotBelieved) {
  make_synced();
  open();
  write_many(100);
  ASSERT_TRUE(sync());
  kill();
  open();
  expect_numbered(0, 200);
  ASSERT_TRUE(log->truncate_to(50));
  for (int i = 0; i < 100; ++i)
    write({"other"});
  kill_and_open();
  const auto all = values();
  ASSERT_EQ(all.size(), 150u);
  EXPECT_EQ(all[49], "v49");
  EXPECT_EQ(all[50], "other");
}

}  // namespace
}  // namespace troupe
