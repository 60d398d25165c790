#include "http/ask.hpp"
#include "http/v3_handlers.hpp"
#include "http/v3_resources.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::http {

namespace json = boost::json;

namespace {

task<result<offset_t>> find_offset(exchange& at, const v3_place& place, timestamp_ms when) {
  list_offsets_request what{partition_of(place), when};
  const auto found = co_await ask(&broker_client::list_offsets, at.broker(), std::move(what));
  if (found.result.ok())
    co_return found.offset;
  co_return error{found.result.code, found.result.message};
}

}  // namespace

task<response> list_v3_partitions(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  for (const auto& partition : place->topic->partitions)
    data.push_back(partition_resource(*place, *place->topic, partition));
  co_return resource_list(at.req, "KafkaPartition", std::move(data));
}

task<response> describe_v3_partition(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  co_return resource(partition_resource(*place, *place->topic, *place->partition));
}

task<response> describe_partition_offsets(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  const auto earliest = co_await find_offset(at, *place, earliest_timestamp);
  if (!earliest)
    co_return response::failure(earliest.error());
  const auto latest = co_await find_offset(at, *place, latest_timestamp);
  if (!latest)
    co_return response::failure(latest.error());
  co_return resource(offsets_resource(*place, *earliest, *latest));
}

task<response> list_replicas(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  for (auto broker : place->partition->replicas)
    data.push_back(replica_resource(*place, *place->topic, *place->partition, broker));
  co_return resource_list(at.req, "KafkaReplica", std::move(data));
}

task<response> describe_replica(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  const auto id = place->broker->id;
  const auto& replicas = place->partition->replicas;
  if (std::find(replicas.begin(), replicas.end(), id) == replicas.end()) {
    const error why{errc::not_found,
                    fmt::format("Broker {} has no replica of partition {} of topic '{}'.",
                                value_of(id), value_of(place->partition->id), place->topic->name)};
    co_return response::failure(why);
  }
  co_return resource(replica_resource(*place, *place->topic, *place->partition, id));
}

/// A cluster of one broker has nowhere to move a replica to.
task<response> list_reassignments(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  co_return resource_list(at.req, "KafkaReassignment", {});
}

task<response> describe_reassignment(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  const error why{errc::not_found,
                  fmt::format("Partition {} of topic '{}' is not being reassigned.",
                              value_of(place->partition->id), place->topic->name)};
  co_return response::failure(why);
}

}  // namespace troupe::http
