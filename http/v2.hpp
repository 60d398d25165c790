// What the handlers of API v2 share. Not used outside v2_*.cpp.
#pragma once

#include "http/exchange.hpp"

namespace troupe::http {

inline constexpr std::string_view v2_media_type = "application/vnd.kafka.v2+json";

/// An answer that is not records.
response v2_answer(std::string body, unsigned status = 200);

/// The topic and the partition of the path.
struct v2_target {
  topic_ptr topic;
  const partition_metadata* partition = nullptr;

  topic_partition id() const { return {topic->name, partition->id}; }
};

/// Error: unknown_topic.
result<topic_ptr> find_topic(exchange& ex);
/// Errors: unknown_topic, unknown_partition, invalid_parameter when it is not a number.
result<v2_target> find_partition(exchange& ex);

// -- the handlers, by file ----------------------------------------------------------

task<response> v2_list_topics(exchange& ex);
task<response> v2_get_topic(exchange& ex);
task<response> v2_create_topic(exchange& ex);
task<response> v2_list_partitions(exchange& ex);
task<response> v2_get_partition(exchange& ex);
task<response> v2_get_offsets(exchange& ex);
task<response> v2_list_brokers(exchange& ex);

task<response> v2_produce_to_topic(exchange& ex);
task<response> v2_produce_to_partition(exchange& ex);

task<response> v2_consume(exchange& ex);

}  // namespace troupe::http
