#include "http/ask.hpp"
#include "http/check_body.hpp"
#include "http/parse_v3_admin.hpp"
#include "http/v3_handlers.hpp"
#include "http/v3_resources.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::http {

namespace json = boost::json;

namespace {

void append_settings(json::array& to, const v3_place& place, const topic_metadata& topic) {
  for (const auto& setting : topic_config_table())
    to.push_back(topic_config_resource(place, topic, setting));
}

result<const topic_config_info*> find_setting(const request& from) {
  const auto& name = from.param("name");
  for (const auto& setting : topic_config_table())
    if (setting.name == name)
      return &setting;
  return error{errc::unknown_config, fmt::format("There is no topic setting '{}'.", name)};
}

task<response> alter(exchange& at, const v3_place& place, config_changes changes) {
  alter_topic_request what{place.topic->name, std::move(changes.configs), changes.validate_only};
  const auto done = co_await ask(&broker_client::alter_topic, at.broker(), std::move(what));
  if (done.result.ok())
    co_return response::no_content();
  const error why{done.result.code, done.result.message};
  co_return response::failure(why);
}

}  // namespace

task<response> list_all_topic_configs(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  for (const auto& [name, topic] : place->image->topics)
    append_settings(data, *place, *topic);
  co_return resource_list(at.req, "KafkaTopicConfig", std::move(data));
}

task<response> list_topic_configs(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  append_settings(data, *place, *place->topic);
  co_return resource_list(at.req, "KafkaTopicConfig", std::move(data));
}

task<response> describe_topic_config(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  const auto setting = find_setting(at.req);
  if (!setting)
    co_return response::failure(setting.error());
  co_return resource(topic_config_resource(*place, *place->topic, **setting));
}

task<response> set_topic_config(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  if (const auto fine = check_json_body(at.req); !fine)
    co_return response::failure(fine.error());
  if (const auto setting = find_setting(at.req); !setting)
    co_return response::failure(setting.error());
  auto value = parse_v3_config_value(at.req.body);
  if (!value)
    co_return response::failure(value.error());
  config_changes changes;
  changes.configs.emplace(at.req.param("name"), std::move(*value));
  co_return co_await alter(at, *place, std::move(changes));
}

task<response> reset_topic_config(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  if (const auto setting = find_setting(at.req); !setting)
    co_return response::failure(setting.error());
  config_changes changes;
  changes.configs.emplace(at.req.param("name"), std::nullopt);
  co_return co_await alter(at, *place, std::move(changes));
}

task<response> alter_topic_configs(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  if (const auto fine = check_json_body(at.req); !fine)
    co_return response::failure(fine.error());
  auto changes = parse_v3_alter_configs(at.req.body);
  if (!changes)
    co_return response::failure(changes.error());
  co_return co_await alter(at, *place, std::move(*changes));
}

}  // namespace troupe::http
