// The JSON body of a produce request, v2: {"records":[{"key":..,"value":..,"partition":0,
// "timestamp":1591897790000,"headers":[{"key":"h","value":"<base64>"}]}]}. Also the records of a
// WebSocket produce frame. Knows nothing of sockets or actors, so that a fuzzer can drive it.
#pragma once

#include "http/incoming_record.hpp"
#include "http/record_format.hpp"

#include <list>
#include <memory>
#include <vector>

namespace troupe::http {

/// Decoded records and what their views point into. Movable: views stay valid.
struct produce_body {
  std::vector<incoming_record> records;
  std::unique_ptr<char[]> storage;  ///< decoded base64 and unescaped strings
  std::list<std::vector<record_header>> headers;
};

/// Parses `body`; views point into `body` where nothing had to be decoded, so it must outlive the
/// result. A body that is not as a whole of the right shape is an error that says where
/// (invalid_json with line and column, invalid_payload with the path, e.g. "records[3].headers");
/// a single bad record (bad base64, lone surrogate) is marked `rejected`. Unknown fields are
/// errors: a misspelt "parition" must not be dropped in silence. "value" must be there, null for a
/// tombstone. `allow_partition` is false where the path already names the partition.
result<produce_body> parse_produce_body(std::string_view body, embedded_format format,
                                        bool allow_partition);

/// The same for the array alone, as it stands in a larger text that was parsed by somebody else.
result<produce_body> parse_produce_records(std::string_view array, embedded_format format,
                                           bool allow_partition);

}  // namespace troupe::http
