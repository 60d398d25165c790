// A record as API v3 takes it:
//
//   {"partition_id":1,"headers":[{"name":"h","value":"<base64>"}],"key":{"type":"STRING","data":"k"},
//    "value":{"type":"JSON","data":{"a":1}},"timestamp":"2021-02-05T19:14:42Z"}
//
// Every field is optional; a missing or null value is a tombstone. Knows nothing of sockets or
// actors, so that a fuzzer can drive it.
#pragma once

#include "http/incoming_record.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::http {

/// What the data of a key or value is said to be.
enum class v3_type : std::uint8_t { none, binary, json, string };
/// "BINARY", "JSON", "STRING"; empty for none.
std::string_view to_string(v3_type x);

struct v3_types {
  v3_type key = v3_type::none;
  v3_type value = v3_type::none;
};

/// Records and all that their views point into; moving it keeps the views valid.
struct v3_records {
  std::vector<incoming_record> records;
  std::vector<v3_types> types;      ///< of records[i]
  std::deque<std::string> storage;  ///< texts, decoded base64, unescaped strings
  std::deque<std::vector<record_header>> headers;

  /// A place in the order for what could not be read.
  void reject(error why);
};

/// Appends exactly one record to `into`: what `object` says, or one that is rejected with a message
/// that names the field. Views point into `object`, which must outlive `into`. With `with_id` a
/// field "id" is passed over.
void parse_v3_record(std::string_view object, v3_records& into, bool with_id = false);

}  // namespace troupe::http
