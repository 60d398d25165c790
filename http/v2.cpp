#include "http/v2.hpp"

#include "http/parse_query.hpp"

#include <fmt/format.h>

#include <array>

namespace troupe::http {

namespace {

constexpr auto routes = std::to_array<route>({
    {verb::get, "/topics", v2_list_topics},
    {verb::get, "/topics/{topic}", v2_get_topic},
    {verb::post, "/topics/{topic}", v2_produce_to_topic, body_mode::whole},
    {verb::get, "/topics/{topic}/partitions", v2_list_partitions},
    {verb::get, "/topics/{topic}/partitions/{partition}", v2_get_partition},
    {verb::post, "/topics/{topic}/partitions/{partition}", v2_produce_to_partition,
     body_mode::whole},
    {verb::get, "/topics/{topic}/partitions/{partition}/offsets", v2_get_offsets},
    {verb::get, "/topics/{topic}/partitions/{partition}/records", v2_consume},
    {verb::get, "/brokers", v2_list_brokers},
    {verb::post, "/admin/topics", v2_create_topic, body_mode::whole},
});

}  // namespace

std::span<const route> v2_routes() { return routes; }

response v2_answer(std::string body, unsigned status) {
  response out = response::json(std::move(body), status);
  out.content_type = v2_media_type;
  return out;
}

result<topic_ptr> find_topic(exchange& ex) {
  const auto& name = ex.req.param("topic");
  if (auto topic = ex.broker().metadata()->find(name))
    return topic;
  return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", name)};
}

result<v2_target> find_partition(exchange& ex) {
  auto topic = find_topic(ex);
  if (!topic)
    return topic.error();
  const auto& text = ex.req.param("partition");
  auto number = parse_integer(text);
  if (!number)
    return error{errc::invalid_parameter, fmt::format("A partition is a number, not '{}'.", text)};
  if (*number < 0 || *number >= (*topic)->partition_count())
    return error{errc::unknown_partition,
                 fmt::format("Partition {} of topic '{}' does not exist; it has {}.", *number,
                             (*topic)->name, (*topic)->partition_count())};
  const auto* partition = &(*topic)->partitions[static_cast<std::size_t>(*number)];
  return v2_target{std::move(*topic), partition};
}

}  // namespace troupe::http
