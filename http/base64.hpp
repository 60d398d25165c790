// Base64 (RFC 4648 section 4), 16 characters at a time where the machine can.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace troupe::http {

inline constexpr std::size_t base64_encoded_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
/// What decoding `characters` may write at most.
inline constexpr std::size_t base64_decoded_bound(std::size_t characters) {
  return (characters + 3) / 4 * 3;
}

/// Writes base64_encoded_size(data.size()) characters to `out`.
void encode_base64_to(char* out, std::string_view data);
/// Writes the bytes to `out`, which has room for the bound, and returns how many there are.
/// Nothing when `text` is malformed: a character outside the alphabet, padding that is not one or
/// two '=' up to a multiple of four, bits left over that are not zero.
std::optional<std::size_t> decode_base64_to(char* out, std::string_view text);

}  // namespace troupe::http
