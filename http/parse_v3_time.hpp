// Timestamps as API v3 writes them: RFC 3339, the profile of ISO 8601 that JSON APIs use.
//
//   2021-02-05T19:14:42Z   2021-02-05T19:14:42.123Z   2021-02-05T20:14:42+01:00
#pragma once

#include "runtime/base/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::http {

/// Reads a timestamp; fractions finer than a millisecond are cut off, a leap second counts as the
/// second after it. Nothing when malformed, when a field is out of its range, or before 1970.
std::optional<timestamp_ms> parse_timestamp(std::string_view text);

/// Appends the timestamp in UTC, quoted, with milliseconds only where there are some; years above
/// 9999 with a sign, as Java's Instant. Appends null for no_timestamp and anything before 1970.
void append_timestamp(std::string& out, timestamp_ms value);

}  // namespace troupe::http
