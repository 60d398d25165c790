#include "http/v3_place.hpp"

#include "http/parse_query.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace {

bool may_stand_in_host(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view{".-_:[]"}.find(c) != std::string_view::npos;
}

result<std::int64_t> path_number(const std::string& text, std::string_view what) {
  const auto number = parse_integer(text);
  if (number && *number >= 0 && *number <= INT32_MAX)
    return *number;
  return error{errc::invalid_parameter,
               fmt::format("{} must be a whole number from 0 on, not '{}'.", what, text)};
}

result<void> look_up_topic(v3_place& place, const std::string& name) {
  place.topic = place.image->find(name);
  if (place.topic)
    return {};
  return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", name)};
}

result<void> look_up_partition(v3_place& place, const std::string& text) {
  const auto number = path_number(text, "The partition");
  if (!number)
    return number.error();
  if (*number >= place.topic->partition_count()) {
    return error{errc::unknown_partition,
                 fmt::format("Partition {} of topic '{}' does not exist; it has {}.", *number,
                             place.topic->name, place.topic->partition_count())};
  }
  place.partition = &place.topic->partitions[static_cast<std::size_t>(*number)];
  return {};
}

result<void> look_up_broker(v3_place& place, const std::string& text) {
  const auto number = path_number(text, "The broker");
  if (!number)
    return number.error();
  for (const auto& broker : place.image->brokers)
    if (value_of(broker.id) == *number)
      place.broker = &broker;
  if (place.broker != nullptr)
    return {};
  return error{errc::unknown_broker, fmt::format("Broker {} does not exist.", *number)};
}

result<void> look_up_cluster(v3_place& place, const std::string& id) {
  if (id == place.image->cluster_id)
    return {};
  return error{errc::unknown_cluster, fmt::format("Cluster '{}' does not exist; this one is '{}'.",
                                                  id, place.image->cluster_id)};
}

result<void> look_up(v3_place& place, std::string_view name, const std::string& value) {
  if (name == "cluster_id")
    return look_up_cluster(place, value);
  if (name == "topic_name")
    return look_up_topic(place, value);
  if (name == "partition_id")
    return look_up_partition(place, value);
  if (name == "broker_id")
    return look_up_broker(place, value);
  return {};
}

v3_place place_of(exchange& at) {
  v3_place place;
  place.image = at.broker().metadata();
  place.root = fmt::format("{}/v3/clusters/{}", origin_of(at.req), place.image->cluster_id);
  return place;
}

}  // namespace

result<v3_place> find_place(exchange& at, std::initializer_list<std::string_view> query) {
  if (auto known = check_query(at.req.query, {query.begin(), query.size()}); !known)
    return known.error();
  auto place = place_of(at);
  for (const auto& [name, value] : at.req.path_params)
    if (auto found = look_up(place, name, value); !found)
      return found.error();
  return place;
}

result<v3_place> place_of_topic(exchange& at, std::string_view topic) {
  auto place = place_of(at);
  if (auto found = look_up_topic(place, std::string{topic}); !found)
    return found.error();
  return place;
}

topic_partition partition_of(const v3_place& place) {
  return {place.topic->name, place.partition->id};
}

std::string origin_of(const request& from) {
  const auto host = from.host;
  if (host.empty() || !std::all_of(host.begin(), host.end(), may_stand_in_host))
    return {};
  return fmt::format("http://{}", host);
}

}  // namespace troupe::http
