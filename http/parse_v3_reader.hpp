// Walks through JSON one level at a time, over the grammar of json_scan: what is read is checked on
// the way, and values are handed out as the bytes they were sent as.
#pragma once

#include "http/json_scan.hpp"
#include "runtime/base/errors.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

/// The fields of an object, in order. `text` is one value without space around it, as a
/// json_reader hands it out or the whole text; it must outlive the views given out.
class json_object_reader {
 public:
  explicit json_object_reader(std::string_view text);

  /// The next field in name() and value(). False behind the last one or at a fault.
  bool next();
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }
  /// REQUIRES next() to have returned false. invalid_json with the place in `text`, if the text is
  /// not an object or not JSON.
  std::optional<error> fault() const;

 private:
  bool stop(const char* at, const char* expected);
  bool read_name();

  std::string_view text_;
  const char* at_;
  json_scan fault_;
  std::string_view name_;
  std::string_view value_;
  std::string unescaped_name_;
  bool first_ = true;
};

/// The items of an array, likewise.
class json_array_reader {
 public:
  explicit json_array_reader(std::string_view text);

  bool next();
  std::string_view value() const { return value_; }
  std::optional<error> fault() const;

 private:
  bool stop(const char* at, const char* expected);

  std::string_view text_;
  const char* at_;
  json_scan fault_;
  std::string_view value_;
  bool first_ = true;
};

// -- values, as the readers hand them out -------------------------------------

inline bool is_json_object(std::string_view value) { return value.front() == '{'; }
inline bool is_json_array(std::string_view value) { return value.front() == '['; }
inline bool is_json_string(std::string_view value) { return value.front() == '"'; }
inline bool is_json_null(std::string_view value) { return value == "null"; }
/// A whole number without point or exponent that fits 64 bits, or nothing.
std::optional<std::int64_t> json_integer(std::string_view value);
/// REQUIRES is_json_string(value): whether its characters stand there as they are.
bool is_plain_json_string(std::string_view value);
/// REQUIRES is_json_string(value): its characters; nothing where a surrogate stands alone.
std::optional<std::string> unescape_json_string(std::string_view value);

}  // namespace troupe::http
