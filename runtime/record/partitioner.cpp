#include "runtime/record/partitioner.hpp"

#include "runtime/base/assert.hpp"

#include <bit>
#include <cstring>

namespace troupe {

namespace {

std::uint32_t load_le32(const char* at) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big)
    word = __builtin_bswap32(word);
  return word;
}

}  // namespace

std::int32_t murmur2(std::string_view data) {
  constexpr std::uint32_t seed = 0x9747b28c;
  constexpr std::uint32_t m = 0x5bd1e995;
  constexpr int r = 24;

  auto h = seed ^ static_cast<std::uint32_t>(data.size());
  const auto* at = data.data();
  const auto* end = at + data.size();
  for (; end - at >= 4; at += 4) {
    auto k = load_le32(at) * m;
    k = (k ^ (k >> r)) * m;
    h = (h * m) ^ k;
  }
  std::uint32_t tail = 0;
  for (int shift = 0; at != end; ++at, shift += 8)
    tail |= std::uint32_t{static_cast<std::uint8_t>(*at)} << shift;
  if (data.size() % 4 != 0)
    h = (h ^ tail) * m;
  h = (h ^ (h >> 13)) * m;
  return static_cast<std::int32_t>(h ^ (h >> 15));
}

partition_id partition_for_key(std::string_view key, std::int32_t partitions) {
  troupe_assert(partitions > 0, "partitions {}", partitions);
  // Clearing the sign bit, as Kafka does; the absolute value would choose other partitions.
  return partition_id{(murmur2(key) & 0x7fffffff) % partitions};
}

}  // namespace troupe
