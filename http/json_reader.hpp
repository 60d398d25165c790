// Reads a JSON text of a known shape, strictly: unknown and doubled fields, wrong types and numbers
// out of range are errors that name their path. Nothing is built; what the shape does not look
// into is handed out as the bytes that were sent.
//
//   constexpr auto fields = std::to_array<std::string_view>({"name", "count"});
//   json_reader in{body};
//   if (in.enter_object())
//     for (int field; (field = in.next_field(fields)) >= 0;)
//       field == 0 ? in.read_string(name) : in.read_integer(count, 1, 100);
//   if (!in.finish()) return in.failure();
#pragma once

#include "http/json_scan.hpp"
#include "runtime/base/errors.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace troupe::http {

enum class json_kind : std::uint8_t { none, object, array, string, number, boolean, null };

/// "an object", "a string", ..
std::string_view describe(json_kind x);

/// A string as it stands in the text, without its quotes.
struct json_string {
  std::string_view raw;
  bool escaped = false;  ///< `raw` holds backslashes; see unescape_json
};

/// Writes the characters of `raw` to `out`, which has room for raw.size(); returns their size.
/// Nothing when an escape names half a surrogate pair, which no UTF-8 can hold. REQUIRES what
/// scan_json_string accepted.
std::optional<std::size_t> unescape_json(char* out, std::string_view raw);

/// Whether compact_json would leave the text as it is; may say no of one it would.
bool is_compact_json(std::string_view json);
/// Writes a JSON value in the one spelling that serializers give it: no space outside strings, in
/// strings only the escapes that must be. Numbers and the order of fields stay. Returns the size,
/// which is never above that of `json`. REQUIRES valid JSON.
std::size_t compact_json(char* out, std::string_view json);

/// The first failure stays; after it every reading function returns false (next_field: -1). Views
/// handed out point into the text. Owned by one thread.
class json_reader {
 public:
  /// `root` names the text in errors.
  explicit json_reader(std::string_view text, std::string_view root = "The body");

  /// What comes next; none at the end, at what no value begins with, and after a failure.
  json_kind peek();

  bool enter_object();
  /// Moves to the next field and returns its place in `known` (at most 32 names), -1 after the last
  /// one, which leaves the object. A field that is not in `known` or comes twice is a failure.
  int next_field(std::span<const std::string_view> known);
  bool enter_array();
  /// Moves to the next element; false after the last one, which leaves the array.
  bool next_element();

  /// Steps over null, where that is what comes.
  bool skip_null();
  bool read_raw(std::string_view& into);  ///< any value, without space around it
  bool read_string(json_string& into);
  /// Decoded; half a surrogate pair is a failure.
  bool read_string(std::string& into);
  /// A whole number without fraction or exponent in [min, max].
  bool read_integer(std::int64_t& into, std::int64_t min, std::int64_t max);
  bool read_boolean(bool& into);

  /// Nothing but space is left: the text was read to its end without a failure.
  bool finish();

  /// Bytes not read yet.
  std::size_t left() const { return static_cast<std::size_t>(end_ - p_); }
  bool failed() const { return failed_; }
  const error& failure() const { return failure_; }
  /// Records a failure of the caller's own, at the value just read or entered:
  /// "<path> <what>". Returns false.
  bool fail(std::string_view what);
  /// "records[3].partition", or the root's name.
  std::string path() const;

 private:
  struct frame {
    std::string_view field;  // empty in an array and before the first field
    std::size_t index = 0;   // of the element, in an array
    std::uint32_t seen = 0;  // which of the known fields
    bool array = false;
    bool begun = false;
  };

  bool accept(const json_scan& scan);
  bool fail_type(std::string_view wanted);
  bool enter(bool array);
  bool next_member(char close);
  bool read_name(std::string_view& name);
  frame& top() { return frames_[depth_ - 1]; }

  std::string_view text_;
  std::string_view root_;
  const char* p_;
  const char* end_;
  std::array<frame, 8> frames_;  // as deep as the deepest shape of the API, and then some
  std::size_t depth_ = 0;
  std::string name_;  // of a field whose name was escaped
  bool failed_ = false;
  error failure_{errc::none, {}};
};

}  // namespace troupe::http
