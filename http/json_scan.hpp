// The grammar of JSON (RFC 8259), one pass, nothing built: finds where a value ends and whether it
// is one. Values travel through the gateway as the bytes a client sent, so nobody needs a tree,
// and numbers of any size and precision stay what they are.
#pragma once

#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace troupe::http {

/// Where a scan ended: behind what was read, or at the first byte that does not fit.
struct json_scan {
  const char* at = nullptr;
  const char* expected = nullptr;  ///< null: all is well; else what should have been at `at`

  bool ok() const { return expected == nullptr; }
};

/// One value that begins at `p` (space before it is skipped). Bytes above 0x7f pass unread: the
/// text's UTF-8 is checked as a whole. Nesting ends at limits::json_depth_max.
json_scan scan_json_value(const char* p, const char* end);
/// One string; REQUIRES *p == '"'.
json_scan scan_json_string(const char* p, const char* end);
/// One number; REQUIRES p < end.
json_scan scan_json_number(const char* p, const char* end);

inline const char* skip_json_space(const char* p, const char* end) {
  // Most places have none: one comparison says so.
  while (p != end && static_cast<unsigned char>(*p) <= ' ' &&
         (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    ++p;
  return p;
}

/// The first byte of [p, end) that cannot stand in a JSON string as it is: a quote, a backslash or
/// a control character. `end` when there is none.
inline const char* find_json_special(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  for (; end - p >= 16; p += 16) {
    __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, last_control), x);
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, backslash));
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(hit, control)));
    if (mask != 0)
      return p + __builtin_ctz(mask);
  }
#endif
  while (p != end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) > 0x1f)
    ++p;
  return p;
}

/// "line 3, column 14" of the byte at `at`, both from 1, columns in characters.
std::string json_position(std::string_view text, const char* at);
/// "Line 3, column 14: expected ',' or '}' but found 'x'."
std::string describe(const json_scan& fault, std::string_view text);

}  // namespace troupe::http
