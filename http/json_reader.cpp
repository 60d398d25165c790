#include "http/json_reader.hpp"

#include "http/record_format.hpp"
#include "runtime/base/assert.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::http {

namespace {

/// The end of the character at or after `at`, or of the text.
std::size_t next_boundary(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] & 0xc0) == 0x80)
    ++at;
  return at;
}

/// The first character that is not valid UTF-8. REQUIRES that there is one.
const char* find_invalid_utf8(std::string_view text) {
  // Big steps while they are valid, then small ones: a text of megabytes must not hold up a loop.
  std::size_t good = 0;
  for (std::size_t step : {std::size_t{4096}, std::size_t{64}, std::size_t{1}}) {
    for (;;) {
      std::size_t next = next_boundary(text, good + step);
      if (good >= text.size() || !is_valid_utf8(text.substr(good, next - good)))
        break;
      good = next;
    }
  }
  return text.data() + good;
}

}  // namespace

std::string_view describe(json_kind x) {
  switch (x) {
    case json_kind::object: return "an object";
    case json_kind::array: return "an array";
    case json_kind::string: return "a string";
    case json_kind::number: return "a number";
    case json_kind::boolean: return "a boolean";
    case json_kind::null: return "null";
    case json_kind::none: break;
  }
  return "nothing";
}

json_reader::json_reader(std::string_view text, std::string_view root)
    : text_(text), root_(root), p_(text.data()), end_(text.data() + text.size()) {
  if (is_valid_utf8(text))
    return;
  std::string place = json_position(text, find_invalid_utf8(text));
  place[0] = 'L';
  failed_ = true;
  failure_ = {errc::invalid_json, place + ": the text is not valid UTF-8."};
}

json_kind json_reader::peek() {
  if (failed_)
    return json_kind::none;
  p_ = skip_json_space(p_, end_);
  if (p_ == end_)
    return json_kind::none;
  switch (*p_) {
    case '{': return json_kind::object;
    case '[': return json_kind::array;
    case '"': return json_kind::string;
    case 't':
    case 'f': return json_kind::boolean;
    case 'n': return json_kind::null;
    default: return *p_ == '-' || (*p_ >= '0' && *p_ <= '9') ? json_kind::number : json_kind::none;
  }
}

bool json_reader::enter(bool array) {
  auto wanted = array ? json_kind::array : json_kind::object;
  if (peek() != wanted)
    return fail_type(describe(wanted));
  troupe_assert(depth_ < frames_.size(), "at {}", path());
  frames_[depth_++] = {{}, 0, 0, array, false};
  ++p_;
  return true;
}

bool json_reader::enter_object() { return enter(false); }
bool json_reader::enter_array() { return enter(true); }

/// To the begin of the next member; false when the container ends here (and is left).
bool json_reader::next_member(char close) {
  if (failed_)
    return false;
  p_ = skip_json_space(p_, end_);
  if (p_ != end_ && *p_ == close) {
    ++p_;
    --depth_;
    return false;
  }
  if (!top().begun)
    return top().begun = true;
  if (p_ == end_ || *p_ != ',')
    return accept({p_, close == '}' ? "',' or '}'" : "',' or ']'"});
  p_ = skip_json_space(p_ + 1, end_);
  return true;
}

bool json_reader::next_element() {
  bool first = depth_ != 0 && !top().begun;
  if (!next_member(']'))
    return false;
  if (!first)
    ++top().index;
  return true;
}

bool json_reader::read_name(std::string_view& name) {
  if (p_ == end_ || *p_ != '"')
    return accept({p_, "a field name in quotes"});
  json_string raw;
  if (!read_string(raw))
    return false;
  p_ = skip_json_space(p_, end_);
  if (p_ == end_ || *p_ != ':')
    return accept({p_, "':'"});
  ++p_;
  name = raw.raw;
  if (!raw.escaped)
    return true;
  name_.resize(raw.raw.size());
  auto size = unescape_json(name_.data(), raw.raw);
  if (!size)
    return fail("has a field name with half a surrogate pair.");
  name_.resize(*size);
  name = name_;
  return true;
}

