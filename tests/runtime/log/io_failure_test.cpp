// The n-th operation on the disk fails, for every n through a whole life of a log: whatever was
// acknowledged is there after the power loss that follows, nothing wrong is ever served, and a sync
// that failed is not tried again.
#include "tests/support/runtime/log_fixture.hpp"

#include <fmt/format.h>

#include <map>

namespace troupe {
namespace {

using namespace testing;

class IoFailure : public log_test {
 protected:
  void append(int batches, leader_epoch epoch) {
    if (!log)
      return;
    std::map<offset_t, std::string> taken;
    for (int i = 0; i < batches; ++i) {
      const auto value = fmt::format("{}:{}", writes++, std::string(40, 'x'));
      const auto at = log->append(batch_of_values({value}), epoch);
      if (!at)
        return expect_excused("append", at.error());
      taken[at->base_offset] = value;
    }
    const auto before = log->written_end();
    const auto written = log->write();
    // After a device failure any part of it may have reached the disk.
    for (const auto& [offset, value] : taken)
      model[offset] = value;
    if (written)
      return;
    expect_excused("write", written.error());
    EXPECT_EQ(log->log_end(), log->written_end());
    EXPECT_EQ(log->poisoned(), written.error().code != errc::disk_full);
    if (written.error().code == errc::disk_full) {
      EXPECT_EQ(log->written_end(), before) << "nothing of a refused write is kept";
    }
  }

  void flush() {
    if (!log || !options.syncs)
      return;
    const auto before = log->durable_end();
    if (sync())
      acked = log->durable_end();
    else
      EXPECT_TRUE(disk.failed());
    if (log->poisoned()) {
      EXPECT_GE(log->durable_end(), before);
      EXPECT_FALSE(log->begin_sync());
      EXPECT_EQ(try_write({"x"}), errc::storage_error);
    }
  }

  void look() {
    if (!log)
      return;
    for (auto from : {log->log_start(), (log->log_start() + log->written_end()) / 2}) {
      const auto read = read_values(*log, from, 700);
      if (read.error != errc::none)
        expect_excused("read", {read.error, read.message});
      for (std::size_t i = 0; i < read.values.size(); ++i)
        EXPECT_EQ(read.values[i], model[from + static_cast<offset_t>(i)]);
    }
    if (const auto found = log->find_timestamp(0, log->written_end()); !found)
      expect_excused("find_timestamp", found.error());
  }

  void truncate(offset_t end) {
    if (!log)
      return;
    acked = std::min(acked, end);
    if (const auto done = log->truncate_to(end); !done)
      expect_excused("truncate_to", done.error());
  }

  void advance(offset_t start) {
    if (!log)
      return;
    if (const auto done = log->advance_start(start); !done)
      expect_excused("advance_start", done.error());
  }

  void retain() {
    if (!log)
      return;
    if (const auto done = log->apply_retention(log->durable_end()); !done)
      expect_excused("apply_retention", done.error());
  }

  void stop() {
    if (!log)
      return;
    EXPECT_EQ(disk.syncs_after_failure(), failed_syncs);
    const auto closed = log->close();
    if (!closed)
      expect_excused("close", closed.error());
    else
      acked = options.syncs ? log->written_end() : acked;
    EXPECT_EQ(disk.syncs_after_failure(), failed_syncs);
    log.reset();
  }

  /// A new start; a second try succeeds because only one operation fails.
  void start() {
    for (int attempt = 0; attempt < 2 && !log; ++attempt) {
      disk.restart_process();
      auto opened = partition_log::open(disk, directory, options, time, report = {});
      if (opened)
        log = std::move(*opened);
      else
        expect_excused("open", opened.error());
    }
    ASSERT_TRUE(log);
    EXPECT_EQ(report.damaged_bytes, 0u);
    EXPECT_GE(log->log_end(), acked);
    if (options.syncs)
      acked = log->durable_end();
    failed_syncs = disk.syncs_after_failure();
    // What never became part of the log may be written differently now.
    for (auto at = log->log_end(); model.contains(at); ++at)
      model.erase(at);
  }

