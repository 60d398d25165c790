#include "tests/support/runtime/log_fixture.hpp"

#include "runtime/log/sync.hpp"

namespace troupe {
namespace {

using namespace testing;

class AppendAndRead : public log_test {};

TEST_F(AppendAndRead, NewLogIsEmptyAndCostsNoFile) {
  open();
  EXPECT_EQ(log->log_start(), 0);
  EXPECT_EQ(log->log_end(), 0);
  EXPECT_TRUE(values().empty());
  EXPECT_FALSE(has(directory));
  ASSERT_TRUE(log->close());
  EXPECT_FALSE(has(directory));
}

TEST_F(AppendAndRead, AppendedIsVisibleOnlyOnceWritten) {
  open();
  const auto taken = log->append(batch_of_values({"a", "b"}), leader_epoch{3});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->base_offset, 0);
  EXPECT_EQ(taken->last_offset, 1);
  EXPECT_EQ(log->log_end(), 2);
  EXPECT_EQ(log->written_end(), 0);
  EXPECT_GT(log->pending_bytes(), 0u);
  EXPECT_TRUE(values().empty());
  ASSERT_TRUE(log->write());
  EXPECT_EQ(log->written_end(), 2);
  EXPECT_EQ(log->pending_bytes(), 0u);
  EXPECT_EQ(values(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(log->last_epoch(), leader_epoch{3});
}

TEST_F(AppendAndRead, WireIsDisk) {
  open();
  auto batch = batch_of_values({"a", "b"});
  ASSERT_TRUE(log->append(batch, leader_epoch{7}));
  ASSERT_TRUE(log->write());
  assign_base_offset(batch, 0, leader_epoch{7});
  EXPECT_EQ(disk.content(segment(0)), batch);
  EXPECT_EQ(log->read(0, 1'000, 2)->batches, batch);
}

TEST_F(AppendAndRead, ReadsFromEveryOffsetOverManySegments) {
  options.segment_bytes = 2'000;
  options.index_interval_bytes = 200;
  open();
  for (int i = 0; i < 30; ++i)
    write_many(10);
  EXPECT_GT(log->segment_count(), 5u);
  for (offset_t from = 0; from <= 300; ++from)
    expect_numbered(from, 300);
}

TEST_F(AppendAndRead, OneWriteMayRollSeveralTimes) {
  options.segment_bytes = 1'000;
  open();
  write_many(200);
  EXPECT_GT(log->segment_count(), 10u);
  expect_numbered(0, 200);
  reopen();
  EXPECT_TRUE(report.clean);
  expect_numbered(0, 200);
}

TEST_F(AppendAndRead, ReadBeginsWithTheBatchThatContainsTheOffset) {
  open();
  write({"a", "b", "c"});
  write({"d", "e"});
  const auto slice = log->read(1, 1'000, 5);
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->first_offset, 0);
  EXPECT_EQ(slice->next_offset, 5);
  EXPECT_EQ(log->read(4, 1'000, 5)->first_offset, 3);
}

TEST_F(AppendAndRead, FirstBatchIsGivenWhole) {
  open();
  write({std::string(10'000, 'x')});
  write({"y"});
  const auto slice = log->read(0, 1, 2);
  ASSERT_TRUE(slice);
  EXPECT_GT(slice->batches.size(), 10'000u);
  EXPECT_EQ(slice->next_offset, 1);
}

TEST_F(AppendAndRead, LimitHidesWhatLiesAbove) {
  open();
  write_many(10);
  const auto slice = log->read(2, 1 << 20, 6);
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->next_offset, 6);
  EXPECT_TRUE(log->read(6, 1'000, 6)->batches.empty());
  EXPECT_EQ(log->read(7, 1'000, 6).error().code, errc::offset_out_of_range);
  EXPECT_EQ(log->read(-1, 1'000, 6).error().code, errc::offset_out_of_range);
  EXPECT_EQ(log->read(11, 1'000, 10).error().code, errc::offset_out_of_range);
}

TEST_F(AppendAndRead, FollowerTakesBatchesAsTheyAre) {
  options.segment_bytes = 500;
  open();
  write_many(20, leader_epoch{2});
  write_many(5, leader_epoch{4});
  bytes all;
  for (offset_t at = 0; at < 25;) {
    const auto slice = log->read(at, 300, 25).value();
    all.insert(all.end(), slice.batches.begin(), slice.batches.end());
    at = slice.next_offset;
  }
  recovery_report ignored;
  auto follower = partition_log::open(disk, "data/copy-0", options, time, ignored).value();
  EXPECT_EQ(follower->append_as_follower(bytes{all.begin() + 1, all.end()}).error().code,
            errc::corrupt_batch);
  const auto taken = follower->append_as_follower(all);
  ASSERT_TRUE(taken) << to_string(taken.error());
  EXPECT_EQ(taken->last_offset, 24);
  ASSERT_TRUE(follower->write());
  EXPECT_EQ(follower->last_epoch(), leader_epoch{4});
  EXPECT_EQ(read_values(*follower, 0).values, values());
  EXPECT_EQ(follower->append_as_follower(all).error().code, errc::offset_out_of_range);
}

TEST_F(AppendAndRead, LowerEpochIsRefused) {
  open();
  write({"a"}, leader_epoch{5});
  EXPECT_EQ(log->append(batch_of_values({"b"}), leader_epoch{4}).error().code, errc::storage_error);
  EXPECT_FALSE(log->poisoned());
  EXPECT_EQ(write({"b"}, leader_epoch{5}), 1);
}

TEST_F(AppendAndRead, AppendTimeIsTheBrokers) {
  options.timestamps = timestamp_type::log_append_time;
  open();
  const auto taken = log->append(batch_of_values({"a"}, 5), leader_epoch{0});
  EXPECT_EQ(taken->append_time, time.wall_ms());
  ASSERT_TRUE(log->write());
  const auto header = check_batch(log->read(0, 100, 1)->batches).value();
  EXPECT_EQ(header.max_timestamp, time.wall_ms());
  EXPECT_EQ(header.timestamps(), timestamp_type::log_append_time);
}

TEST_F(AppendAndRead, RollsByTimeAndByIndexSize) {
  options.segment_ms = 1'000;
  open();
  write_many(3);
  time.advance(std::chrono::milliseconds{999});
  write_many(1);
  EXPECT_EQ(log->segment_count(), 1u);
  time.advance(std::chrono::milliseconds{1});
  write_many(1);
  EXPECT_EQ(log->segment_count(), 2u);

  options.segment_ms = 1'000'000;
  options.index_interval_bytes = 100;
  options.segment_index_bytes = 80;
  log->set_options(options);
  write_many(1);
  for (int i = 0; i < 100; ++i)
    write_many(1);
  EXPECT_GT(log->segment_count(), 5u);
  expect_numbered(0, 106);
}

TEST_F(AppendAndRead, KeepsFewFilesOpen) {
  options.segment_bytes = 500;
  open();
  for (int i = 0; i < 100; ++i)
    write_many(2);
  ASSERT_TRUE(sync());
  EXPECT_GT(log->segment_count(), 20u);
  for (offset_t from = 0; from < 200; ++from)
    ASSERT_TRUE(log->read(from, 100, 200));
  // The active segment's and four sealed ones; the mark waits for the next ticket.
  EXPECT_LE(disk.open_files(), 6u);
}

TEST_F(AppendAndRead, SequentialReadsNeedOneCallEach) {
  open();
  for (int i = 0; i < 100; ++i)
    write_many(10);
  auto at = log->read(0, 1'000, 1'000)->next_offset;
  const auto before = disk.operations();
  at = log->read(at, 1'000, 1'000)->next_offset;
  at = log->read(at, 1'000, 1'000)->next_offset;
  EXPECT_EQ(disk.operations() - before, 2u);
}

TEST_F(AppendAndRead, ClosedLogSaysSo) {
  open();
  write_many(3);
  ASSERT_TRUE(log->close());
  EXPECT_EQ(log->read(0, 100, 3).error().code, errc::log_closed);
  EXPECT_EQ(try_write({"x"}), errc::log_closed);
  EXPECT_EQ(disk.open_files(), 0u);
}

TEST_F(AppendAndRead, DurableEndFollowsTheSyncs) {
  open();
  write_many(3);
  EXPECT_EQ(log->durable_end(), 0);
  auto ticket = log->begin_sync();
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->end, 3);
  write_many(2);
  EXPECT_FALSE(log->begin_sync()) << "one ticket at a time";
  log->end_sync(carry_out(disk, *ticket));
  EXPECT_EQ(log->durable_end(), 3);
  EXPECT_TRUE(sync());
  EXPECT_EQ(log->durable_end(), 5);
  EXPECT_FALSE(log->begin_sync());
}

TEST_F(AppendAndRead, TopicsOfThePageCacheNeverSync) {
  options.syncs = false;
  options.segment_bytes = 500;
  open();
  write_many(50);
  EXPECT_FALSE(log->begin_sync());
  EXPECT_EQ(disk.operations(disk_operation::sync), 0u);
  options.syncs = true;
  log->set_options(options);
  EXPECT_TRUE(sync());
  EXPECT_EQ(log->durable_end(), 50);
  power_loss_and_open(1);
  expect_numbered(0, 50);
}

}  // namespace
}  // namespace troupe
