// The small vocabulary of the log tests: one log on a simulated disk.
#pragma once

#include "runtime/env/sim_env.hpp"
#include "runtime/log/partition_log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace troupe::testing {

/// A batch with one record per value; the timestamp is of the first and grows by one per record.
bytes batch_of_values(const std::vector<std::string>& values, timestamp_ms first = 1'000);

/// What a reader gets from one offset on.
struct read_back {
  std::vector<std::string> values;
  offset_t next = no_offset;  ///< where it ended
  errc error = errc::none;    ///< what ended it; none at the end of the log
  std::string message;
};

/// Reads in slices of `max_bytes` and decodes every record.
read_back read_values(partition_log& from, offset_t at, std::size_t max_bytes = 1 << 20);

/// begin_sync, the syncs, end_sync. True when everything written is durable.
bool sync_log(env& on, partition_log& log);

class log_test : public ::testing::Test {
 protected:
  static constexpr auto directory = "data/topic-0";

  log_test();

  // -- the life of a log ----------------------------------------------------------
  void open();
  /// An orderly stop and a new start.
  void reopen();
  /// The process is killed: the page cache stays.
  void kill();
  void kill_and_open() { kill(), open(); }
  void power_loss_and_open(std::uint64_t seed);

  // -- appending -------------------------------------------------------------------
  /// One batch with these values, written. Returns its base offset.
  offset_t write(const std::vector<std::string>& values, leader_epoch epoch = leader_epoch{0});
  /// `count` batches of one value each: "v<offset>".
  void write_many(int count, leader_epoch epoch = leader_epoch{0});
  bool sync() { return sync_log(disk, *log); }
  errc try_write(const std::vector<std::string>& values);

  // -- reading ---------------------------------------------------------------------
  std::vector<std::string> values(offset_t from = 0) { return read_values(*log, from).values; }
  errc error_at(offset_t from) { return read_values(*log, from).error; }
  /// Every value from `from` on is "v<offset>", up to the end of the log.
  void expect_numbered(offset_t from, offset_t end);
  bool has_remark(std::string_view part) const;

  // -- the disk --------------------------------------------------------------------
  std::string path(std::string_view name) const {
    return std::string{directory} + "/" + std::string{name};
  }
  std::string segment(offset_t base, std::string_view suffix = ".log") const;
  bool has(const std::string& file) { return disk.exists(file).value(); }
  /// Position of the batch that begins at `offset`, in the file of the segment `base`.
  std::size_t position_of(offset_t offset, offset_t base = 0);

  sim_env disk;
  manual_clock time;
  log_options options;
  recovery_report report;
  std::unique_ptr<partition_log> log;
};

}  // namespace troupe::testing
