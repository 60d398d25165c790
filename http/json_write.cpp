// Pieces of JSON, declared in record_format.hpp.
#include "http/base64.hpp"
#include "http/json_scan.hpp"
#include "http/record_format.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>

namespace troupe::http {

namespace {

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  out += "\\u00";
  out += hex[static_cast<unsigned char>(c) >> 4];
  out += hex[static_cast<unsigned char>(c) & 15];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  const char* p = text.data();
  const char* end = p + text.size();
  for (;;) {
    const char* special = find_json_special(p, end);
    out.append(p, special);
    if (special == end)
      break;
    append_escape(out, *special);
    p = special + 1;
  }
  out += '"';
}

void append_error_message(std::string& out, errc code, std::string_view message) {
  if (!is_valid_utf8(message))
    message = info_of(code).meaning;
  if (message.empty() || message.ends_with('.'))
    return append_json_string(out, message);
  std::string sentence{message};
  if (sentence[0] >= 'a' && sentence[0] <= 'z')
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  append_json_string(out, sentence += '.');
}

void append_json_number(std::string& out, std::int64_t value) {
  std::array<char, 24> digits;
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_json_base64(std::string& out, std::string_view data) {
  std::size_t old = out.size();
  out.resize(old + base64_encoded_size(data.size()) + 2);
  out[old] = '"';
  encode_base64_to(out.data() + old + 1, data);
  out.back() = '"';
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out(base64_decoded_bound(text.size()), '\0');
  auto size = decode_base64_to(out.data(), text);
  if (!size)
    return std::nullopt;
  out.resize(*size);
  return out;
}

bool is_valid_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

bool is_valid_json(std::string_view text) {
  const char* end = text.data() + text.size();
  json_scan value = scan_json_value(text.data(), end);
  return value.ok() && skip_json_space(value.at, end) == end && is_valid_utf8(text);
}

}  // namespace troupe::http
