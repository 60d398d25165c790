// What a path of API v3 names: the cluster and, where the path goes deeper, topic, partition or
// broker, looked up in one image.
#pragma once

#include "http/exchange.hpp"

#include <initializer_list>

namespace troupe::http {

struct v3_place {
  image_ptr image;
  topic_ptr topic;                                ///< of {topic_name}, else null
  const partition_metadata* partition = nullptr;  ///< of {partition_id}; lives in `topic`
  const broker_metadata* broker = nullptr;        ///< of {broker_id}; lives in `image`
  std::string root;  ///< URL of the cluster, as the client reached it: ".../v3/clusters/{id}"
};

/// Looks the path's parameters up and checks that the query has no parameter but `query`. Errors:
/// invalid_parameter, unknown_cluster, unknown_topic, unknown_partition, unknown_broker.
result<v3_place> find_place(exchange& at, std::initializer_list<std::string_view> query = {});
/// The same after the metadata have changed. Error: unknown_topic where the topic is gone by now.
result<v3_place> place_of_topic(exchange& at, std::string_view topic);

topic_partition partition_of(const v3_place& place);
/// "http://host:8082"; nothing where the client named no host that could stand in a URL.
std::string origin_of(const request& from);

}  // namespace troupe::http
