// Fixed-width integers in network byte order, at any alignment.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <type_traits>

namespace troupe {

namespace detail {

template <std::integral T>
constexpr T byte_swapped(T x) {
  using raw = std::make_unsigned_t<T>;
  if constexpr (sizeof(T) == 1)
    return x;
  else if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<raw>(x)));
  else if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<raw>(x)));
  else
    return static_cast<T>(__builtin_bswap64(static_cast<raw>(x)));
}

}  // namespace detail

/// REQUIRES sizeof(T) readable bytes at `from`.
template <std::integral T>
T load_be(const char* from) {
  T raw;
  std::memcpy(&raw, from, sizeof raw);
  return std::endian::native == std::endian::little ? detail::byte_swapped(raw) : raw;
}

/// REQUIRES sizeof(T) writable bytes at `to`. Returns the place behind them.
template <std::integral T>
char* store_be(char* to, T x) {
  const T raw = std::endian::native == std::endian::little ? detail::byte_swapped(x) : x;
  std::memcpy(to, &raw, sizeof raw);
  return to + sizeof raw;
}

}  // namespace troupe
