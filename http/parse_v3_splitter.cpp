#include "http/parse_v3_splitter.hpp"

#include <fmt/format.h>

namespace troupe::http {

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string what_is_wrong(char c, std::uint64_t position) {
  switch (c) {
    case '[':
      return fmt::format(
          "byte {}: records are not sent in an array, but one object after the other", position);
    case ',': return fmt::format("byte {}: there is no comma between records", position);
    default:
      if (c >= 0x21 && c < 0x7f)
        return fmt::format("byte {}: a record begins with '{{', not with '{}'", position, c);
      return fmt::format("byte {}: a record begins with '{{', not with byte 0x{:02x}", position,
                         static_cast<unsigned char>(c));
  }
}

}  // namespace

json_pieces json_splitter::feed(std::string_view part) {
  json_pieces out;
  if (lost_)
    return out;
  held_.append(part);
  while (scanned_ < held_.size()) {
    if (depth_ > 0) {
      if (scan_object())
        complete(out);
    } else if (is_space(held_[scanned_])) {
      ++scanned_;
    } else if (held_[scanned_] == '{') {
      object_ = scanned_++;
      depth_ = 1;
    } else {
      lose(out);
      return out;
    }
  }
  keep_rest(out);
  return out;
}

/// Looks on until the present object ends (true) or the bytes do.
bool json_splitter::scan_object() {
  const char* const begin = held_.data();
  const char* const end = begin + held_.size();
  const char* at = begin + scanned_;
  for (; at != end; ++at) {
    const char c = *at;
    if (in_string_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      scanned_ = static_cast<std::size_t>(at - begin) + 1;
      return true;
    }
  }
  scanned_ = held_.size();
  return false;
}

void json_splitter::complete(json_pieces& into) {
  json_piece piece;
  piece.begin = object_;
  piece.size = scanned_ - object_;
  piece.position = base_ + object_ - dropped_;
  if (const auto size = piece.size + dropped_; size > bytes_max_) {
    piece.bad = error{errc::record_too_large,
                      fmt::format("the record at byte {} has {} bytes of JSON; the limit is {}",
                                  piece.position, size, bytes_max_)};
  }
  dropped_ = 0;
  into.pieces.push_back(std::move(piece));
}

void json_splitter::lose(json_pieces& into) {
  lost_ = true;
  json_piece piece;
  piece.position = base_ + scanned_;
  piece.bad = error{errc::invalid_json, what_is_wrong(held_[scanned_], piece.position)};
  into.pieces.push_back(std::move(piece));
  into.text = std::move(held_);
  held_.clear();
}

/// Gives the text away with its pieces and keeps what belongs to the next object.
void json_splitter::keep_rest(json_pieces& into) {
  const std::size_t rest = depth_ > 0 ? object_ : held_.size();
  if (!into.pieces.empty()) {
    std::string next{held_, rest};
    held_.resize(rest);
    into.text = std::move(held_);
    held_ = std::move(next);
  } else {
    held_.erase(0, rest);
  }
  base_ += rest;
  object_ = 0;
  if (depth_ > 0 && held_.size() + dropped_ > bytes_max_) {
    dropped_ += held_.size();
    base_ += held_.size();
    held_.clear();
  }
  scanned_ = held_.size();
}

std::optional<error> json_splitter::finish() {
  if (lost_ || depth_ == 0)
    return std::nullopt;
  lost_ = true;
  return error{errc::invalid_json, fmt::format("the body ends inside the record at byte {}",
                                               base_ + object_ - dropped_)};
}

}  // namespace troupe::http
