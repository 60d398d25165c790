// What a WebSocket client may say: the query of the upgrade and the frames that follow. Knows
// nothing of sockets or actors, so that a fuzzer can drive it.
//
//   frame := {"type":"credit","records":500,"bytes":1048576}
//          | {"type":"seek","partition":0,"offset":42}
//          | {"type":"seek","partition":0,"timestamp":1700000000000}
//          | {"type":"seek","partition":0,"position":"earliest"|"latest"}
//          | {"type":"pause","partitions":[0,1]}
//          | {"type":"resume","partitions":[0,1]}
//          | {"type":"produce","id":1,"records":[...]}          id: an integer or a string
//          | {"type":"ack","topic":"t","partition":0,"offset":42}
//
// Without "partition" or "partitions" a frame means every partition of the socket; "bytes" of a
// credit may be left out. Fields come in any order, none twice, no others.
#pragma once

#include "http/record_format.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::http {

/// Where reading begins.
struct start_position {
  enum class kind : std::uint8_t { earliest, latest, offset, timestamp };

  kind at = kind::latest;
  std::int64_t value = 0;  ///< of `offset` and `timestamp`

  bool operator==(const start_position&) const = default;
};

struct credit_frame {
  std::int64_t records = 0;
  std::optional<std::int64_t> bytes;
};
struct seek_frame {
  std::optional<partition_id> partition;  ///< nothing: all
  start_position to;
};
struct pause_frame {
  std::vector<partition_id> partitions;  ///< empty: all
};
struct resume_frame {
  std::vector<partition_id> partitions;  ///< empty: all
};
struct produce_frame {
  std::string_view id;       ///< as it stands in the frame, quotes and all
  std::string_view records;  ///< the array, as it stands in the frame
};
/// A cumulative acknowledgement; only a consumer group has a use for it.
struct ack_frame {};

using client_frame =
    std::variant<credit_frame, seek_frame, pause_frame, resume_frame, produce_frame, ack_frame>;

/// Parses one text message. Views point into `text`. Errors: invalid_json with line and column
/// when it is not JSON; invalid_payload naming the field when it is JSON and none of the above;
/// `id`, where given, then is the frame's, as JSON, if it has a good one.
result<client_frame> parse_client_frame(std::string_view text, std::string_view* id = nullptr);

using query_parameters = std::vector<std::pair<std::string, std::string>>;

/// `partitions=0,1&from=earliest|latest|{offset}|timestamp:{ms}&format=auto|json|text|binary
/// &credit=manual`, all optional.
struct subscribe_query {
  std::vector<partition_id> partitions;  ///< ascending, none twice; empty: all
  start_position from;
  shown_format format;
  bool manual_credit = false;
};

/// Error: invalid_parameter, naming the parameter, what was given and what may be. A parameter
/// that is unknown or comes twice is an error too.
result<subscribe_query> parse_subscribe_query(const query_parameters& query);

/// `format=json|text|binary`; `acks` and `timeout` are parse_produce_options' business, any other
/// parameter is an error.
result<embedded_format> parse_produce_query(const query_parameters& query);

}  // namespace troupe::http
