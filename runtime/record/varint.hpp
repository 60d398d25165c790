// The variable-length integers inside records: zig-zag, then seven bits per byte, lowest first,
// the top bit set on every byte but the last. Kafka calls them varint (32 bits) and varlong (64).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace troupe {

inline constexpr std::size_t varint_size_max = 5;
inline constexpr std::size_t varlong_size_max = 10;

constexpr std::uint64_t zigzag(std::int64_t x) {
  return (static_cast<std::uint64_t>(x) << 1) ^ static_cast<std::uint64_t>(x >> 63);
}

constexpr std::int64_t unzigzag(std::uint64_t x) {
  return static_cast<std::int64_t>(x >> 1) ^ -static_cast<std::int64_t>(x & 1);
}

/// Bytes that `x` takes.
constexpr std::size_t varint_size(std::int64_t x) {
  return (static_cast<std::size_t>(std::bit_width(zigzag(x) | 1)) + 6) / 7;
}

/// REQUIRES varint_size(x) writable bytes at `to`. Returns the place behind them.
inline char* put_varint(char* to, std::int64_t x) {
  auto rest = zigzag(x);
  while (rest >= 0x80) {
    *to++ = static_cast<char>(rest | 0x80);
    rest >>= 7;
  }
  *to++ = static_cast<char>(rest);
  return to;
}

namespace detail {

inline const char* get_long_varint(const char* at, const char* end, std::int64_t& into) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && at != end; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    // The tenth byte of a varlong has room for one bit.
    if (shift == 63 && byte > 1)
      return nullptr;
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) {
      into = unzigzag(value);
      return at;
    }
  }
  return nullptr;
}

}  // namespace detail

/// Reads one varlong from [at, end). Returns the place behind it, null when it is cut short or
/// does not fit 64 bits.
inline const char* get_varlong(const char* at, const char* end, std::int64_t& into) {
  if (at != end && static_cast<std::uint8_t>(*at) < 0x80) [[likely]] {
    into = unzigzag(static_cast<std::uint8_t>(*at));
    return at + 1;
  }
  return detail::get_long_varint(at, end, into);
}

/// The same for a varint: null also when the value does not fit 32 bits.
inline const char* get_varint(const char* at, const char* end, std::int32_t& into) {
  std::int64_t wide = 0;
  at = get_varlong(at, end, wide);
  if (at == nullptr || wide != static_cast<std::int32_t>(wide)) [[unlikely]]
    return nullptr;
  into = static_cast<std::int32_t>(wide);
  return at;
}

}  // namespace troupe
