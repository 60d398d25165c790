#include "app/subscription.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::app {

namespace json = boost::json;

namespace {

attempt<void> handle(const json::object& frame, const subscription_events& events) {
  std::string_view type = frame.at("type").as_string();
  if (type == "records") {
    for (const auto& record : frame.at("records").as_array())
      events.on_record(record.as_object());
  } else if (type == "caught_up") {
    if (events.on_caught_up)
      events.on_caught_up(static_cast<std::int32_t>(frame.at("partition").as_int64()),
                          frame.at("next_offset").as_int64());
  } else if (type == "error") {
    auto code = frame.at("error_code").as_int64();
    // A broker that stops is as good as gone; anything else is said about this subscription.
    return failure{code / 100 == 503 ? exit_unreachable : exit_failed,
                   fmt::format("the broker ends the subscription: {} (error {})",
                               std::string_view(frame.at("message").as_string()), code)};
  }
  return {};
}

}  // namespace

attempt<subscription> subscription::open(const server_url& server,
                                         const subscription_options& options) {
  auto target = fmt::format("/ws/topics/{}?from={}&format={}", encode_component(options.topic),
                            encode_component(options.from), http::to_string(options.format));
  if (!options.partitions.empty())
    target += fmt::format("&partitions={}", fmt::join(options.partitions, ","));
  auto socket = websocket_client::open(server, target);
  if (!socket)
    return socket.error();
  return subscription(std::move(*socket));
}

attempt<void> subscription::seek(std::int32_t partition, offset_t offset) {
  return socket_.write(
      fmt::format(R"({{"type":"seek","partition":{},"offset":{}}})", partition, offset));
}

attempt<void> subscription::poll(std::chrono::milliseconds wait,
                                 const subscription_events& events) {
  auto frame = socket_.read(wait);
  if (!frame)
    return frame.error();
  if (!*frame)
    return {};
  try {
    json::monotonic_resource memory;
    auto value = json::parse(**frame, &memory);
    return handle(value.as_object(), events);
  } catch (const std::exception& e) {
    return failure{exit_failed, fmt::format("a frame of the broker is not understood ({}): {}",
                                            e.what(), (*frame)->substr(0, 200))};
  }
}

}  // namespace troupe::app