int json_reader::next_field(std::span<const std::string_view> known) {
  if (failed_ || !next_member('}'))
    return -1;
  top().field = {};
  std::string_view name;
  if (!read_name(name))
    return -1;
  auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) {
    std::string list;
    for (auto each : known)
      list.append(list.empty() ? "" : ", ").append(each);
    std::string shown{name.substr(0, 64)};
    // A cut in the midst of a character must not make the answer invalid.
    while (!is_valid_utf8(shown))
      shown.pop_back();
    fail(fmt::format("has an unknown field '{}'; known are {}.", shown, list));
    return -1;
  }
  auto which = found - known.begin();
  if ((top().seen >> which & 1) != 0) {
    fail(fmt::format("has the field '{}' twice.", *found));
    return -1;
  }
  top().seen |= 1u << which;
  top().field = *found;
  return static_cast<int>(which);
}

bool json_reader::skip_null() {
  if (peek() != json_kind::null)
    return false;
  return accept(scan_json_value(p_, end_));
}

bool json_reader::read_raw(std::string_view& into) {
  if (failed_)
    return false;
  const char* first = p_ = skip_json_space(p_, end_);
  if (!accept(scan_json_value(p_, end_)))
    return false;
  into = {first, static_cast<std::size_t>(p_ - first)};
  return true;
}

bool json_reader::read_string(json_string& into) {
  if (peek() != json_kind::string)
    return fail_type("a string");
  const char* first = p_ + 1;
  const char* special = find_json_special(first, end_);
  into.escaped = special != end_ && *special != '"';
  if (!into.escaped && special != end_)
    p_ = special + 1;
  else if (!accept(scan_json_string(p_, end_)))
    return false;
  into.raw = {first, static_cast<std::size_t>(p_ - 1 - first)};
  return true;
}

bool json_reader::read_string(std::string& into) {
  json_string found;
  if (!read_string(found))
    return false;
  into.resize(found.raw.size());
  auto size = unescape_json(into.data(), found.raw);
  if (!size)
    return fail("holds half a surrogate pair, which is not a character.");
  into.resize(*size);
  return true;
}

bool json_reader::read_integer(std::int64_t& into, std::int64_t min, std::int64_t max) {
  std::string wanted = "an integer";
  if (peek() != json_kind::number)
    return fail_type(wanted);
  const char* first = p_;
  if (!accept(scan_json_number(p_, end_)))
    return false;
  auto [at, fault] = std::from_chars(first, p_, into);
  if (at != p_ && fault != std::errc::result_out_of_range)
    return fail("must be an integer.");
  if (at == p_ && fault == std::errc{} && into >= min && into <= max)
    return true;
  return fail(fmt::format("must be an integer between {} and {}.", min, max));
}

bool json_reader::read_boolean(bool& into) {
  if (peek() != json_kind::boolean)
    return fail_type("a boolean");
  into = *p_ == 't';
  return accept(scan_json_value(p_, end_));
}

bool json_reader::finish() {
  if (failed_)
    return false;
  p_ = skip_json_space(p_, end_);
  return p_ == end_ || accept({p_, "the end of the text"});
}

bool json_reader::accept(const json_scan& scan) {
  if (failed_)
    return false;
  p_ = scan.at;
  if (scan.ok())
    return true;
  failed_ = true;
  failure_ = {errc::invalid_json, describe(scan, text_)};
  return false;
}

bool json_reader::fail_type(std::string_view wanted) {
  if (failed_)
    return false;
  json_kind found = peek();
  // What is no value at all is a matter of grammar, not of shape.
  if (found == json_kind::none)
    return accept({p_, "a value"});
  return fail(fmt::format("must be {}, not {}.", wanted, describe(found)));
}

bool json_reader::fail(std::string_view what) {
  if (failed_)
    return false;
  failed_ = true;
  failure_ = {errc::invalid_payload, fmt::format("{} {}", path(), what)};
  return false;
}

std::string json_reader::path() const {
  // An array at the top has no field to be called by.
  std::string out{depth_ != 0 && frames_[0].array ? root_ : ""};
  for (std::size_t i = 0; i < depth_; ++i) {
    const frame& x = frames_[i];
    if (x.array && x.begun)
      out += fmt::format("[{}]", x.index);
    else if (!x.array && !x.field.empty())
      out.append(out.empty() ? "" : ".").append(x.field);
  }
  return out.empty() ? std::string{root_} : out;
}

}  // namespace troupe::http
