// Tokens of HTTP (RFC 9110 section 5.6.2): methods and names of headers.
#pragma once

#include <algorithm>
#include <string_view>

namespace troupe::http {

/// True for the empty text too, which is the beginning of every token.
inline bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return std::all_of(text.begin(), text.end(), [=](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

}  // namespace troupe::http
