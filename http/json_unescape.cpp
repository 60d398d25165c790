// The escapes of JSON strings, declared in json_reader.hpp.
#include "http/json_reader.hpp"

#include <cstring>

namespace troupe::http {

namespace {

std::uint32_t hex_digit(char c) {
  if (c <= '9')
    return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
}

/// The four digits at `p`.
std::uint32_t code_unit(const char* p) {
  return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 | hex_digit(p[3]);
}

bool is_high_surrogate(std::uint32_t x) { return x >= 0xd800 && x < 0xdc00; }
bool is_low_surrogate(std::uint32_t x) { return x >= 0xdc00 && x < 0xe000; }

char* put_utf8(char* out, std::uint32_t x) {
  auto tail = [x](int shift) { return static_cast<char>(0x80 | (x >> shift & 0x3f)); };
  if (x < 0x80) {
    *out++ = static_cast<char>(x);
  } else if (x < 0x800) {
    *out++ = static_cast<char>(0xc0 | x >> 6);
    *out++ = tail(0);
  } else if (x < 0x10000) {
    *out++ = static_cast<char>(0xe0 | x >> 12);
    *out++ = tail(6);
    *out++ = tail(0);
  } else {
    *out++ = static_cast<char>(0xf0 | x >> 18);
    *out++ = tail(12);
    *out++ = tail(6);
    *out++ = tail(0);
  }
  return out;
}

char plain_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;  // a quote, a slash or a backslash stands for itself
  }
}

/// One or two \u escapes whose first digits are at `p`; null when they make no character.
const char* take_unicode(const char* p, const char* end, std::uint32_t& character) {
  character = code_unit(p);
  p += 4;
  if (is_low_surrogate(character))
    return nullptr;
  if (!is_high_surrogate(character))
    return p;
  if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
    return nullptr;
  std::uint32_t low = code_unit(p + 2);
  if (!is_low_surrogate(low))
    return nullptr;
  character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
  return p + 6;
}

}  // namespace

std::optional<std::size_t> unescape_json(char* out, std::string_view raw) {
  const char* first = out;
  const char* p = raw.data();
  const char* end = p + raw.size();
  for (;;) {
    const char* special = find_json_special(p, end);
    auto plain = static_cast<std::size_t>(special - p);
    if (plain != 0)
      std::memcpy(out, p, plain);
    out += plain;
    if (special == end)
      return static_cast<std::size_t>(out - first);
    p = special + 2;
    if (special[1] != 'u') {
      *out++ = plain_escape(special[1]);
      continue;
    }
    std::uint32_t character = 0;
    p = take_unicode(p, end, character);
    if (p == nullptr)
      return std::nullopt;
    out = put_utf8(out, character);
  }
}

// -- one spelling -------------------------------------------------------------

namespace {

/// A character as it stands in a string that escapes only what it must.
char* put_character(char* out, std::uint32_t x) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view shortened = "\b\t\n\f\r\"\\";
  constexpr std::string_view letters = "btnfr\"\\";
  if (x >= 0x80)
    return put_utf8(out, x);
  auto c = static_cast<char>(x);
  if (auto at = shortened.find(c); at != std::string_view::npos) {
    *out++ = '\\';
    *out++ = letters[at];
  } else if (x < 0x20) {
    for (char each : {'\\', 'u', '0', '0', hex[x >> 4], hex[x & 15]})
      *out++ = each;
  } else {
    *out++ = c;
  }
  return out;
}

/// The escape at `p`, behind its backslash; returns what follows it.
const char* rewrite_escape(const char* p, const char* end, char*& out) {
  if (*p != 'u') {
    out = put_character(out, static_cast<unsigned char>(plain_escape(*p)));
    return p + 1;
  }
  std::uint32_t character = 0;
  if (const char* next = take_unicode(p + 1, end, character)) {
    out = put_character(out, character);
    return next;
  }
  // Half a surrogate pair has no other spelling.
  std::memcpy(out, p - 1, 6);
  out += 6;
  return p + 5;
}

}  // namespace

bool is_compact_json(std::string_view json) {
  if (json.find('\\') != std::string_view::npos)
    return false;
  return json.starts_with('"') || json.find_first_of(" \t\r\n") == std::string_view::npos;
}

std::size_t compact_json(char* out, std::string_view json) {
  const char* first = out;
  const char* p = json.data();
  const char* end = p + json.size();
  bool in_string = false;
  while (p != end) {
    char c = *p++;
    if (in_string && c == '\\') {
      p = rewrite_escape(p, end, out);
      continue;
    }
    if (c == '"')
      in_string = !in_string;
    if (in_string || (c != ' ' && c != '\t' && c != '\r' && c != '\n'))
      *out++ = c;
  }
  return static_cast<std::size_t>(out - first);
}

}  // namespace troupe::http
