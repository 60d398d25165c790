// The handlers of API v3, one per row of the table in v3_routes.cpp.
#pragma once

#include "http/exchange.hpp"

namespace troupe::http {

// v3_clusters.cpp
task<response> list_clusters(exchange& at);
task<response> describe_cluster(exchange& at);
task<response> list_brokers(exchange& at);
task<response> describe_broker(exchange& at);
task<response> list_broker_replicas(exchange& at);

// v3_broker_configs.cpp
task<response> list_cluster_configs(exchange& at);
task<response> list_broker_configs(exchange& at);
task<response> describe_broker_config(exchange& at);

// v3_topics.cpp
task<response> list_v3_topics(exchange& at);
task<response> create_v3_topic(exchange& at);
task<response> describe_v3_topic(exchange& at);
task<response> raise_partitions(exchange& at);
task<response> delete_v3_topic(exchange& at);

// v3_topic_configs.cpp
task<response> list_all_topic_configs(exchange& at);
task<response> list_topic_configs(exchange& at);
task<response> describe_topic_config(exchange& at);
task<response> set_topic_config(exchange& at);
task<response> reset_topic_config(exchange& at);
task<response> alter_topic_configs(exchange& at);

// v3_partitions.cpp
task<response> list_v3_partitions(exchange& at);
task<response> describe_v3_partition(exchange& at);
task<response> describe_partition_offsets(exchange& at);
task<response> list_replicas(exchange& at);
task<response> describe_replica(exchange& at);
task<response> list_reassignments(exchange& at);
task<response> describe_reassignment(exchange& at);

// v3_fetch.cpp
task<response> fetch_v3_records(exchange& at);

// v3_produce_batch.cpp
task<response> produce_v3_batch(exchange& at);

// v3_produce_stream.cpp
task<response> produce_v3_stream(exchange& at);

}  // namespace troupe::http
