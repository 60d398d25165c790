// Records as API v3 shows them, each key and value with its type, so that what was read can be
// sent as it is to the produce routes:
//
//   {"partition_id":0,"offset":17,"timestamp":"2021-02-05T19:14:42.123Z",
//    "headers":[{"name":"h","value":"<base64>"}],"key":{"type":"STRING","data":"k"},
//    "value":{"type":"JSON","data":{"a":1}}}
#pragma once

#include "http/parse_v3_record.hpp"

namespace troupe::http {

/// v3_type::none: JSON where the bytes are JSON, else STRING where they are UTF-8, else BINARY.
struct v3_formats {
  v3_type key = v3_type::none;
  v3_type value = v3_type::none;
};

/// Appends the records of `batches` from `from` on, separated by commas, and moves `next` to where
/// to go on: behind the last batch, or to the record that stopped the run. Errors:
/// not_representable naming partition and offset (`out` then holds what came before),
/// corrupt_batch.
result<void> append_v3_records(std::string& out, const topic_partition& source, byte_view batches,
                               offset_t from, const v3_formats& formats, offset_t& next);

}  // namespace troupe::http
