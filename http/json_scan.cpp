#include "http/json_scan.hpp"

#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace troupe::http {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

const char* skip_digits(const char* p, const char* end) {
  while (p != end && is_digit(*p))
    ++p;
  return p;
}

/// What follows a backslash at `p`.
json_scan scan_escape(const char* p, const char* end) {
  if (p == end)
    return {p, "an escape"};
  if (*p != 'u') {
    bool known = std::strchr("\"\\/bfnrt", *p) != nullptr && *p != '\0';
    return known ? json_scan{p + 1} : json_scan{p, "one of \"\\/bfnrtu after a backslash"};
  }
  ++p;
  for (int i = 0; i < 4; ++i, ++p)
    if (p == end || !is_hex(*p))
      return {p, "four hexadecimal digits after \\u"};
  return {p};
}

json_scan scan_word(const char* p, const char* end, std::string_view word) {
  std::string_view rest{p, static_cast<std::size_t>(end - p)};
  if (rest.starts_with(word))
    return {p + word.size()};
  return {p, "a value"};
}

json_scan scan_scalar(const char* p, const char* end) {
  switch (*p) {
    case '"': return scan_json_string(p, end);
    case 't': return scan_word(p, end, "true");
    case 'f': return scan_word(p, end, "false");
    case 'n': return scan_word(p, end, "null");
    default: return scan_json_number(p, end);
  }
}

/// A field's name and its colon.
json_scan scan_name(const char* p, const char* end) {
  p = skip_json_space(p, end);
  if (p == end || *p != '"')
    return {p, "a field name in quotes"};
  json_scan name = scan_json_string(p, end);
  if (!name.ok())
    return name;
  p = skip_json_space(name.at, end);
  if (p == end || *p != ':')
    return {p, "':'"};
  return {p + 1};
}

}  // namespace

json_scan scan_json_string(const char* p, const char* end) {
  ++p;
  for (;;) {
    p = find_json_special(p, end);
    if (p == end)
      return {p, "the closing quote of a string"};
    if (*p == '"')
      return {p + 1};
    if (*p != '\\')
      return {p, "no raw control character in a string"};
    json_scan escape = scan_escape(p + 1, end);
    if (!escape.ok())
      return escape;
    p = escape.at;
  }
}

json_scan scan_json_number(const char* p, const char* end) {
  const char* first = p;
  if (*p == '-')
    ++p;
  if (p == end || !is_digit(*p))
    return {p, p == first ? "a value" : "a digit"};
  p = *p == '0' ? p + 1 : skip_digits(p, end);
  if (p != end && *p == '.') {
    if (++p == end || !is_digit(*p))
      return {p, "a digit"};
    p = skip_digits(p, end);
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-'))
      ++p;
    if (p == end || !is_digit(*p))
      return {p, "a digit"};
    p = skip_digits(p, end);
  }
  return {p};
}

json_scan scan_json_value(const char* p, const char* end) {
  static_assert(limits::json_depth_max <= 64);
  std::uint64_t objects = 0;  // bit 0: the innermost open bracket is '{'; then outwards
  std::size_t depth = 0;
  for (;;) {
    // A value is due.
    p = skip_json_space(p, end);
    if (p == end)
      return {p, "a value"};
    if (*p == '{' || *p == '[') {
      if (depth == limits::json_depth_max)
        return {p, "no deeper nesting"};
      bool object = *p == '{';
      p = skip_json_space(p + 1, end);
      bool empty = p != end && *p == (object ? '}' : ']');
      if (!empty) {
        objects = objects << 1 | static_cast<std::uint64_t>(object);
        ++depth;
        json_scan name = object ? scan_name(p, end) : json_scan{p};
        if (!name.ok())
          return name;
        p = name.at;
        continue;
      }
      ++p;
    } else {
      json_scan scalar = scan_scalar(p, end);
      if (!scalar.ok())
        return scalar;
      p = scalar.at;
    }
    // A value is complete, and perhaps those around it.
    while (depth != 0) {
      bool object = (objects & 1) != 0;
      p = skip_json_space(p, end);
      if (p != end && *p == ',') {
        json_scan name = object ? scan_name(p + 1, end) : json_scan{p + 1};
        if (!name.ok())
          return name;
        p = name.at;
        break;
      }
      if (p == end || *p != (object ? '}' : ']'))
        return {p, object ? "',' or '}'" : "',' or ']'"};
      ++p;
      objects >>= 1;
      --depth;
      if (depth == 0)
        return {p};
    }
    if (depth == 0)
      return {p};
  }
}

std::string json_position(std::string_view text, const char* at) {
  std::string_view before = text.substr(0, static_cast<std::size_t>(at - text.data()));
  auto line = std::count(before.begin(), before.end(), '\n') + 1;
  // npos + 1 is 0: the first line begins at the beginning.
  std::string_view row = before.substr(before.rfind('\n') + 1);
  auto column =
      std::count_if(row.begin(), row.end(), [](char c) { return (c & 0xc0) != 0x80; }) + 1;
  return fmt::format("line {}, column {}", line, column);
}

std::string describe(const json_scan& fault, std::string_view text) {
  std::string found = "the end";
  if (fault.at != text.data() + text.size()) {
    auto c = static_cast<unsigned char>(*fault.at);
    found = c > 0x20 && c < 0x7f ? fmt::format("'{}'", *fault.at) : fmt::format("byte 0x{:02x}", c);
  }
  std::string place = json_position(text, fault.at);
  place[0] = 'L';
  return fmt::format("{}: expected {} but found {}.", place, fault.expected, found);
}

}  // namespace troupe::http
