// The body of records:batch: {"entries":[{"id":"1","value":{"type":"STRING","data":"x"}, ..}, ..]}.
#pragma once

#include "http/parse_v3_record.hpp"

namespace troupe::http {

/// The records and, index by index, the ids their senders gave them.
struct v3_batch {
  v3_records records;
  std::vector<std::string_view> ids;  ///< into the body
};

/// Views point into `body`, which must outlive the result. A record that is not valid is marked
/// `rejected`. Errors for the whole: invalid_json, invalid_payload (not this shape), batch_entries
/// (none, more than limits::batch_entries_max, an id that is missing, used twice or not 1 to 80 of
/// [0-9a-zA-Z_-]).
result<v3_batch> parse_v3_batch(std::string_view body);

}  // namespace troupe::http
