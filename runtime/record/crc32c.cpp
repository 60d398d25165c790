#include "runtime/record/crc32c.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace troupe {

namespace {

// The polynomial with its bits reversed: bit 31 stands for x^0.
constexpr std::uint32_t polynomial = 0x82F63B78u;

constexpr std::uint32_t times_x(std::uint32_t a) {
  return (a & 1) != 0 ? (a >> 1) ^ polynomial : a >> 1;
}

// slices[k][b]: the CRC of byte b followed by k zero bytes.
constexpr auto slices = [] {
  std::array<std::array<std::uint32_t, 256>, 8> table{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    auto crc = b;
    for (int bit = 0; bit < 8; ++bit)
      crc = times_x(crc);
    table[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t b = 0; b < 256; ++b)
      table[k][b] = (table[k - 1][b] >> 8) ^ table[0][table[k - 1][b] & 0xFF];
  return table;
}();

std::uint64_t load_le(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big)
    word = __builtin_bswap64(word);
  return word;
}

#if defined(__SSE4_2__)

// One crc32 instruction starts per cycle but takes three, so three lanes run at once. Their CRCs
// are joined by moving a register over the zero bytes of a lane: a multiplication by
// x^(8 * lane bytes), looked up byte by byte.
using shift_table = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0)
      product ^= b;
    b = times_x(b);
  }
  return product;
}

constexpr shift_table make_shift_table(std::size_t lane_bytes) {
  auto power = 1u << 31;
  auto square = 1u << 30;
  for (auto n = lane_bytes * 8; n != 0; n >>= 1) {
    if ((n & 1) != 0)
      power = multiply(power, square);
    square = multiply(square, square);
  }
  shift_table table{};
  for (std::size_t k = 0; k < 4; ++k)
    for (std::uint32_t b = 0; b < 256; ++b)
      table[k][b] = multiply(power, b << (8 * k));
  return table;
}

constexpr std::size_t long_lane = 4096;
constexpr std::size_t short_lane = 256;
constexpr auto long_shift = make_shift_table(long_lane);
constexpr auto short_shift = make_shift_table(short_lane);

std::uint64_t shifted(const shift_table& by, std::uint64_t crc) {
  return by[0][crc & 0xFF] ^ by[1][(crc >> 8) & 0xFF] ^ by[2][(crc >> 16) & 0xFF] ^
         by[3][(crc >> 24) & 0xFF];
}

template <std::size_t Lane>
std::uint64_t three_lanes(const char*& at, const char* end, std::uint64_t crc,
                          const shift_table& shift) {
  while (static_cast<std::size_t>(end - at) >= 3 * Lane) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (const auto* stop = at + Lane; at != stop; at += 8) {
      crc = _mm_crc32_u64(crc, load_le(at));
      second = _mm_crc32_u64(second, load_le(at + Lane));
      third = _mm_crc32_u64(third, load_le(at + 2 * Lane));
    }
    crc = shifted(shift, crc) ^ second;
    crc = shifted(shift, crc) ^ third;
    at += 2 * Lane;
  }
  return crc;
}

#endif

}  // namespace

std::uint32_t crc32c_portable(byte_view data, std::uint32_t crc) {
  crc = ~crc;
  const auto* at = data.data();
  const auto* end = at + data.size();
  for (; end - at >= 8; at += 8) {
    const auto word = load_le(at) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k)
      crc ^= slices[7 - k][(word >> (8 * k)) & 0xFF];
  }
  for (; at != end; ++at)
    crc = (crc >> 8) ^ slices[0][(crc ^ static_cast<std::uint8_t>(*at)) & 0xFF];
  return ~crc;
}

#if defined(__SSE4_2__)

std::uint32_t crc32c(byte_view data, std::uint32_t crc) {
  const auto* at = data.data();
  const auto* end = at + data.size();
  std::uint64_t state = static_cast<std::uint32_t>(~crc);
  state = three_lanes<long_lane>(at, end, state, long_shift);
  state = three_lanes<short_lane>(at, end, state, short_shift);
  for (; end - at >= 8; at += 8)
    state = _mm_crc32_u64(state, load_le(at));
  auto last = static_cast<std::uint32_t>(state);
  for (; at != end; ++at)
    last = _mm_crc32_u8(last, static_cast<std::uint8_t>(*at));
  return ~last;
}

#else

std::uint32_t crc32c(byte_view data, std::uint32_t crc) { return crc32c_portable(data, crc); }

#endif

}  // namespace troupe
