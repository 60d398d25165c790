#include "http/parse_v3_reader.hpp"

#include <charconv>

namespace troupe::http {

namespace {

const char* end_of(std::string_view text) { return text.data() + text.size(); }

std::string_view between(const char* first, const char* last) {
  return {first, static_cast<std::size_t>(last - first)};
}

std::optional<error> as_error(const json_scan& fault, std::string_view text) {
  if (fault.ok()) return std::nullopt;
  return error{errc::invalid_json, describe(fault, text)};
}

int hex_value(char c) {
  if (c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

/// The four digits at `p`, which the scan has seen.
unsigned hex4(const char* p) {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) value = value << 4 | static_cast<unsigned>(hex_value(p[i]));
  return value;
}

void append_utf8(std::string& out, unsigned code) {
  auto put = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

/// The escape "\uXXXX" whose digits begin at `p`, with its other half where it is the first of two.
/// Null for a half alone; else where to go on.
const char* append_unicode_escape(std::string& out, const char* p, const char* end) {
  unsigned code = hex4(p);
  p += 4;
  if (code >= 0xdc00 && code < 0xe000) return nullptr;
  if (code >= 0xd800 && code < 0xdc00) {
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return nullptr;
    const unsigned low = hex4(p + 2);
    if (low < 0xdc00 || low >= 0xe000) return nullptr;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    p += 6;
  }
  append_utf8(out, code);
  return p;
}

char plain_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

}  // namespace

// -- objects ------------------------------------------------------------------

json_object_reader::json_object_reader(std::string_view text)
    : text_(text), at_(skip_json_space(text.data(), end_of(text))) {
  if (at_ == end_of(text_) || *at_ != '{')
    stop(at_, "'{'");
  else
    ++at_;
}

bool json_object_reader::stop(const char* at, const char* expected) {
  fault_ = {at, expected};
  at_ = nullptr;
  return false;
}

bool json_object_reader::read_name() {
  if (at_ == end_of(text_) || *at_ != '"') return stop(at_, "a field name in quotes");
  const auto name = scan_json_string(at_, end_of(text_));
  if (!name.ok()) return stop(name.at, name.expected);
  const auto quoted = between(at_, name.at);
  name_ = quoted.substr(1, quoted.size() - 2);
  if (!is_plain_json_string(quoted)) {
    unescaped_name_ = unescape_json_string(quoted).value_or(std::string{name_});
    name_ = unescaped_name_;
  }
  at_ = skip_json_space(name.at, end_of(text_));
  if (at_ == end_of(text_) || *at_ != ':') return stop(at_, "':'");
  at_ = skip_json_space(at_ + 1, end_of(text_));
  return true;
}

bool json_object_reader::next() {
  if (at_ == nullptr) return false;
  const char* const end = end_of(text_);
  at_ = skip_json_space(at_, end);
  if (at_ != end && *at_ == '}') {
    const char* const behind = skip_json_space(at_ + 1, end);
    return stop(behind, behind == end ? nullptr : "the end");
  }
  if (!first_) {
    if (at_ == end || *at_ != ',') return stop(at_, "',' or '}'");
    at_ = skip_json_space(at_ + 1, end);
  }
  first_ = false;
  if (!read_name()) return false;
  const auto value = scan_json_value(at_, end);
  if (!value.ok()) return stop(value.at, value.expected);
  value_ = between(at_, value.at);
  at_ = value.at;
  return true;
}

std::optional<error> json_object_reader::fault() const { return as_error(fault_, text_); }

// -- arrays -------------------------------------------------------------------

json_array_reader::json_array_reader(std::string_view text)
    : text_(text), at_(skip_json_space(text.data(), end_of(text))) {
  if (at_ == end_of(text_) || *at_ != '[')
    stop(at_, "'['");
  else
    ++at_;
}

bool json_array_reader::stop(const char* at, const char* expected) {
  fault_ = {at, expected};
  at_ = nullptr;
  return false;
}

bool json_array_reader::next() {
  if (at_ == nullptr) return false;
  const char* const end = end_of(text_);
  at_ = skip_json_space(at_, end);
  if (at_ != end && *at_ == ']' ) {
    const char* const behind = skip_json_space(at_ + 1, end);
    return stop(behind, behind == end ? nullptr : "the end");
  }
  if (!first_) {
    if (at_ == end || *at_ != ',') return stop(at_, "',' or ']'");
    at_ = skip_json_space(at_ + 1, end);
  }
  first_ = false;
  const auto value = scan_json_value(at_, end);
  if (!value.ok()) return stop(value.at, value.expected);
  value_ = between(at_, value.at);
  at_ = value.at;
  return true;
}

std::optional<error> json_array_reader::fault() const { return as_error(fault_, text_); }

// -- values -------------------------------------------------------------------

std::optional<std::int64_t> json_integer(std::string_view value) {
  std::int64_t out = 0;
  const auto read = std::from_chars(value.data(), end_of(value), out);
  if (read.ec != std::errc{} || read.ptr != end_of(value)) return std::nullopt;
  return out;
}

bool is_plain_json_string(std::string_view value) {
  return value.find('\\') == std::string_view::npos;
}

std::optional<std::string> unescape_json_string(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  const char* p = value.data() + 1;
  const char* const end = end_of(value) - 1;
  while (p != end) {
    const char* const special = find_json_special(p, end);
    out.append(p, special);
    p = special;
    if (p == end) break;
    const char kind = p[1];
    p += 2;
    if (kind != 'u') {
      out += plain_escape(kind);
    } else {
      p = append_unicode_escape(out, p, end);
      if (p == nullptr) return std::nullopt;
    }
  }
  return out;
}

}  // namespace troupe::http
