#include "http/websocket.hpp"

#include "http/produce.hpp"
#include "http/websocket_production.hpp"
#include "http/websocket_subscription.hpp"

#include <fmt/format.h>

namespace troupe::http {

namespace {

result<void> check_subscribe(const request& what, const topic_metadata& topic) {
  auto query = parse_subscribe_query(what.query);
  if (!query)
    return query.error();
  for (partition_id each : query->partitions)
    if (value_of(each) >= topic.partition_count())
      return error{errc::unknown_partition,
                   fmt::format("Topic '{}' has no partition {}; it has 0 to {}.", topic.name,
                               value_of(each), topic.partition_count() - 1)};
  if (query->partitions.empty() && topic.partitions.size() > limits::websocket_subscriptions_max)
    return error{
        errc::invalid_parameter,
        fmt::format("Topic '{}' has {} partitions and one socket reads at most {}; "
                    "name them with ?partitions=.",
                    topic.name, topic.partition_count(), limits::websocket_subscriptions_max)};
  return {};
}

result<void> check_produce(const request& what) {
  if (auto format = parse_produce_query(what.query); !format)
    return format.error();
  if (auto options = parse_produce_options(what); !options)
    return options.error();
  return {};
}

}  // namespace

result<void> check_websocket(const request& what, std::string_view pattern,
                             connection_services& services) {
  const std::string& name = what.param("topic");
  auto topic = services.broker.metadata()->find(name);
  if (!topic)
    return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", name)};
  return pattern == websocket_produce_path ? check_produce(what) : check_subscribe(what, *topic);
}

void start_websocket(tcp_socket socket, websocket_upgrade upgrade, connection_slot slot,
                     connection_services& services) {
  std::shared_ptr<websocket_session> session;
  if (upgrade.pattern == websocket_produce_path)
    session =
        std::make_shared<websocket_production>(std::move(socket), std::move(upgrade), services);
  else
    session =
        std::make_shared<websocket_subscription>(std::move(socket), std::move(upgrade), services);
  session->start(std::move(slot));
}

}  // namespace troupe::http
