// Load against a running broker: closed-loop HTTP connections and a WebSocket fan-out.
#pragma once

#include "app/failure.hpp"
#include "app/latency_histogram.hpp"
#include "app/server_url.hpp"

#include <string>

namespace troupe::app {

struct load_options {
  server_url server;
  std::string topic;
  std::int32_t partitions = 1;  ///< of the topic
  std::string acks = "all";
  std::int64_t connections = 16;  ///< of fanout: subscribers
  std::int64_t batch = 100;       ///< records per request
  std::int64_t record_bytes = 100;
  std::int64_t fetch_bytes = 1 << 20;
  std::int64_t rate = 1'000;  ///< of fanout: records per second
  std::int64_t duration_s = 10;
  std::int64_t warmup_s = 1;  ///< before the measured time
  std::int64_t threads = 1;
};

/// What happened within the measured time.
struct load_result {
  std::uint64_t requests = 0;
  std::uint64_t records = 0;
  std::uint64_t payload_bytes = 0;  ///< of records, without envelope
  std::uint64_t wire_bytes = 0;     ///< of HTTP bodies or WebSocket frames
  std::uint64_t errors = 0;
  std::string first_error;
  std::chrono::nanoseconds time{};
  latency_histogram latency;  ///< of requests; of fanout: from produce to delivery

  void merge(const load_result& other);
};

/// Every connection sends the same batch again and again.
attempt<load_result> run_produce_load(const load_options& options);
/// Every connection reads one partition from its beginning to its end, again and again.
attempt<load_result> run_consume_load(const load_options& options);
/// One producer at a given rate, every subscriber receives everything.
attempt<load_result> run_fanout_load(const load_options& options);

/// Occurrences of `what` in `text`.
std::uint64_t count_of(std::string_view text, std::string_view what);

}  // namespace troupe::app
