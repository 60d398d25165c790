#include "http/v3_handlers.hpp"
#include "http/v3_resources.hpp"

#include <boost/json.hpp>

namespace troupe::http {

namespace json = boost::json;

task<response> list_clusters(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  data.push_back(cluster_resource(*place));
  co_return resource_list(at.req, "KafkaCluster", std::move(data));
}

task<response> describe_cluster(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  co_return resource(cluster_resource(*place));
}

task<response> list_brokers(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  for (const auto& broker : place->image->brokers)
    data.push_back(broker_resource(*place, broker));
  co_return resource_list(at.req, "KafkaBroker", std::move(data));
}

task<response> describe_broker(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  co_return resource(broker_resource(*place, *place->broker));
}

task<response> list_broker_replicas(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  const auto id = place->broker->id;
  json::array data;
  for (const auto& [name, topic] : place->image->topics) {
    for (const auto& partition : topic->partitions) {
      const auto& replicas = partition.replicas;
      if (std::find(replicas.begin(), replicas.end(), id) != replicas.end())
        data.push_back(replica_resource(*place, *topic, partition, id));
    }
  }
  co_return resource_list(at.req, "KafkaReplica", std::move(data));
}

}  // namespace troupe::http
