// What the values of settings look like as text, the same for topics and for the broker.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

enum class setting_unit : std::uint8_t { number, size, duration };

/// A number in decimal. For a size or a duration, people may write "16MiB" (B, KiB, MiB, GiB, TiB)
/// or "30s" (ms, s, min, h, d) instead; nothing behind the number means bytes or milliseconds.
/// Nothing when it is not a number or does not fit.
std::optional<std::int64_t> parse_number(std::string_view text, setting_unit unit);

/// "true" or "false".
std::optional<bool> parse_boolean(std::string_view text);

/// "1..20000", "-1..9223372036854775807 ms".
std::string range_text(std::int64_t min, std::int64_t max, setting_unit unit);
/// "fsync or os".
std::string choices_text(std::span<const std::string_view> choices);

}  // namespace troupe
