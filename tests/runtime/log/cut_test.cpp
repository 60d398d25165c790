#include "tests/support/runtime/log_fixture.hpp"

#include "runtime/log/sync.hpp"

namespace troupe {
namespace {

using namespace testing;

class Cut : public log_test {
 protected:
  void make(int count) {
    options.segment_bytes = 1'000;
    options.index_interval_bytes = 150;
    open();
    write_many(count);
    ASSERT_TRUE(sync());
  }
};

TEST_F(Cut, TruncateToEveryOffset) {
  make(60);
  kill();
  const auto image = disk.save();
  for (offset_t end = 1; end <= 60; ++end) {
    disk.restore(image);
    open();
    ASSERT_TRUE(log->truncate_to(end));
    ASSERT_EQ(log->log_end(), end);
    ASSERT_LE(log->durable_end(), end);
    expect_numbered(0, end);
    write_many(20);
    expect_numbered(0, end + 20);
    reopen();
    ASSERT_EQ(report.damaged_bytes, 0u);
    expect_numbered(0, end + 20);
    kill();
  }
}

TEST_F(Cut, TruncateIsDurableBeforeAnythingNewIs) {
  make(60);
  const auto image = disk.save();
  kill();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    disk.restore(image);
    open();
    ASSERT_TRUE(log->truncate_to(25));
    for (int i = 0; i < 20; ++i)
      write({"new"});
    const auto synced = seed % 2 == 0 && sync();
    power_loss_and_open(seed);
    EXPECT_EQ(report.damaged_bytes, 0u);
    const auto all = values();
    ASSERT_GE(all.size(), synced ? 45u : 25u);
    for (std::size_t i = 0; i < all.size(); ++i)
      ASSERT_EQ(all[i], i < 25 ? "v" + std::to_string(i) : "new");
    kill();
  }
}

TEST_F(Cut, TruncateInsideABatchRemovesItWhole) {
  open();
  write({"v0", "v1", "v2"});
  write({"v3", "v4", "v5"});
  ASSERT_TRUE(log->truncate_to(4));
  EXPECT_EQ(log->log_end(), 3);
  expect_numbered(0, 3);
}

TEST_F(Cut, TruncateOfWhatIsNotWritten) {
  open();
  write_many(5);
  ASSERT_TRUE(log->append(batch_of_values({"a"}), leader_epoch{0}));
  ASSERT_TRUE(log->append(batch_of_values({"b"}), leader_epoch{2}));
  ASSERT_TRUE(log->truncate_to(6));
  EXPECT_EQ(log->log_end(), 6);
  EXPECT_EQ(log->last_epoch(), leader_epoch{0});
  ASSERT_TRUE(log->write());
  EXPECT_EQ(values().back(), "a");
}

TEST_F(Cut, TruncateForgetsEpochs) {
  open();
  write_many(10, leader_epoch{1});
  write_many(10, leader_epoch{2});
  ASSERT_TRUE(sync());
  ASSERT_TRUE(log->truncate_to(10));
  EXPECT_EQ(log->last_epoch(), leader_epoch{1});
  write_many(5, leader_epoch{3});
  ASSERT_TRUE(sync());
  power_loss_and_open(7);
  EXPECT_EQ(log->last_epoch(), leader_epoch{3});
  expect_numbered(0, 15);
}

TEST_F(Cut, TicketUnderWayDoesNotCoverWhatCameAfterTheCut) {
  open();
  write_many(10);
  const auto ticket = log->begin_sync();
  ASSERT_TRUE(ticket);
  ASSERT_TRUE(log->truncate_to(4));
  write_many(6);
  log->end_sync(carry_out(disk, *ticket));
  EXPECT_EQ(log->durable_end(), 4);
  EXPECT_TRUE(sync());
  EXPECT_EQ(log->durable_end(), 10);
}

TEST_F(Cut, TruncateFullyBeginsAnew) {
  for (offset_t start : {0, 30, 60, 500}) {
    make(60);
    ASSERT_TRUE(log->truncate_fully(start));
    EXPECT_EQ(log->log_start(), start);
    EXPECT_EQ(log->log_end(), start);
    EXPECT_EQ(log->segment_count(), 0u);
    kill_and_open();
    EXPECT_EQ(log->log_start(), start);
    EXPECT_EQ(log->log_end(), start);
    EXPECT_EQ(report.damaged_bytes, 0u);
    write_many(5);
    expect_numbered(start, start + 5);
    ASSERT_TRUE(sync());
    power_loss_and_open(static_cast<std::uint64_t>(start));
    expect_numbered(start, start + 5);
    ASSERT_TRUE(log->remove());
  }
}

TEST_F(Cut, TruncateFullySurvivesACrashAtEveryOperation) {
  make(60);
  const auto image = disk.save();
  kill();
  for (offset_t start : {20, 60, 100})
    for (std::uint64_t n = 1;; ++n) {
      disk.restore(image);
      open();
      disk.fail_operation(n);
      const auto done = log->truncate_fully(start).has_value();
      disk.fail_nothing();
      power_loss_and_open(n);
      EXPECT_EQ(report.damaged_bytes, 0u);
      const auto old = log->log_start() == 0 && log->log_end() == 60;
      const auto anew = log->log_start() == start && log->log_end() == start;
      EXPECT_TRUE(done ? anew : old || anew)
          << n << " " << log->log_start() << " " << log->log_end();
      expect_numbered(log->log_start(), log->log_end());
      kill();
      if (done)
        break;
    }
}

TEST_F(Cut, LogMayBeginAnywhere) {
  open();
  ASSERT_TRUE(log->truncate_fully(1'000'000'000'000));
  EXPECT_EQ(write({"a"}), 1'000'000'000'000);
  reopen();
  EXPECT_EQ(log->log_start(), 1'000'000'000'000);
  EXPECT_EQ(values(log->log_start()), std::vector<std::string>{"a"});
}

TEST_F(Cut, AdvanceStartHidesAndDeletes) {
  make(100);
  const auto before = log->segment_count();
  ASSERT_TRUE(log->advance_start(55));
  EXPECT_EQ(log->log_start(), 55);
  EXPECT_LT(log->segment_count(), before);
  EXPECT_EQ(error_at(54), errc::offset_out_of_range);
  expect_numbered(55, 100);
  ASSERT_TRUE(log->advance_start(40));
  EXPECT_EQ(log->log_start(), 55) << "it never goes back";
  EXPECT_EQ(log->advance_start(101).error().code, errc::offset_out_of_range);
  power_loss_and_open(4);
  EXPECT_EQ(log->log_start(), 55);
  EXPECT_EQ(report.damaged_bytes, 0u);
  EXPECT_FALSE(has_remark("missing"));
  expect_numbered(55, 100);
  ASSERT_TRUE(log->advance_start(100));
  EXPECT_TRUE(values(100).empty());
  write_many(5);
  expect_numbered(100, 105);
  reopen();
  expect_numbered(100, 105);
}

TEST_F(Cut, RetentionBySizeDeletesTheOldest) {
  options.retention_ms = -1;
  make(200);
  options.retention_bytes = 4'000;
  log->set_options(options);
  const auto deleted = log->apply_retention(200);
  ASSERT_TRUE(deleted);
  EXPECT_GT(*deleted, 0u);
  EXPECT_GE(log->size_bytes(), 4'000u);
  EXPECT_LT(log->size_bytes(), 5'100u);
  EXPECT_GT(log->log_start(), 0);
  expect_numbered(log->log_start(), 200);
  EXPECT_EQ(*log->apply_retention(200), 0u);
  const auto start = log->log_start();
  power_loss_and_open(9);
  EXPECT_EQ(log->log_start(), start);
  EXPECT_EQ(report.damaged_bytes, 0u);
  expect_numbered(start, 200);
}

TEST_F(Cut, RetentionByTimeEndsAtTheLimit) {
  options.retention_ms = 10'000;
  make(200);
  EXPECT_GT(*log->apply_retention(50), 0u) << "the timestamps are of 1970";
  EXPECT_LE(log->log_start(), 50);
  EXPECT_GT(log->log_start(), 30);
  ASSERT_TRUE(log->apply_retention(200));
  EXPECT_EQ(log->log_start(), 200) << "an expired active segment goes too";
  EXPECT_EQ(log->size_bytes(), 0u);
  write_many(3);
  expect_numbered(200, 203);
  reopen();
  EXPECT_EQ(report.damaged_bytes, 0u);
  expect_numbered(200, 203);
}

TEST_F(Cut, RetentionKeepsWhatIsNotDurable) {
  options.retention_ms = 10'000;
  options.segment_bytes = 500;
  open();
  for (int i = 0; i < 10; ++i)
    write_many(5);
  EXPECT_EQ(*log->apply_retention(50), 0u);
  ASSERT_TRUE(sync());
  EXPECT_GT(*log->apply_retention(50), 0u);
}

TEST_F(Cut, RetentionForEverKeepsAll) {
  options.retention_ms = -1;
  make(200);
  EXPECT_EQ(*log->apply_retention(200), 0u);
}

TEST_F(Cut, RemoveLeavesNothing) {
  make(100);
  ASSERT_TRUE(log->remove());
  EXPECT_EQ(try_write({"x"}), errc::log_closed);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    power_loss_and_open(seed);
    EXPECT_EQ(log->log_end(), 0);
    EXPECT_FALSE(has(directory));
  }
}

}  // namespace
}  // namespace troupe
