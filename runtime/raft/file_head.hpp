// What every file of a replica begins with.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/types.hpp"

#include <optional>

namespace troupe::raft {

inline constexpr std::int16_t format_version = 1;
/// magic:8 version:i16
inline constexpr std::size_t preamble_size = 10;

/// `what` is for the message. Errors: damaged_data, unsupported_format.
result<void> check_preamble(byte_view data, std::string_view magic, std::string_view what);

/// A number with 20 digits and a suffix, and back.
std::string numbered_name(std::int64_t number, std::string_view suffix);
std::optional<std::int64_t> number_of(std::string_view name, std::string_view suffix);

}  // namespace troupe::raft
