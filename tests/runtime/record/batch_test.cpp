#include "runtime/base/limits.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/varint.hpp"
#include "tests/support/runtime/record_support.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

using namespace testing;

// Worked out from the format by hand; docs/formats.md explains it byte by byte.
constexpr auto golden_hex = R"(
  00 00 00 00 00 00 00 00
  00 00 00 52
  ff ff ff ff
  02
  c8 d5 34 e4
  00 00
  00 00 00 01
  00 00 01 8b cf e5 68 00
  00 00 01 8b cf e5 6a 69
  ff ff ff ff ff ff ff ff
  ff ff
  ff ff ff ff
  00 00 00 02
  30 00 00 00 0c 75 73 65 72 2d 31 0a 68 65 6c 6c 6f 02 06 77 68 6f 04 6d 65
  0e 00 d2 09 02 01 01 00
)";

std::vector<owned_record> golden_records() {
  return {{0, 1'700'000'000'000, "user-1", "hello", {{"who", "me"}}},
          {1, 1'700'000'000'617, std::nullopt, std::nullopt, {}}};
}

errc checked(byte_view data) {
  const auto outcome = check_batch(data);
  return outcome ? errc::none : outcome.error().code;
}

TEST(Batch, BuilderWritesTheGoldenBytes) {
  EXPECT_EQ(batch_of(golden_records()), from_hex(golden_hex));
}

TEST(Batch, ReaderReadsTheGoldenBytes) {
  const auto batch = from_hex(golden_hex);
  ASSERT_EQ(checked(batch), errc::none);
  EXPECT_EQ(read_all(batch).value(), golden_records());
}

TEST(Batch, HeaderIsDecodedFieldByField) {
  const auto header = decode_batch_header(from_hex(golden_hex));
  EXPECT_EQ(header.base_offset, 0);
  EXPECT_EQ(header.size(), 94u);
  EXPECT_EQ(header.epoch, no_epoch);
  EXPECT_EQ(header.magic, 2);
  EXPECT_EQ(header.crc, 0xc8d534e4u);
  EXPECT_EQ(header.compression(), codec::none);
  EXPECT_EQ(header.timestamps(), timestamp_type::create_time);
  EXPECT_FALSE(header.is_control() || header.is_transactional() || header.has_delete_horizon());
  EXPECT_EQ(header.next_offset(), 2);
  EXPECT_EQ(header.base_timestamp, 1'700'000'000'000);
  EXPECT_EQ(header.max_timestamp, 1'700'000'000'617);
  EXPECT_EQ(header.producer_id, -1);
  EXPECT_EQ(header.record_count, 2);
}

TEST(Batch, EveryTruncationIsRejected) {
  const auto batch = from_hex(golden_hex);
  for (std::size_t size = 0; size < batch.size(); ++size)
    ASSERT_EQ(checked(byte_view{batch}.first(size)), errc::corrupt_batch) << size;
}

// Base offset and leader epoch belong to the leader and are outside the CRC.
TEST(Batch, EveryBitFlipOutsideTheLeadersFieldsIsRejected) {
  const auto whole = from_hex(golden_hex);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const bool leaders = at < 8 || (at >= 12 && at < 16);
    for (int bit = 0; bit < 8; ++bit) {
      auto batch = whole;
      batch[at] = static_cast<char>(batch[at] ^ (1 << bit));
      // Offsets beyond what a log can hold are refused even so.
      const bool huge = decode_batch_header(batch).base_offset > (1LL << 62);
      const auto expected = leaders && !huge ? errc::none : errc::corrupt_batch;
      ASSERT_EQ(checked(batch) == errc::none, expected == errc::none)
          << "byte " << at << " bit " << bit;
    }
  }
}

