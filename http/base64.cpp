#include "http/base64.hpp"

#include <array>
#include <cstdint>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

namespace troupe::http {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}
constexpr auto digits = make_digits();

std::uint32_t byte_at(const char* p) { return static_cast<unsigned char>(*p); }
std::uint32_t digit_at(const char* p) { return digits[static_cast<unsigned char>(*p)]; }

#if defined(__SSSE3__)

/// 12 bytes (16 are read) to 16 characters.
__m128i encode_block(__m128i bytes) {
  // Each 32-bit lane gets bytes b a c b of its group, so that two multiplications move all four
  // digits to their places.
  const __m128i spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  __m128i x = _mm_shuffle_epi8(bytes, spread);
  __m128i even =
      _mm_mulhi_epu16(_mm_and_si128(x, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
  __m128i odd =
      _mm_mullo_epi16(_mm_and_si128(x, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
  __m128i digit = _mm_or_si128(even, odd);
  // Row of the table: 0 for a-z, 1..10 for 0-9, 11 for +, 12 for /, 13 for A-Z.
  __m128i row = _mm_subs_epu8(digit, _mm_set1_epi8(51));
  __m128i upper = _mm_cmpgt_epi8(_mm_set1_epi8(26), digit);
  row = _mm_or_si128(row, _mm_and_si128(upper, _mm_set1_epi8(13)));
  const __m128i shift =
      _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                    '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
  return _mm_add_epi8(digit, _mm_shuffle_epi8(shift, row));
}

__m128i in_range(__m128i x, char first, char last) {
  return _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8(static_cast<char>(first - 1))),
                       _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(last + 1)), x));
}

/// 16 characters to 12 bytes (16 are written); false when one is no digit.
bool decode_block(const char* in, char* out) {
  __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
  __m128i upper = in_range(x, 'A', 'Z');
  __m128i lower = in_range(x, 'a', 'z');
  __m128i number = in_range(x, '0', '9');
  __m128i plus = _mm_cmpeq_epi8(x, _mm_set1_epi8('+'));
  __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('/'));
  __m128i letters = _mm_or_si128(upper, lower);
  __m128i known = _mm_or_si128(_mm_or_si128(letters, number), _mm_or_si128(plus, slash));
  if (_mm_movemask_epi8(known) != 0xffff)
    return false;
  __m128i shift = _mm_and_si128(upper, _mm_set1_epi8(-'A'));
  shift = _mm_or_si128(shift, _mm_and_si128(lower, _mm_set1_epi8(26 - 'a')));
  shift = _mm_or_si128(shift, _mm_and_si128(number, _mm_set1_epi8(52 - '0')));
  shift = _mm_or_si128(shift, _mm_and_si128(plus, _mm_set1_epi8(62 - '+')));
  shift = _mm_or_si128(shift, _mm_and_si128(slash, _mm_set1_epi8(63 - '/')));
  __m128i digit = _mm_add_epi8(x, shift);
  // Digits to pairs of 12 bits, pairs to groups of 24, groups to bytes in order.
  __m128i pairs = _mm_maddubs_epi16(digit, _mm_set1_epi32(0x01400140));
  __m128i groups = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));
  const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(groups, order));
  return true;
}

#endif

/// Removes the padding, or nothing when there is any in a wrong place.
std::optional<std::string_view> without_padding(std::string_view text) {
  if (!text.ends_with('='))
    return text.size() % 4 == 1 ? std::nullopt : std::optional{text};
  if (text.size() % 4 != 0)
    return std::nullopt;
  text.remove_suffix(1);
  if (text.ends_with('='))
    text.remove_suffix(1);
  return text;
}

}  // namespace

void encode_base64_to(char* out, std::string_view data) {
  const char* p = data.data();
  std::size_t left = data.size();
#if defined(__SSSE3__)
  for (; left >= 16; p += 12, left -= 12, out += 16) {
    __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), encode_block(block));
  }
#endif
  for (; left >= 3; p += 3, left -= 3, out += 4) {
    std::uint32_t group = byte_at(p) << 16 | byte_at(p + 1) << 8 | byte_at(p + 2);
    for (int i = 0; i < 4; ++i)
      out[i] = alphabet[group >> (18 - 6 * i) & 63];
  }
  if (left == 0)
    return;
  std::uint32_t group = byte_at(p) << 16 | (left == 2 ? byte_at(p + 1) << 8 : 0);
  out[0] = alphabet[group >> 18];
  out[1] = alphabet[group >> 12 & 63];
  out[2] = left == 2 ? alphabet[group >> 6 & 63] : '=';
  out[3] = '=';
}

std::optional<std::size_t> decode_base64_to(char* out, std::string_view text) {
  auto bare = without_padding(text);
  if (!bare)
    return std::nullopt;
  const char* first = out;
  const char* p = bare->data();
  std::size_t left = bare->size();
#if defined(__SSSE3__)
  // A block writes 16 bytes of which 12 count: the characters after it must own the other four.
  for (; left >= 24; p += 16, left -= 16, out += 12)
    if (!decode_block(p, out))
      return std::nullopt;
#endif
  auto put = [&out](std::uint32_t group, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      *out++ = static_cast<char>(group >> (16 - 8 * i));
  };
  for (; left >= 4; p += 4, left -= 4) {
    std::uint32_t a = digit_at(p), b = digit_at(p + 1), c = digit_at(p + 2), d = digit_at(p + 3);
    if ((a | b | c | d) == no_digit)
      return std::nullopt;
    put(a << 18 | b << 12 | c << 6 | d, 3);
  }
  if (left != 0) {
    std::uint32_t a = digit_at(p), b = digit_at(p + 1), c = left == 3 ? digit_at(p + 2) : 0;
    if ((a | b | c) == no_digit)
      return std::nullopt;
    std::uint32_t group = a << 18 | b << 12 | c << 6;
    if ((group & (left == 3 ? 0xffu : 0xffffu)) != 0)
      return std::nullopt;
    put(group, left - 1);
  }
  return static_cast<std::size_t>(out - first);
}

}  // namespace troupe::http
