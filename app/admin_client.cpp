#include "app/admin_client.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::app {

namespace json = boost::json;

namespace {

/// The part of an answer that a command needs, or a failure that shows what came instead.
template <class Read>
auto read_json(const attempt<std::string>& body, Read read)
    -> attempt<decltype(read(std::declval<json::value&>()))> {
  if (!body)
    return body.error();
  try {
    auto value = json::parse(*body);
    return read(value);
  } catch (const std::exception& e) {
    return failure{exit_failed, fmt::format("the broker's answer is not understood ({}): {}",
                                            e.what(), body->substr(0, 200))};
  }
}

}  // namespace

attempt<std::string> admin_client::call(std::string_view method, std::string target,
                                        std::string_view doing, std::string_view body) {
  http_request request;
  request.method = method;
  request.target = std::move(target);
  request.body = body;
  if (!body.empty())
    request.content_type = "application/json";
  auto answer = http_.send(request);
  if (!answer)
    return answer.error();
  if (!answer->ok())
    return failure_of(*answer, doing);
  return std::move(answer->body);
}

attempt<std::string> admin_client::topic_path(const std::string& topic) {
  if (cluster_.empty()) {
    auto read = [](json::value& x) {
      return std::string(x.at("data").at(0).at("cluster_id").as_string());
    };
    auto id = read_json(call("GET", "/v3/clusters", "find the cluster"), read);
    if (!id)
      return id.error();
    cluster_ = *id;
  }
  return "/v3/clusters/" + encode_component(cluster_) + "/topics" +
         (topic.empty() ? "" : "/" + encode_component(topic));
}

attempt<std::vector<std::string>> admin_client::topics() {
  return read_json(call("GET", "/topics", "list topics"),
                   [](json::value& x) { return json::value_to<std::vector<std::string>>(x); });
}

attempt<std::int32_t> admin_client::partitions(const std::string& topic) {
  auto doing = fmt::format("describe topic '{}'", topic);
  return read_json(call("GET", "/topics/" + encode_component(topic), doing), [](json::value& x) {
    return static_cast<std::int32_t>(x.at("partitions").as_array().size());
  });
}

attempt<offset_range> admin_client::offsets(const std::string& topic, std::int32_t partition) {
  auto target = fmt::format("/topics/{}/partitions/{}/offsets", encode_component(topic), partition);
  auto doing = fmt::format("offsets of {}-{}", topic, partition);
  return read_json(call("GET", target, doing), [](json::value& x) {
    return offset_range{x.at("beginning_offset").as_int64(), x.at("end_offset").as_int64()};
  });
}

attempt<std::vector<config_value>> admin_client::configs(const std::string& topic) {
  auto path = topic_path(topic);
  if (!path)
    return path.error();
  auto doing = fmt::format("settings of topic '{}'", topic);
  return read_json(call("GET", *path + "/configs", doing), [](json::value& x) {
    std::vector<config_value> out;
    for (auto& row : x.at("data").as_array()) {
      auto& value = row.at("value");
      out.push_back({std::string(row.at("name").as_string()),
                     value.is_null() ? "" : std::string(value.as_string()),
                     row.at("is_default").as_bool()});
    }
    return out;
  });
}

attempt<void> admin_client::create(const topic_settings& what) {
  auto path = topic_path({});
  if (!path)
    return path.error();
  json::object body{{"topic_name", what.name}};
  if (what.partitions >= 0)
    body["partitions_count"] = what.partitions;
  if (what.replication_factor >= 0)
    body["replication_factor"] = what.replication_factor;
  json::array configs;
  for (const auto& [name, value] : what.configs)
    configs.push_back({{"name", name}, {"value", value}});
  if (!configs.empty())
    body["configs"] = std::move(configs);
  auto done =
      call("POST", *path, fmt::format("create topic '{}'", what.name), json::serialize(body));
  if (!done)
    return done.error();
  return {};
}

attempt<void> admin_client::remove(const std::string& topic) {
  auto path = topic_path(topic);
  if (!path)
    return path.error();
  auto done = call("DELETE", *path, fmt::format("delete topic '{}'", topic));
  if (!done)
    return done.error();
  return {};
}

attempt<void> admin_client::set_partitions(const std::string& topic, std::int32_t total) {
  auto path = topic_path(topic);
  if (!path)
    return path.error();
  auto body = fmt::format(R"({{"partitions_count":{}}})", total);
  auto done = call("PATCH", *path, fmt::format("raise the partitions of '{}'", topic), body);
  if (!done)
    return done.error();
  return {};
}

attempt<void> admin_client::alter(
    const std::string& topic, const std::map<std::string, std::optional<std::string>>& changes) {
  auto path = topic_path(topic);
  if (!path)
    return path.error();
  json::array data;
  for (const auto& [name, value] : changes) {
    json::object change{{"name", name}, {"operation", value ? "SET" : "DELETE"}};
    if (value)
      change["value"] = *value;
    data.push_back(std::move(change));
  }
  json::object body{{"data", std::move(data)}};
  auto done = call("POST", *path + "/configs:alter", fmt::format("alter topic '{}'", topic),
                   json::serialize(body));
  if (!done)
    return done.error();
  return {};
}

}  // namespace troupe::app