TEST(Batch, LeadersFieldsChangeWithoutTheCrc) {
  auto batch = from_hex(golden_hex);
  assign_base_offset(batch, 1'000, leader_epoch{7});
  const auto header = check_batch(batch).value();
  EXPECT_EQ(header.base_offset, 1'000);
  EXPECT_EQ(header.epoch, leader_epoch{7});
  EXPECT_EQ(read_all(batch).value()[1].offset, 1'001);
}

TEST(Batch, AppendTimeReplacesEveryTimestamp) {
  auto batch = from_hex(golden_hex);
  stamp_append_time(batch, 1'800'000'000'000);
  ASSERT_EQ(checked(batch), errc::none);
  for (const auto& record : read_all(batch).value())
    EXPECT_EQ(record.timestamp, 1'800'000'000'000);
}

// The CRC is right in these: somebody meant it.
TEST(Batch, CountsThatCannotBeTrueAreRejected) {
  const auto batch = from_hex(golden_hex);
  constexpr std::size_t last_offset_delta_at = 23;
  constexpr std::size_t record_count_at = 57;
  EXPECT_EQ(checked(forged(batch, record_count_at, {"\0\0\0\3", 4})), errc::corrupt_batch);
  EXPECT_EQ(checked(forged(batch, record_count_at, "\xff\xff\xff\xff")), errc::corrupt_batch);
  EXPECT_EQ(checked(forged(batch, last_offset_delta_at, {"\x80\0\0\0", 4})), errc::corrupt_batch);
  // Compaction removes records and keeps the offsets.
  EXPECT_EQ(checked(forged(batch, record_count_at, {"\0\0\0\1", 4})), errc::none);
}

TEST(Batch, BytesAfterTheBatchAreLeftAlone) {
  auto batch = from_hex(golden_hex);
  batch.push_back('x');
  EXPECT_EQ(check_batch(batch).value().size(), batch.size() - 1);
}

TEST(Batch, LengthsAboveTheLimitAreNotBelieved) {
  auto batch = from_hex(golden_hex);
  store_be(batch.data() + 8, std::int32_t{0x7fffffff});
  const auto outcome = check_batch(batch);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "the batch length 2147483647 is out of bounds");
}

TEST(BatchCursor, SplitsARunAndDropsACutTail) {
  const auto first = batch_of({plain("a")});
  const auto second = batch_of({plain("bb"), plain("ccc")});
  bytes run = first;
  run.insert(run.end(), second.begin(), second.end());
  for (std::size_t size = 0; size <= run.size(); ++size) {
    batch_cursor cursor{byte_view{run}.first(size)};
    byte_view batch;
    std::size_t found = 0;
    while (cursor.next(batch))
      found += batch.size();
    const auto expected = size < first.size() ? 0 : size < run.size() ? first.size() : run.size();
    ASSERT_EQ(found, expected) << size;
  }
}

TEST(Batch, EndTransactionMarkerIsAControlBatch) {
  const auto batch = make_end_transaction_marker(4'711, 3, 9, true, 1'000);
  const auto header = check_batch(batch).value();
  EXPECT_TRUE(header.is_control());
  EXPECT_TRUE(header.is_transactional());
  EXPECT_EQ(header.producer_id, 4'711);
  EXPECT_EQ(header.producer_epoch, 3);
  EXPECT_EQ(header.base_sequence, -1);
  const auto records = read_all(batch).value();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(as_bytes(*records[0].key).size(), 4u);
  EXPECT_EQ(*records[0].key, (std::string_view{"\0\0\0\1", 4}));
  EXPECT_EQ(*records[0].value, (std::string_view{"\0\0\0\0\0\x09", 6}));
}

TEST(Batch, AbortMarkerDiffersInItsKey) {
  const auto records = read_all(make_end_transaction_marker(1, 0, 0, false, 1'000)).value();
  EXPECT_EQ(*records[0].key, (std::string_view{"\0\0\0\0", 4}));
}

TEST(Batch, CodecNamesComeBack) {
  for (auto x : {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd})
    EXPECT_EQ(parse_codec(to_string(x)), x);
  EXPECT_EQ(parse_codec("brotli"), std::nullopt);
}

}  // namespace
}  // namespace troupe