  void live() {
    start();
    append(3, leader_epoch{0});
    flush();
    append(20, leader_epoch{0});
    look();
    flush();
    time.advance(std::chrono::seconds{2});
    append(5, leader_epoch{1});
    flush();
    stop();
    start();
    look();
    append(10, leader_epoch{1});
    EXPECT_EQ(disk.syncs_after_failure(), failed_syncs);
    log.reset();  // killed
    start();
    look();
    truncate(30);
    append(12, leader_epoch{2});
    flush();
    advance(9);
    look();
    retain();
    append(4, leader_epoch{2});
    flush();
    EXPECT_EQ(disk.syncs_after_failure(), failed_syncs);
  }

  void check_after_power_loss(std::uint64_t seed) {
    disk.fail_nothing();
    rng chance{seed};
    disk.crash(chance);
    log.reset();
    open();
    if (options.syncs) {
      EXPECT_EQ(report.damaged_bytes, 0u);
    }
    ASSERT_GE(log->log_end(), acked);
    const auto all = read_values(*log, log->log_start());
    if (options.syncs) {
      EXPECT_EQ(all.error, errc::none) << all.message;
      EXPECT_EQ(all.next, log->log_end());
    } else {
      EXPECT_TRUE(all.error == errc::none || all.error == errc::damaged_data) << all.message;
    }
    for (std::size_t i = 0; i < all.values.size(); ++i)
      ASSERT_EQ(all.values[i], model[log->log_start() + static_cast<offset_t>(i)]);
    append(3, leader_epoch{9});
    flush();
    ASSERT_TRUE(log->remove());
    log.reset();
  }

  void fail_every_operation(errc code) {
    std::uint64_t failures = 0;
    for (std::uint64_t n = 1;; ++n) {
      SCOPED_TRACE(fmt::format("operation {} answers {}", n, to_string(code)));
      model.clear();
      acked = 0;
      disk.fail_operation(n, code);
      live();
      const auto reached = disk.failed();
      if (HasFatalFailure())
        return;
      check_after_power_loss(n);
      if (HasFailure())
        return;
      if (!reached)
        break;
      ++failures;
    }
    EXPECT_GT(failures, 150u);
  }

  void expect_excused(std::string_view what, const error& why) {
    EXPECT_TRUE(disk.failed()) << what << ": " << to_string(why);
  }

