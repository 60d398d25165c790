// The settings of a broker, as the REST proxy shows them. They are given at the start and cannot be
// changed here.
#include "http/gateway_config.hpp"
#include "http/v3_handlers.hpp"
#include "http/v3_resources.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::http {

namespace json = boost::json;

namespace {

json::object render(exchange& at, const v3_place& place, const broker_metadata& broker,
                    const broker_setting& setting) {
  const auto& all = at.config().broker_settings;
  const auto given = all.find(std::string{setting.name});
  return broker_config_resource(place, broker, setting,
                                given == all.end() ? nullptr : &given->second);
}

}  // namespace

/// Settings that were changed for all brokers at run time; there is no way to do that.
task<response> list_cluster_configs(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  co_return resource_list(at.req, "KafkaClusterConfig", {});
}

task<response> list_broker_configs(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  for (const auto& setting : broker_setting_table())
    data.push_back(render(at, *place, *place->broker, setting));
  co_return resource_list(at.req, "KafkaBrokerConfig", std::move(data));
}

task<response> describe_broker_config(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  const auto& name = at.req.param("name");
  for (const auto& setting : broker_setting_table())
    if (setting.name == name)
      co_return resource(render(at, *place, *place->broker, setting));
  const error why{errc::unknown_config, fmt::format("There is no broker setting '{}'.", name)};
  co_return response::failure(why);
}

}  // namespace troupe::http
