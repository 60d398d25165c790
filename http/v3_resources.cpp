#include "http/v3_resources.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::http {

namespace json = boost::json;

namespace {

json::object related(std::string url) { return {{"related", std::move(url)}}; }

/// `path` below the cluster, "/topics/t", and `name` behind its name, "/topic=t".
json::object begin_resource(const v3_place& at, std::string_view kind, std::string_view path,
                            std::string_view name) {
  json::object metadata;
  metadata["self"] = fmt::format("{}{}", at.root, path);
  metadata["resource_name"] = fmt::format("crn:///kafka={}{}", at.image->cluster_id, name);
  json::object out;
  out["kind"] = kind;
  out["metadata"] = std::move(metadata);
  out["cluster_id"] = at.image->cluster_id;
  return out;
}

std::string topic_path(const topic_metadata& topic) { return "/topics/" + topic.name; }

std::string partition_path(const topic_metadata& topic, const partition_metadata& partition) {
  return fmt::format("/topics/{}/partitions/{}", topic.name, value_of(partition.id));
}

std::string partition_name(const topic_metadata& topic, const partition_metadata& partition) {
  return fmt::format("/topic={}/partition={}", topic.name, value_of(partition.id));
}

json::object synonym(std::string_view name, std::string_view value, std::string_view source) {
  return {{"name", name}, {"value", value}, {"source", source}};
}

}  // namespace

json::object cluster_resource(const v3_place& at) {
  auto out = begin_resource(at, "KafkaCluster", "", "");
  out["controller"] =
      related(fmt::format("{}/brokers/{}", at.root, value_of(at.image->controller)));
  out["acls"] = related(at.root + "/acls");
  out["brokers"] = related(at.root + "/brokers");
  out["broker_configs"] = related(at.root + "/broker-configs");
  out["consumer_groups"] = related(at.root + "/consumer-groups");
  out["topics"] = related(at.root + "/topics");
  out["partition_reassignments"] = related(at.root + "/topics/-/partitions/-/reassignment");
  return out;
}

json::object broker_resource(const v3_place& at, const broker_metadata& broker) {
  const auto path = fmt::format("/brokers/{}", value_of(broker.id));
  auto out =
      begin_resource(at, "KafkaBroker", path, fmt::format("/broker={}", value_of(broker.id)));
  out["broker_id"] = value_of(broker.id);
  out["host"] = broker.host;
  out["port"] = broker.port;
  out["rack"] = nullptr;
  out["configs"] = related(at.root + path + "/configs");
  out["partition_replicas"] = related(at.root + path + "/partition-replicas");
  return out;
}

json::object topic_resource(const v3_place& at, const topic_metadata& topic) {
  const auto path = topic_path(topic);
  auto out = begin_resource(at, "KafkaTopic", path, "/topic=" + topic.name);
  out["topic_name"] = topic.name;
  out["topic_id"] = topic.id;
  out["is_internal"] = topic.internal;
  out["replication_factor"] = topic.partitions.empty() ? 0 : topic.partitions[0].replicas.size();
  out["partitions_count"] = topic.partition_count();
  out["partitions"] = related(at.root + path + "/partitions");
  out["configs"] = related(at.root + path + "/configs");
  out["partition_reassignments"] = related(at.root + path + "/partitions/-/reassignment");
  return out;
}

json::object topic_config_resource(const v3_place& at, const topic_metadata& topic,
                                   const topic_config_info& setting) {
  const auto& set = topic.config.overrides();
  const auto found = set.find(std::string{setting.name});
  const bool is_set = found != set.end();
  auto out = begin_resource(at, "KafkaTopicConfig",
                            fmt::format("{}/configs/{}", topic_path(topic), setting.name),
                            fmt::format("/topic={}/config={}", topic.name, setting.name));
  out["topic_name"] = topic.name;
  out["name"] = setting.name;
  out["value"] = topic.config.value_of(setting.name);
  out["is_default"] = !is_set;
  out["is_read_only"] = false;
  out["is_sensitive"] = false;
  out["source"] = is_set ? "DYNAMIC_TOPIC_CONFIG" : "DEFAULT_CONFIG";
  json::array synonyms;
  if (is_set)
    synonyms.push_back(synonym(setting.name, found->second, "DYNAMIC_TOPIC_CONFIG"));
  synonyms.push_back(synonym(setting.name, setting.default_value, "DEFAULT_CONFIG"));
  out["synonyms"] = std::move(synonyms);
  return out;
}

