// The steps of the sample: produce the catalogue, read it back in two ways, compare.
#pragma once

#include "app/admin_client.hpp"
#include "app/sample_check.hpp"
#include "app/units.hpp"

#include <string>
#include <vector>

namespace troupe::app {

struct sample_options {
  server_url server;
  std::string topic = "packages";
  std::int64_t partitions = 6;  ///< where the topic is created; then how many it has
  std::int64_t connections = 4;
  std::int64_t batch = 500;
};

/// A step that moved records.
struct sample_step {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of keys and values
  std::chrono::nanoseconds time{};
};

struct sample_produced {
  sample_step step;
  std::vector<record_ack> acks;  ///< by record
  std::vector<offset_t> begin;   ///< by partition: where this run's records begin
};

/// Creates the topic where it is missing; sets `partitions` to what it has.
attempt<void> prepare_topic(sample_options& options);
/// Sends every record, each key always over the same connection so that its order is kept.
attempt<sample_produced> produce_catalogue(const sample_options& options, const catalogue& from);
/// Both read until nothing is missing, or fail after a while without progress.
attempt<sample_step> read_by_http(const sample_options& options, const sample_produced& what,
                                  sample_check& check);
attempt<sample_step> read_by_websocket(const sample_options& options, const sample_produced& what,
                                       sample_check& check);

}  // namespace troupe::app
