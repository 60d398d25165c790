#include "runtime/base/rng.hpp"
#include "runtime/record/crc32c.hpp"
#include "runtime/record/partitioner.hpp"

#include <gtest/gtest.h>

#include <array>

namespace troupe {
namespace {

bytes random_bytes(std::size_t size) {
  rng source{7};
  bytes data(size);
  for (auto& c : data)
    c = static_cast<char>(source.next());
  return data;
}

// RFC 3720, appendix B.4.
TEST(Crc32c, AgreesWithTheVectorsOfIscsi) {
  bytes rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i)
    rising[i] = static_cast<char>(i);
  for (auto* crc : {&crc32c, &crc32c_portable}) {
    EXPECT_EQ(crc(as_bytes("123456789"), 0), 0xe3069283u);
    EXPECT_EQ(crc(bytes(32, '\0'), 0), 0x8a9136aau);
    EXPECT_EQ(crc(bytes(32, '\xff'), 0), 0x62a8ab43u);
    EXPECT_EQ(crc(rising, 0), 0x46dd794eu);
    EXPECT_EQ(crc({}, 0), 0u);
  }
}

TEST(Crc32c, HardwareAgreesWithPortableAtEverySizeAndAlignment) {
  const auto data = random_bytes(2'000);
  for (std::size_t start = 0; start < 9; ++start)
    for (std::size_t size = 0; size + start <= data.size(); ++size) {
      const auto part = byte_view{data}.subspan(start, size);
      ASSERT_EQ(crc32c(part), crc32c_portable(part)) << start << " + " << size;
    }
}

TEST(Crc32c, HardwareAgreesWithPortableAroundTheLongLanes) {
  const auto data = random_bytes(3 * 3 * 4096 + 800);
  for (std::size_t size = 3 * 4096 - 20; size < data.size(); size += 97)
    ASSERT_EQ(crc32c(byte_view{data}.first(size)), crc32c_portable(byte_view{data}.first(size)));
}

TEST(Crc32c, ContinuesWhereItStopped) {
  const auto data = random_bytes(30'000);
  const auto whole = crc32c(data);
  for (std::size_t cut : {0u, 1u, 7u, 8u, 4'096u, 12'289u, 29'999u, 30'000u})
    EXPECT_EQ(crc32c(byte_view{data}.subspan(cut), crc32c(byte_view{data}.first(cut))), whole);
}

// The vectors of Kafka's own UtilsTest.
TEST(Murmur2, AgreesWithKafka) {
  EXPECT_EQ(murmur2("21"), -973932308);
  EXPECT_EQ(murmur2("foobar"), -790332482);
  EXPECT_EQ(murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(murmur2("abc"), 479470107);
}

TEST(Partitioner, StaysInRangeAndUsesEveryPartition) {
  std::array<int, 12> hits{};
  for (int i = 0; i < 12'000; ++i) {
    const auto chosen = value_of(partition_for_key("key-" + std::to_string(i), 12));
    ASSERT_GE(chosen, 0);
    ASSERT_LT(chosen, 12);
    ++hits[static_cast<std::size_t>(chosen)];
  }
  for (auto n : hits)
    EXPECT_NEAR(n, 1'000, 200);
}

TEST(Partitioner, ClearsTheSignBitInsteadOfTakingTheAbsoluteValue) {
  // murmur2("21") is negative: its absolute value would choose partition 8.
  EXPECT_EQ(value_of(partition_for_key("21", 10)), (-973932308 & 0x7fffffff) % 10);
  EXPECT_NE(value_of(partition_for_key("21", 10)), 8);
}

}  // namespace
}  // namespace troupe
