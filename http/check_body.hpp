// Whether a body that is plain JSON, and not records in a format, says that it is.
#pragma once

#include "http/exchange.hpp"

namespace troupe::http {

/// application/json, application/vnd.kafka.v2+json and their like, or nothing at all, so that a
/// plain `curl -T -` can produce. Error: unsupported_media_type.
result<void> check_json_body(const request& from);

}  // namespace troupe::http
