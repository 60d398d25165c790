// Bodies in chunks (RFC 9112 section 7.1):
//
//   body  := chunk* "0" ext CRLF trailer* CRLF
//   chunk := size ext CRLF data CRLF        size: hexadecimal, of the data
//   ext   := what follows a ';', ignored
//
// Beast's parser has this too, but asserts what a client can break. Knows nothing of sockets.
#pragma once

#include "runtime/base/errors.hpp"

#include <cstdint>
#include <string_view>

namespace troupe::http {

/// A piece of a body.
struct body_piece {
  std::string_view data;     ///< view into the input; empty when more is needed
  std::size_t consumed = 0;  ///< of the input
  bool end = false;          ///< nothing comes behind `data`
};

/// Reads one body. Strict: line ends are CR LF, and a trailer that could be taken for framing is
/// refused, lest two readers see different bodies.
class chunked_reader {
 public:
  /// The data of all chunks together must not be more than this.
  void limit(std::size_t bytes_max) { bytes_max_ = bytes_max; }

  /// The next piece. Errors: bad_request, payload_too_large, headers_too_large (a line of ours, or
  /// all trailers). REQUIRES !done().
  result<body_piece> next(std::string_view input);
  bool done() const { return at_ == place::done; }

 private:
  enum class place : std::uint8_t { size, data, data_end, trailers, done };

  /// The line at the start of `input` without its end; nothing when it is not complete.
  result<std::string_view> take_line(std::string_view input, std::size_t& consumed);
  result<void> begin_chunk(std::string_view line);
  result<void> take_trailer(std::string_view line);

  place at_ = place::size;
  std::uint64_t left_ = 0;  ///< of the chunk
  std::uint64_t bytes_ = 0;
  std::uint64_t bytes_max_ = UINT64_MAX;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace troupe::http
