// A record on its way in, between the parser that read it and the pipeline that sends it.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/record/batch_builder.hpp"

#include <optional>

namespace troupe::http {

/// A record as a client sent it, decoded; views into the request's body or into the storage of
/// the list it came in.
struct incoming_record {
  record_data data;
  std::optional<partition_id> partition;  ///< asked for by the client
  bool has_timestamp = false;             ///< else the time of arrival is used
  /// Set when this record alone is not valid; it is then reported and not sent.
  std::optional<error> rejected;
};

}  // namespace troupe::http
