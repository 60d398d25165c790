#include "http/v3_handlers.hpp"

#include <boost/beast/http/verb.hpp>

#include <array>

namespace troupe::http {

namespace {

constexpr auto routes = std::to_array<route>({
    {verb::get, "/v3/clusters", list_clusters},
    {verb::get, "/v3/clusters/{cluster_id}", describe_cluster},
    {verb::get, "/v3/clusters/{cluster_id}/brokers", list_brokers},
    {verb::get, "/v3/clusters/{cluster_id}/brokers/{broker_id}", describe_broker},
    {verb::get, "/v3/clusters/{cluster_id}/brokers/{broker_id}/partition-replicas",
     list_broker_replicas},
    {verb::get, "/v3/clusters/{cluster_id}/brokers/{broker_id}/configs", list_broker_configs},
    {verb::get, "/v3/clusters/{cluster_id}/brokers/{broker_id}/configs/{name}",
     describe_broker_config},
    {verb::get, "/v3/clusters/{cluster_id}/broker-configs", list_cluster_configs},

    {verb::get, "/v3/clusters/{cluster_id}/topics", list_v3_topics},
    {verb::post, "/v3/clusters/{cluster_id}/topics", create_v3_topic, body_mode::whole},
    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}", describe_v3_topic},
    {verb::patch, "/v3/clusters/{cluster_id}/topics/{topic_name}", raise_partitions,
     body_mode::whole},
    {verb::delete_, "/v3/clusters/{cluster_id}/topics/{topic_name}", delete_v3_topic},

    {verb::get, "/v3/clusters/{cluster_id}/topics/-/configs", list_all_topic_configs},
    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/configs", list_topic_configs},
    {verb::post, "/v3/clusters/{cluster_id}/topics/{topic_name}/configs:alter", alter_topic_configs,
     body_mode::whole},
    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/configs/{name}",
     describe_topic_config},
    {verb::put, "/v3/clusters/{cluster_id}/topics/{topic_name}/configs/{name}", set_topic_config,
     body_mode::whole},
    {verb::delete_, "/v3/clusters/{cluster_id}/topics/{topic_name}/configs/{name}",
     reset_topic_config},

    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions", list_v3_partitions},
    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}",
     describe_v3_partition},
    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/offset",
     describe_partition_offsets},
    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/replicas",
     list_replicas},
    {verb::get,
     "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/replicas/{broker_id}",
     describe_replica},
    {verb::get, "/v3/clusters/{cluster_id}/topics/-/partitions/-/reassignment", list_reassignments},
    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/-/reassignment",
     list_reassignments},
    {verb::get,
     "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/reassignment",
     describe_reassignment},

    {verb::get, "/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/records",
     fetch_v3_records},
    {verb::post, "/v3/clusters/{cluster_id}/topics/{topic_name}/records", produce_v3_stream,
     body_mode::stream},
    {verb::post, "/v3/clusters/{cluster_id}/topics/{topic_name}/records:batch", produce_v3_batch,
     body_mode::whole},
});

}  // namespace

std::span<const route> v3_routes() { return routes; }

}  // namespace troupe::http
