#include "tests/support/runtime/record_support.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

using namespace testing;

record_data value_only(std::string_view value) {
  return {.key = {}, .value = value, .headers = {}, .timestamp = 1'000};
}

TEST(BatchBuilder, SizeIsWhatFinishReturns) {
  batch_builder builder;
  EXPECT_EQ(builder.size(), batch_header_size);
  for (int i = 0; i < 200; ++i)
    builder.add(value_only("0123456789"));
  const auto size = builder.size();
  EXPECT_EQ(builder.count(), 200);
  EXPECT_EQ(builder.finish().size(), size);
}

TEST(BatchBuilder, IsEmptyAndReusableAfterFinish) {
  batch_builder builder;
  builder.set_producer(9, 1, 0, true);
  builder.add(value_only("a"));
  const auto first = check_batch(builder.finish()).value();
  EXPECT_EQ(first.producer_id, 9);
  EXPECT_TRUE(first.is_transactional());
  ASSERT_TRUE(builder.empty());
  builder.add(value_only("b"));
  const auto second = builder.finish();
  EXPECT_EQ(check_batch(second).value().producer_id, -1);
  EXPECT_EQ(read_all(second).value()[0].value, "b");
}

TEST(BatchBuilder, RecordsThatDoNotShrinkStayUncompressed) {
  batch_builder builder{codec::zstd};
  builder.add(value_only("a"));
  EXPECT_EQ(check_batch(builder.finish()).value().compression(), codec::none);
  const std::string text(1'000, 'a');
  builder.add(value_only(text));
  EXPECT_EQ(check_batch(builder.finish()).value().compression(), codec::zstd);
}

TEST(BatchBuilder, BoundHoldsForEveryRecord) {
  rng source{3};
  for (int round = 0; round < 300; ++round) {
    const auto record = random_records(source, 1, 500)[0];
    std::vector<record_header> headers;
    for (const auto& header : record.headers)
      headers.push_back({header.key, header.value});
    const record_data data{record.key, record.value, headers, record.timestamp};
    const auto taken = batch_of({record}).size() - batch_header_size;
    ASSERT_LE(taken, encoded_size_bound(data));
    ASSERT_GE(taken + 30, encoded_size_bound(data));
  }
}

}  // namespace
}  // namespace troupe
