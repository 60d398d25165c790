// Reading one partition for one request: the parameters v2 and v3 share, and the way from where a
// client wants to begin to the batches it gets. Nothing is kept between requests, so every read
// can be repeated.
#pragma once

#include "http/exchange.hpp"

#include <array>

namespace troupe::http {

/// Their query parameters: offset, timeout, max_bytes, min_bytes.
struct consume_options {
  offset_t offset = no_offset;
  timestamp_ms lookup = earliest_timestamp;  ///< where to begin when there is no offset
  std::int32_t timeout_ms = 1'000;
  std::int32_t max_bytes = 0;
  std::int32_t min_bytes = 1;
};

inline constexpr auto consume_parameters =
    std::to_array<std::string_view>({"offset", "timeout", "max_bytes", "min_bytes"});

/// What is longer or larger than the broker allows is cut to that, as in Kafka. Error:
/// invalid_parameter.
result<consume_options> parse_consume_options(const request& from);

struct consumed {
  topic_partition source;
  offset_t from = 0;      ///< records below are in the batches, but were not asked for
  fetch_response answer;  ///< with code none, or offset_out_of_range with its message filled in
};

/// Waits up to the timeout for the bytes asked for; what the answer takes is held against the
/// gateway's limit. Errors: overloaded and those of the broker, but for offset_out_of_range.
task<result<consumed>> consume(exchange& ex, topic_partition source, consume_options options);

}  // namespace troupe::http
