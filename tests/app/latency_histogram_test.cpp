#include "app/latency_histogram.hpp"

#include <gtest/gtest.h>

namespace troupe::app {
namespace {

using std::chrono::nanoseconds;

TEST(latency_histogram, QuantilesAreWithinOnePercent) {
  latency_histogram all;
  for (std::int64_t i = 1; i <= 1'000'000; ++i)
    all.add(nanoseconds(i * 100));
  for (double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    auto exact = share * 1e8;
    EXPECT_NEAR(static_cast<double>(all.quantile(share).count()), exact, exact * 0.01) << share;
  }
  EXPECT_EQ(all.max(), nanoseconds(100'000'000));
  EXPECT_EQ(all.quantile(1), all.max());
}

TEST(latency_histogram, ExtremesAreKept) {
  latency_histogram some;
  some.add(nanoseconds(-5));
  some.add(nanoseconds(0));
  some.add(std::chrono::hours(100));
  EXPECT_EQ(some.count(), 3u);
  EXPECT_EQ(some.quantile(0.5), nanoseconds(0));
  EXPECT_EQ(some.max(), std::chrono::hours(100));
}

TEST(latency_histogram, EmptyOneHasNoQuantile) {
  EXPECT_EQ(latency_histogram{}.quantile(0.5), nanoseconds(0));
}

TEST(latency_histogram, MergingIsAdding) {
  latency_histogram a, b, both;
  for (int i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? a : b).add(nanoseconds(i * i));
    both.add(nanoseconds(i * i));
  }
  a.merge(b);
  EXPECT_EQ(a.count(), both.count());
  for (double share : {0.1, 0.5, 0.9, 1.0})
    EXPECT_EQ(a.quantile(share), both.quantile(share));
}

}  // namespace
}  // namespace troupe::app
