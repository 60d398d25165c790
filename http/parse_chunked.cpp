#include "http/parse_chunked.hpp"

#include "http/parse_token.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/limits.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>

namespace troupe::http {

namespace {

constexpr std::string_view line_end = "\r\n";

error damaged(std::string_view what) {
  return {errc::bad_request, fmt::format("The chunked request body is damaged: {}.", what)};
}

error line_too_long() {
  return {errc::headers_too_large,
          fmt::format("A chunk's extension or the trailers are larger than the limit of {} bytes.",
                      limits::http_header_bytes_max)};
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f; }

/// Fields that frame a message or route it; behind the body they can only deceive.
bool is_framing(std::string_view name) {
  using boost::beast::iequals;
  return iequals(name, "content-length") || iequals(name, "transfer-encoding") ||
         iequals(name, "host");
}

}  // namespace

result<body_piece> chunked_reader::next(std::string_view input) {
  troupe_assert(!done());
  body_piece piece;
  for (;;) {
    auto rest = input.substr(piece.consumed);
    if (at_ == place::data) {
      auto size = std::min<std::uint64_t>(left_, rest.size());
      piece.data = rest.substr(0, static_cast<std::size_t>(size));
      piece.consumed += piece.data.size();
      left_ -= piece.data.size();
      if (left_ == 0)
        at_ = place::data_end;
      return piece;
    }
    if (at_ == place::data_end) {
      if (!line_end.starts_with(rest.substr(0, line_end.size())))
        return damaged("a chunk is longer than its size says");
      if (rest.size() < line_end.size())
        return piece;
      piece.consumed += line_end.size();
      at_ = place::size;
      continue;
    }
    std::size_t used = 0;
    auto line = take_line(rest, used);
    if (!line)
      return line.error();
    if (used == 0)
      return piece;
    piece.consumed += used;
    auto taken = at_ == place::size ? begin_chunk(*line) : take_trailer(*line);
    if (!taken)
      return taken.error();
    piece.end = done();
    if (piece.end)
      return piece;
  }
}

result<std::string_view> chunked_reader::take_line(std::string_view input, std::size_t& consumed) {
  auto end = input.find('\n');
  if (std::min(end, input.size()) > limits::http_header_bytes_max)
    return line_too_long();
  if (end == std::string_view::npos)
    return std::string_view{};
  auto line = input.substr(0, end);
  if (!line.ends_with('\r'))
    return damaged("a line does not end in CR LF");
  line.remove_suffix(1);
  if (std::any_of(line.begin(), line.end(), is_control))
    return damaged("a line has control characters");
  consumed = end + 1;
  return line;
}

result<void> chunked_reader::begin_chunk(std::string_view line) {
  std::uint64_t size = 0;
  auto [behind, failed] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  if (failed != std::errc{})
    return damaged("the size of a chunk is not a hexadecimal number");
  std::string_view extension{behind, static_cast<std::size_t>(line.data() + line.size() - behind)};
  extension.remove_prefix(std::min(extension.find_first_not_of(" \t"), extension.size()));
  if (!extension.empty() && extension.front() != ';')
    return damaged("something other than an extension follows the size of a chunk");
  if (size > bytes_max_ - bytes_)
    return error{errc::payload_too_large,
                 fmt::format("The request body is larger than the limit of {} bytes.", bytes_max_)};
  bytes_ += size;
  left_ = size;
  at_ = size == 0 ? place::trailers : place::data;
  return {};
}

/// Trailers are allowed and nothing depends on them.
result<void> chunked_reader::take_trailer(std::string_view line) {
  if (line.empty()) {
    at_ = place::done;
    return {};
  }
  trailer_bytes_ += line.size() + 2;
  if (trailer_bytes_ > limits::http_header_bytes_max)
    return line_too_long();
  auto name = line.substr(0, line.find(':'));
  if (name.empty() || name.size() == line.size() || !is_token(name))
    return damaged("a trailer is not a header");
  if (is_framing(name))
    return damaged(fmt::format("{} stands behind the body", name));
  return {};
}

}  // namespace troupe::http
