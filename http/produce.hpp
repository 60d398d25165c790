// From records to acknowledgements: chooses partitions, builds one batch per partition, sends
// them side by side, and reports record by record. v2, v3 and WebSocket all produce through here.
#pragma once

#include "http/exchange.hpp"
#include "http/incoming_record.hpp"

#include <string>
#include <vector>

namespace troupe::http {

struct record_result {
  errc code = errc::none;
  std::string message;
  partition_id partition{-1};
  offset_t offset = no_offset;
  timestamp_ms timestamp = no_timestamp;
};

struct produce_options {
  required_acks acks = required_acks::all;
  std::int32_t timeout_ms = 30'000;
};

/// Parses `acks` (0, 1, all, -1) and `timeout` (ms) of a query. Errors: invalid_required_acks,
/// invalid_parameter.
result<produce_options> parse_produce_options(const request& from);

/// Where records without a key or partition go: one partition per batch (KIP-480), another for the
/// next batch. One per connection.
class sticky_partitioner {
 public:
  explicit sticky_partitioner(std::uint32_t seed) : next_(seed) {}
  partition_id next_batch(std::int32_t partitions) {
    return partition_id{
        static_cast<std::int32_t>(next_++ % static_cast<std::uint32_t>(partitions))};
  }

 private:
  std::uint32_t next_;
};

/// Another start for every request: where each has its own partitioner, requests are the batches.
std::uint32_t sticky_seed(exchange& from);

/// Sends the records; results[i] is the fate of records[i]. Each partition's records form one
/// batch, or several when they exceed max.message.bytes, in the order given; each batch is stored
/// whole or not at all.
/// Records with acks=none get no offset. A record of its own that is not valid (rejected, too
/// large, no such partition) is reported and hinders no other. The records must live until the
/// answer.
task<std::vector<record_result>> produce_records(broker_client& broker, const topic_metadata& topic,
                                                 std::span<const incoming_record> records,
                                                 produce_options options,
                                                 sticky_partitioner& sticky, timestamp_ms now);

}  // namespace troupe::http
