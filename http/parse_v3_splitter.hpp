// Cuts a stream of concatenated JSON objects into the objects, as the bytes arrive:
//
//   stream := whitespace* (object whitespace*)*
//
// It looks at brackets, quotes and backslashes only; whether an object is valid JSON is for the
// parser behind it to say. So an object that is not valid costs the stream nothing as long as its
// brackets balance, and the stream is lost only where no next object can be found.
#pragma once

#include "runtime/base/errors.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::http {

/// One object, or what came in place of one.
struct json_piece {
  std::size_t begin = 0;  ///< in json_pieces::text
  std::size_t size = 0;
  std::uint64_t position = 0;  ///< of its first byte in the stream
  std::optional<error> bad;    ///< then there is no text
};

struct json_pieces {
  std::string text;
  std::vector<json_piece> pieces;

  std::string_view text_of(const json_piece& x) const {
    return std::string_view{text}.substr(x.begin, x.size);
  }
};

/// Owned by one thread. Holds at most one incomplete object of `object_bytes_max`; a larger one is
/// passed over and reported as record_too_large in its place.
class json_splitter {
 public:
  explicit json_splitter(std::size_t object_bytes_max) : bytes_max_(object_bytes_max) {}

  /// The objects that `part` completes, in order. When the framing is lost the last piece is bad
  /// with invalid_json, and nothing comes any more.
  json_pieces feed(std::string_view part);
  /// REQUIRES the end of the stream: an object that was cut short, if there is one.
  std::optional<error> finish();

  bool lost() const { return lost_; }
  /// Bytes held for an object that is not complete.
  std::size_t pending_bytes() const { return held_.size(); }

 private:
  bool scan_object();
  void complete(json_pieces& into);
  void lose(json_pieces& into);
  void keep_rest(json_pieces& into);

  std::size_t bytes_max_;
  std::string held_;           // bytes from base_ on
  std::uint64_t base_ = 0;     // position in the stream of held_[0]
  std::size_t scanned_ = 0;    // held_ before it has been looked at
  std::size_t object_ = 0;     // where in held_ the present object begins
  std::uint64_t dropped_ = 0;  // bytes of the present object that are no longer held
  std::size_t depth_ = 0;      // 0: between objects
  bool in_string_ = false;
  bool escaped_ = false;
  bool lost_ = false;
};

}  // namespace troupe::http
