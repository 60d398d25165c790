#include "runtime/base/limits.hpp"
#include "runtime/record/varint.hpp"
#include "tests/support/runtime/record_support.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace troupe {
namespace {

using namespace testing;

constexpr std::size_t records_at = 61;

errc read_outcome(byte_view batch) {
  const auto outcome = read_all(batch);
  return outcome ? errc::none : outcome.error().code;
}

errc produced(byte_view batch, std::size_t max_bytes = 1'000'000) {
  const auto outcome = check_produced_batch(batch, max_bytes);
  return outcome ? errc::none : outcome.error().code;
}

TEST(Varint, EveryWidthComesBack) {
  char buffer[varlong_size_max];
  for (int bits = 0; bits < 64; ++bits)
    for (std::int64_t delta : {-2, -1, 0, 1, 2})
      for (std::int64_t sign : {1, -1}) {
        const auto x =
            static_cast<std::int64_t>((1ull << bits) + static_cast<std::uint64_t>(delta));
        const auto value = sign < 0 ? ~x : x;
        const auto* end = put_varint(buffer, value);
        ASSERT_EQ(static_cast<std::size_t>(end - buffer), varint_size(value));
        std::int64_t back = 0;
        ASSERT_EQ(get_varlong(buffer, end, back), end);
        ASSERT_EQ(back, value);
        ASSERT_EQ(get_varlong(buffer, end - 1, back), nullptr) << "cut short";
      }
}

TEST(Varint, TooWideIsRefused) {
  std::int32_t narrow = 0;
  std::int64_t wide = 0;
  const auto five = from_hex("80 80 80 80 10");
  EXPECT_EQ(get_varint(five.data(), five.data() + five.size(), narrow), nullptr);
  const auto ten = from_hex("ff ff ff ff ff ff ff ff ff 01");
  EXPECT_EQ(get_varlong(ten.data(), ten.data() + ten.size(), wide), ten.data() + ten.size());
  EXPECT_EQ(wide, std::numeric_limits<std::int64_t>::min());
  const auto too_much = from_hex("ff ff ff ff ff ff ff ff ff 02");
  EXPECT_EQ(get_varlong(too_much.data(), too_much.data() + too_much.size(), wide), nullptr);
  const auto endless = from_hex("80 80 80 80 80 80 80 80 80 80 00");
  EXPECT_EQ(get_varlong(endless.data(), endless.data() + endless.size(), wide), nullptr);
}

TEST(RecordReader, ReturnsWhatTheBuilderWasGiven) {
  rng source{42};
  for (int round = 0; round < 300; ++round) {
    const auto records = random_records(source, 1 + source.below(40), 300);
    const auto how = static_cast<codec>(source.below(5));
    const auto batch = batch_of(records, how);
    ASSERT_TRUE(check_batch(batch)) << "round " << round;
    ASSERT_EQ(read_all(batch).value(), records) << "round " << round << ' ' << to_string(how);
    ASSERT_EQ(produced(batch), errc::none) << "round " << round;
  }
}

TEST(RecordReader, ExtremeTimestampsComeBack) {
  auto first = plain("a", std::numeric_limits<timestamp_ms>::max() / 2);
  auto second = plain("b", -1);
  second.offset = 1;
  EXPECT_EQ(read_all(batch_of({first, second})).value(), (std::vector{first, second}));
}

TEST(RecordReader, TimestampThatOverflowsIsCorrupt) {
  constexpr std::size_t base_timestamp_at = 27;
  const auto batch = batch_of({plain("a", 0), plain("b", 5)});
  EXPECT_EQ(read_outcome(forged(batch, base_timestamp_at, "\x7f\xff\xff\xff\xff\xff\xff\xff")),
            errc::corrupt_batch);
}

// The CRC is made right again each time, so only the decoder stands in the way.
TEST(RecordReader, NoForgedByteIsReadAsMoreThanTheBatchHolds) {
  rng source{1};
  const auto whole = batch_of(random_records(source, 4, 20));
  for (std::size_t at = records_at; at < whole.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      const auto batch = forged(whole, at, std::string(1, static_cast<char>(value)));
      ASSERT_TRUE(check_batch(batch));
      const auto outcome = read_all(batch);
      ASSERT_TRUE(!outcome || outcome->size() == 4u) << at;
      ASSERT_TRUE(outcome || outcome.error().code == errc::corrupt_batch) << at;
    }
}

TEST(RecordReader, CutRecordsAreCorruptWhateverTheCrcSays) {
  rng source{2};
  const auto whole = batch_of(random_records(source, 3, 20));
  const auto records = byte_view{whole}.subspan(records_at);
  for (std::size_t size = 0; size < records.size(); ++size)
    ASSERT_EQ(read_outcome(with_records(whole, records.first(size))), errc::corrupt_batch) << size;
}

TEST(RecordReader, BytesAfterTheLastRecordAreCorrupt) {
  auto batch = batch_of({plain("a")});
  bytes records{batch.begin() + records_at, batch.end()};
  records.push_back('\0');
  EXPECT_EQ(read_outcome(with_records(batch, records)), errc::corrupt_batch);
}

TEST(RecordReader, OffsetOutsideTheBatchIsCorrupt) {
  // Seven bytes: attributes, timestamp delta, offset delta 1 of a batch that ends at delta 0.
  const auto batch = with_records(batch_of({plain("a")}), from_hex("0c 00 00 02 01 01 00"));
  EXPECT_EQ(read_outcome(batch), errc::corrupt_batch);
}

TEST(RecordReader, HeaderCountThatCannotBeTrueAllocatesNothing) {
  // length 12, attributes, two deltas, null key and value, header count 2^31 - 1, one header byte.
  const auto batch =
      with_records(batch_of({plain("a")}), from_hex("18 00 00 00 01 01 fe ff ff ff 0f 00 00"));
  EXPECT_EQ(read_outcome(batch), errc::corrupt_batch);
}

TEST(RecordReader, StaysAtItsEndAfterAnError) {
  const auto batch = with_records(batch_of({plain("a")}), from_hex("0e 00 00 00 01 01 00"));
  auto reader = record_reader::open(batch).value();
  record_view record;
  ASSERT_FALSE(reader.next(record));
  EXPECT_FALSE(reader.next(record).value());
}

TEST(ProducedBatch, OfAClientIsTaken) {
  EXPECT_EQ(produced(batch_of({plain("a"), plain("b")}, codec::gzip)), errc::none);
}

TEST(ProducedBatch, LargerThanTheTopicTakesIsRefused) {
  const auto batch = batch_of({plain(std::string(1'000, 'x'))});
  EXPECT_EQ(produced(batch, batch.size()), errc::none);
  EXPECT_EQ(produced(batch, batch.size() - 1), errc::record_too_large);
}

TEST(ProducedBatch, TwoInOneRequestAreRefused) {
  auto batch = batch_of({plain("a")});
  const auto copy = batch;
  batch.insert(batch.end(), copy.begin(), copy.end());
  EXPECT_EQ(produced(batch), errc::invalid_record);
}

TEST(ProducedBatch, ControlBatchIsRefused) {
  EXPECT_EQ(produced(make_end_transaction_marker(1, 0, 0, true, 1'000)), errc::invalid_record);
}

TEST(ProducedBatch, AttributesOnlyABrokerMaySetAreRefused) {
  constexpr std::size_t attributes_low_at = 22;
  const auto batch = batch_of({plain("a")});
  EXPECT_EQ(produced(forged(batch, attributes_low_at, "\x08")), errc::invalid_timestamp);
  EXPECT_EQ(produced(forged(batch, attributes_low_at, "\x40")), errc::invalid_record);
  EXPECT_EQ(produced(forged(batch, attributes_low_at, "\x05")), errc::unsupported_compression);
}

TEST(ProducedBatch, OffsetsWithAHoleAreRefused) {
  constexpr std::size_t record_count_at = 57;
  EXPECT_EQ(produced(forged(batch_of({plain("a"), plain("b")}), record_count_at, {"\0\0\0\1", 4})),
            errc::invalid_record);
  // Two records, both with offset delta 0.
  const auto two = from_hex("0c 00 00 00 01 01 00 0c 00 00 00 01 01 00");
  const auto like = batch_of({plain("a"), plain("b")});
  const auto outcome = check_produced_batch(with_records(like, two), 1'000);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), (error{errc::invalid_record, "record 1 has offset delta 0"}));
}

TEST(ProducedBatch, LargestOffsetDeltaIsAHoleToo) {
  constexpr std::size_t last_offset_delta_at = 23;
  EXPECT_EQ(produced(forged(batch_of({plain("a")}), last_offset_delta_at, "\x7f\xff\xff\xff")),
            errc::invalid_record);
}

TEST(ProducedBatch, TimestampsThatAreNotMillisecondsAreRefused) {
  EXPECT_EQ(produced(batch_of({plain("a", 1'700'000'000'000'000)})), errc::invalid_timestamp);
  EXPECT_EQ(produced(batch_of({plain("a", -2)})), errc::invalid_timestamp);
  EXPECT_EQ(produced(batch_of({plain("a", -1)})), errc::none);
  EXPECT_EQ(produced(batch_of({plain("a", limits::timestamp_max)})), errc::none);
}

TEST(ProducedBatch, NewestTimestampThatIsNotTrueIsRefused) {
  constexpr std::size_t max_timestamp_at = 35;
  EXPECT_EQ(produced(forged(batch_of({plain("a")}), max_timestamp_at, {"\0\0\0\0\0\0\xff\xff", 8})),
            errc::invalid_timestamp);
}

TEST(ProducedBatch, HeadersAboveTheLimitAreRefused) {
  auto record = plain("a");
  record.headers.resize(limits::record_headers_max);
  EXPECT_EQ(produced(batch_of({record})), errc::none);
  record.headers.emplace_back();
  EXPECT_EQ(produced(batch_of({record})), errc::invalid_record);
}

TEST(ProducedBatch, ProducerIdNeedsASequence) {
  batch_builder builder;
  builder.set_producer(5, 0, -1, false);
  builder.add({.key = {}, .value = "a", .headers = {}, .timestamp = 1});
  EXPECT_EQ(produced(builder.finish()), errc::invalid_record);
}

}  // namespace
}  // namespace troupe