json::object broker_config_resource(const v3_place& at, const broker_metadata& broker,
                                    const broker_setting& setting, const std::string* given) {
  const auto id = value_of(broker.id);
  auto out = begin_resource(at, "KafkaBrokerConfig",
                            fmt::format("/brokers/{}/configs/{}", id, setting.name),
                            fmt::format("/broker={}/config={}", id, setting.name));
  out["broker_id"] = id;
  out["name"] = setting.name;
  out["value"] = given != nullptr ? std::string_view{*given} : setting.default_value;
  out["is_default"] = given == nullptr;
  out["is_read_only"] = true;
  out["is_sensitive"] = false;
  out["source"] = given != nullptr ? "STATIC_BROKER_CONFIG" : "DEFAULT_CONFIG";
  json::array synonyms;
  if (given != nullptr)
    synonyms.push_back(synonym(setting.name, *given, "STATIC_BROKER_CONFIG"));
  synonyms.push_back(synonym(setting.name, setting.default_value, "DEFAULT_CONFIG"));
  out["synonyms"] = std::move(synonyms);
  return out;
}

json::object partition_resource(const v3_place& at, const topic_metadata& topic,
                                const partition_metadata& partition) {
  const auto path = partition_path(topic, partition);
  auto out = begin_resource(at, "KafkaPartition", path, partition_name(topic, partition));
  out["topic_name"] = topic.name;
  out["partition_id"] = value_of(partition.id);
  out["leader"] =
      related(fmt::format("{}{}/replicas/{}", at.root, path, value_of(partition.leader)));
  out["replicas"] = related(at.root + path + "/replicas");
  out["reassignment"] = related(at.root + path + "/reassignment");
  out["records"] = related(at.root + path + "/records");
  return out;
}

json::object replica_resource(const v3_place& at, const topic_metadata& topic,
                              const partition_metadata& partition, node_id broker) {
  const auto id = value_of(broker);
  auto out = begin_resource(at, "KafkaReplica",
                            fmt::format("{}/replicas/{}", partition_path(topic, partition), id),
                            fmt::format("{}/replica={}", partition_name(topic, partition), id));
  const auto& isr = partition.isr;
  out["topic_name"] = topic.name;
  out["partition_id"] = value_of(partition.id);
  out["broker_id"] = id;
  out["is_leader"] = partition.leader == broker;
  out["is_in_sync"] = std::find(isr.begin(), isr.end(), broker) != isr.end();
  out["broker"] = related(fmt::format("{}/brokers/{}", at.root, id));
  return out;
}

json::object offsets_resource(const v3_place& at, offset_t earliest, offset_t latest) {
  auto out = begin_resource(at, "KafkaPartitionWithOffsets",
                            partition_path(*at.topic, *at.partition) + "/offset",
                            partition_name(*at.topic, *at.partition) + "/offset");
  out["topic_name"] = at.topic->name;
  out["partition_id"] = value_of(at.partition->id);
  out["earliest_offset"] = earliest;
  out["latest_offset"] = latest;
  return out;
}

response resource_list(const request& from, std::string_view kind, json::array data) {
  json::object metadata;
  metadata["self"] = origin_of(from) + std::string{from.path};
  metadata["next"] = nullptr;
  json::object out;
  out["kind"] = fmt::format("{}List", kind);
  out["metadata"] = std::move(metadata);
  out["data"] = std::move(data);
  return resource(out);
}

response resource(const json::object& what, unsigned status) {
  return response::json(json::serialize(what), status);
}

}  // namespace troupe::http
