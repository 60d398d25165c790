#include "runtime/record/compression.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/record/big_endian.hpp"
#include "tests/support/runtime/record_support.hpp"

#include <gtest/gtest.h>
#include <snappy.h>

namespace troupe {
namespace {

using namespace testing;

constexpr std::size_t no_cap = limits::decompressed_bytes_max;

class Codec : public ::testing::TestWithParam<codec> {
 protected:
  static bytes packed(byte_view data) {
    bytes out;
    compress(GetParam(), data, out);
    return out;
  }
  static bytes unpacked(byte_view data) { return decompress(GetParam(), data, no_cap).value(); }
  static errc outcome(byte_view data, std::size_t cap = no_cap) {
    const auto out = decompress(GetParam(), data, cap);
    return out ? errc::none : out.error().code;
  }
};

std::string name_of(const ::testing::TestParamInfo<codec>& info) {
  return std::string{to_string(info.param)};
}

INSTANTIATE_TEST_SUITE_P(, Codec,
                         ::testing::Values(codec::gzip, codec::snappy, codec::lz4, codec::zstd),
                         name_of);

bytes mixed_bytes(std::size_t size) {
  rng source{11};
  bytes data(size);
  for (std::size_t i = 0; i < size; ++i)
    data[i] = static_cast<char>((i / 1'000) % 2 == 0 ? source.next() : i / 100);
  return data;
}

TEST_P(Codec, EverySizeComesBack) {
  for (std::size_t size :
       {0u, 1u, 2u, 100u, 32'767u, 32'768u, 32'769u, 65'536u, 300'000u, 2'000'000u}) {
    const auto data = mixed_bytes(size);
    ASSERT_EQ(unpacked(packed(data)), data) << size;
  }
}

TEST_P(Codec, AppendsToWhatIsThere) {
  bytes out{'a', 'b'};
  compress(GetParam(), as_bytes("content"), out);
  EXPECT_EQ(out[0], 'a');
  EXPECT_EQ(out[1], 'b');
  EXPECT_EQ(as_text(unpacked(byte_view{out}.subspan(2))), "content");
}

TEST_P(Codec, EveryTruncationIsDamageOrLess) {
  const auto data = mixed_bytes(5'000);
  const auto whole = packed(data);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto out = decompress(GetParam(), byte_view{whole}.first(size), no_cap);
    ASSERT_TRUE(!out || out->size() < data.size()) << size;
    ASSERT_TRUE(out || out.error().code == errc::corrupt_batch) << size;
  }
}

TEST_P(Codec, EveryBitFlipEndsWithoutHarm) {
  const auto whole = packed(mixed_bytes(2'200));
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto data = whole;
      data[at] = static_cast<char>(data[at] ^ (1 << bit));
      const auto out = decompress(GetParam(), data, 1'000'000);
      ASSERT_TRUE(out || out.error().code == errc::corrupt_batch) << at << '.' << bit;
    }
}

TEST_P(Codec, CapIsExact) {
  const auto data = mixed_bytes(100'000);
  const auto whole = packed(data);
  EXPECT_EQ(outcome(whole, data.size()), errc::none);
  EXPECT_EQ(outcome(whole, data.size() - 1), errc::corrupt_batch);
  EXPECT_EQ(outcome(whole, 0), errc::corrupt_batch);
}

TEST_P(Codec, BombStopsAtTheCap) {
  const auto bomb = packed(bytes(40 * limits::MiB, '\0'));
  const auto out = decompress(GetParam(), bomb, 1 * limits::MiB);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, errc::corrupt_batch);
  EXPECT_NE(out.error().message.find("more than 1048576 bytes"), std::string::npos)
      << out.error().message;
}

TEST_P(Codec, GarbageIsDamage) {
  EXPECT_EQ(outcome(as_bytes("this was never compressed")), errc::corrupt_batch);
}

TEST(Compression, UnknownCodecIsRefused) {
  const auto out = decompress(static_cast<codec>(6), as_bytes("x"), no_cap);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, errc::unsupported_compression);
}

TEST(Compression, GzipMembersAreJoined) {
  bytes two;
  compress(codec::gzip, as_bytes("first "), two);
  compress(codec::gzip, as_bytes("second"), two);
  EXPECT_EQ(as_text(decompress(codec::gzip, two, no_cap).value()), "first second");
}

// As librdkafka sends it.
TEST(Compression, RawSnappyBlockIsRead) {
  const std::string text(5'000, 'q');
  std::string raw;
  snappy::Compress(text.data(), text.size(), &raw);
  EXPECT_EQ(as_text(decompress(codec::snappy, as_bytes(raw), no_cap).value()), text);
}

TEST(Compression, SnappyIsFramedAsJavaExpects) {
  bytes out;
  compress(codec::snappy, as_bytes("abc"), out);
  EXPECT_EQ(as_text(byte_view{out}.first(16)),
            (std::string_view{"\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16}));
  EXPECT_EQ(load_be<std::int32_t>(out.data() + 16), static_cast<std::int32_t>(out.size() - 20));
}

TEST(Compression, SnappyLengthThatCannotBeTrueAllocatesNothing) {
  // Claims 100 MiB in nine bytes.
  const auto out = decompress(codec::snappy, from_hex("80 80 80 32 00 61 62 63 64"), no_cap);
  ASSERT_FALSE(out);
  EXPECT_NE(out.error().message.find("more than it can hold"), std::string::npos);
}

TEST(Compression, Lz4BlocksAreIndependent) {
  bytes out;
  compress(codec::lz4, as_bytes(std::string(100, 'x')), out);
  // The flags follow the magic: version 01, block independence, nothing reserved.
  EXPECT_EQ(out[4] & 0xE2, 0x60);
}

TEST(Compression, BombInABatchIsCorrupt) {
  bytes bomb;
  compress(codec::zstd, bytes(limits::decompressed_bytes_max + 1, '\0'), bomb);
  constexpr std::size_t attributes_low_at = 22;
  const auto batch = forged(with_records(batch_of({plain("a")}), bomb), attributes_low_at, "\x04");
  ASSERT_TRUE(check_batch(batch));
  EXPECT_EQ(record_reader::open(batch).error().code, errc::corrupt_batch);
}

}  // namespace
}  // namespace troupe
