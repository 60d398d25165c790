#include "tests/support/runtime/log_fixture.hpp"

#include "runtime/log/sync.hpp"
#include "runtime/record/batch_builder.hpp"

#include <fmt/format.h>

namespace troupe::testing {

bytes batch_of_values(const std::vector<std::string>& values, timestamp_ms first) {
  batch_builder builder;
  for (const auto& value : values)
    builder.add({.key = {}, .value = value, .headers = {}, .timestamp = first++});
  return builder.finish();
}

namespace {

void take_values(const log_slice& slice, offset_t from, read_back& into) {
  batch_cursor cursor{slice.batches};
  for (byte_view batch; cursor.next(batch);) {
    auto reader = record_reader::open(batch).value();
    for (record_view record; reader.next(record).value();)
      if (record.offset >= from)
        into.values.emplace_back(*record.value);
  }
}

}  // namespace

read_back read_values(partition_log& from, offset_t at, std::size_t max_bytes) {
  read_back all;
  all.next = at;
  for (;;) {
    const auto slice = from.read(all.next, max_bytes, from.written_end());
    if (!slice) {
      all.error = slice.error().code;
      all.message = slice.error().message;
      return all;
    }
    if (slice->batches.empty())
      return all;
    take_values(*slice, all.next, all);
    all.next = slice->next_offset;
  }
}

bool sync_log(env& on, partition_log& log) {
  if (auto ticket = log.begin_sync())
    log.end_sync(carry_out(on, *ticket));
  return !log.poisoned() && log.durable_end() == log.written_end();
}

log_test::log_test() {
  disk.create_directory("data").value();
  disk.sync_directory("").value();
}

void log_test::open() {
  report = {};
  auto opened = partition_log::open(disk, directory, options, time, report);
  ASSERT_TRUE(opened) << to_string(opened.error());
  log = std::move(*opened);
}

void log_test::reopen() {
  const auto closed = log->close();
  ASSERT_TRUE(closed) << to_string(closed.error());
  log.reset();
  open();
}

void log_test::kill() { log.reset(); }

void log_test::power_loss_and_open(std::uint64_t seed) {
  rng chance{seed};
  disk.crash(chance);
  log.reset();
  open();
}

offset_t log_test::write(const std::vector<std::string>& what, leader_epoch epoch) {
  const auto taken = log->append(batch_of_values(what), epoch);
  EXPECT_TRUE(taken) << to_string(taken.error());
  const auto written = log->write();
  EXPECT_TRUE(written) << to_string(written.error());
  return taken ? taken->base_offset : no_offset;
}

void log_test::write_many(int count, leader_epoch epoch) {
  for (int i = 0; i < count; ++i) {
    auto batch = batch_of_values({fmt::format("v{}", log->log_end())});
    ASSERT_TRUE(log->append(std::move(batch), epoch));
  }
  ASSERT_TRUE(log->write());
}

errc log_test::try_write(const std::vector<std::string>& what) {
  if (auto taken = log->append(batch_of_values(what), log->last_epoch()); !taken)
    return taken.error().code;
  const auto written = log->write();
  return written ? errc::none : written.error().code;
}

void log_test::expect_numbered(offset_t from, offset_t end) {
  const auto read = read_values(*log, from);
  EXPECT_EQ(read.error, errc::none) << read.message;
  EXPECT_EQ(read.next, end);
  ASSERT_EQ(static_cast<offset_t>(read.values.size()), end - from);
  for (auto offset = from; offset < end; ++offset)
    ASSERT_EQ(read.values[static_cast<std::size_t>(offset - from)], fmt::format("v{}", offset));
}

bool log_test::has_remark(std::string_view part) const {
  for (const auto& x : report.remarks)
    if (x.find(part) != std::string::npos)
      return true;
  return false;
}

std::string log_test::segment(offset_t base, std::string_view suffix) const {
  return path(fmt::format("{:020}{}", base, suffix));
}

std::size_t log_test::position_of(offset_t offset, offset_t base) {
  const auto content = disk.content(segment(base));
  std::size_t at = 0;
  batch_cursor cursor{content};
  for (byte_view batch; cursor.next(batch); at += batch.size())
    if (decode_batch_header(batch).base_offset == offset)
      return at;
  ADD_FAILURE() << "no batch at offset " << offset;
  return 0;
}

}  // namespace troupe::testing