  std::map<offset_t, std::string> model;
  offset_t acked = 0;
  std::uint64_t failed_syncs = 0;
  int writes = 0;
};

TEST_F(IoFailure, EveryOperationMayFail) {
  options.segment_bytes = 900;
  options.index_interval_bytes = 200;
  options.retention_ms = -1;
  options.retention_bytes = 2'000;
  fail_every_operation(errc::io_error);
}

TEST_F(IoFailure, EveryOperationMayFindTheDiskFull) {
  options.segment_bytes = 900;
  options.index_interval_bytes = 200;
  fail_every_operation(errc::disk_full);
}

TEST_F(IoFailure, EveryOperationMayFailWithoutSyncs) {
  options.syncs = false;
  options.segment_bytes = 900;
  fail_every_operation(errc::io_error);
}

TEST_F(IoFailure, NoFileHandleLeftIsNoDamage) {
  options.segment_bytes = 500;
  open();
  write_many(3);
  for (std::uint64_t n = 1; n <= 4; ++n) {
    disk.fail_operation(disk_operation::open, n, errc::overloaded);
    for (int i = 0; i < 10 && !disk.failed(); ++i)
      (void)try_write({std::string(300, 'y')});
    disk.fail_nothing();
    EXPECT_FALSE(log->poisoned());
    EXPECT_EQ(try_write({"z"}), errc::none);
  }
  EXPECT_EQ(read_values(*log, 0).next, log->log_end());
}

// -- a full disk ------------------------------------------------------------------

class FullDisk : public log_test {};

TEST_F(FullDisk, RefusesKeepsServingAndHeals) {
  options.segment_bytes = 2'000;
  open();
  write_many(50);
  ASSERT_TRUE(sync());
  for (std::uint64_t extra = 0; extra < 6'000; extra += 97) {
    disk.limit_space(12'000 + extra);
    const auto before = log->log_end();
    const auto segments = log->segment_count();
    for (int i = 0; i < 30; ++i)
      ASSERT_TRUE(log->append(batch_of_values({std::string(500, 'x')}), leader_epoch{0}));
    const auto written = log->write();
    if (written)
      break;
    ASSERT_EQ(written.error().code, errc::disk_full);
    EXPECT_NE(written.error().message.find("No space left"), std::string::npos);
    EXPECT_EQ(log->log_end(), before) << "nothing of a refused write is kept";
    EXPECT_EQ(log->segment_count(), segments);
    EXPECT_FALSE(log->poisoned());
    expect_numbered(0, before);
    disk.limit_space(UINT64_MAX);
    write_many(1);
    ASSERT_TRUE(sync());
  }
  disk.limit_space(UINT64_MAX);
  const auto end = log->log_end();
  power_loss_and_open(3);
  EXPECT_GE(log->log_end(), end - 30);
  EXPECT_EQ(report.damaged_bytes, 0u);
}

TEST_F(FullDisk, RefusedEpochIsForgotten) {
  open();
  write_many(5, leader_epoch{1});
  disk.limit_space(disk.content(segment(0)).size() + 4'300);
  ASSERT_TRUE(log->append(batch_of_values({std::string(20'000, 'x')}), leader_epoch{2}));
  EXPECT_EQ(log->write().error().code, errc::disk_full);
  EXPECT_EQ(log->last_epoch(), leader_epoch{1});
  disk.limit_space(UINT64_MAX);
  write_many(5, leader_epoch{3});
  reopen();
  EXPECT_EQ(log->last_epoch(), leader_epoch{3});
  expect_numbered(0, 10);
}

TEST_F(FullDisk, FirstAppendMayBeRefused) {
  disk.limit_space(0);
  open();
  EXPECT_EQ(try_write({"x"}), errc::disk_full);
  EXPECT_EQ(log->log_end(), 0);
  disk.limit_space(UINT64_MAX);
  write_many(3);
  ASSERT_TRUE(sync());
  power_loss_and_open(5);
  expect_numbered(0, 3);
}

// -- poison -----------------------------------------------------------------------

class Poison : public log_test {};

TEST_F(Poison, FailedSyncEndsWritingNotReading) {
  open();
  write_many(10);
  ASSERT_TRUE(sync());
  write_many(5);
  disk.fail_operation(disk_operation::sync, 1);
  EXPECT_FALSE(sync());
  EXPECT_TRUE(log->poisoned());
  EXPECT_EQ(log->durable_end(), 10);
  EXPECT_FALSE(log->begin_sync()) << "never tried again";
  const auto refused = log->append(batch_of_values({"x"}), leader_epoch{0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::storage_error);
  EXPECT_NE(refused.error().message.find("simulated failure"), std::string::npos);
  EXPECT_EQ(log->truncate_to(3).error().code, errc::storage_error);
  EXPECT_EQ(log->advance_start(3).error().code, errc::storage_error);
  EXPECT_EQ(log->apply_retention(3).error().code, errc::storage_error);
  EXPECT_EQ(log->close().error().code, errc::storage_error);
  expect_numbered(0, 15);
  EXPECT_EQ(disk.syncs_after_failure(), 0u);
}

TEST_F(Poison, FailedDirectorySyncPoisonsToo) {
  open();
  write_many(1);
  disk.fail_operation(disk_operation::sync_directory, 1);
  EXPECT_FALSE(sync());
  EXPECT_TRUE(log->poisoned());
  EXPECT_EQ(log->durable_end(), 0);
}

TEST_F(Poison, RemoveStillWorks) {
  open();
  write_many(1);
  disk.fail_operation(disk_operation::sync, 1);
  EXPECT_FALSE(sync());
  EXPECT_TRUE(log->remove());
  EXPECT_FALSE(has(directory));
}

TEST_F(Poison, FailedReadPoisonsNothing) {
  open();
  write_many(10);
  disk.fail_operation(disk_operation::read, 1);
  EXPECT_EQ(log->read(0, 1'000, 10).error().code, errc::io_error);
  EXPECT_FALSE(log->poisoned());
  expect_numbered(0, 10);
}

}  // namespace
}  // namespace troupe
