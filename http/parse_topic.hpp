// The body that creates a topic through the Strimzi bridge's route:
// {"topic_name":"orders","partitions_count":3,"replication_factor":1}.
#pragma once

#include "runtime/protocol/requests.hpp"

#include <string_view>

namespace troupe::http {

/// The counts may be missing or null: the broker's defaults. Errors: empty_body, invalid_json,
/// invalid_payload with the path. Whether name and counts are good is for the broker to say.
result<create_topic_request> parse_create_topic(std::string_view body);

}  // namespace troupe::http
