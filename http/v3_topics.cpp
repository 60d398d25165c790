#include "http/ask.hpp"
#include "http/check_body.hpp"
#include "http/parse_query.hpp"
#include "http/parse_v3_admin.hpp"
#include "http/v3_handlers.hpp"
#include "http/v3_resources.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace json = boost::json;

namespace {

error bad_assignment(std::string what) {
  return {errc::invalid_replica_assignment, "replicas_assignments: " + std::move(what)};
}

bool is_broker(const metadata_image& image, std::int32_t id) {
  return std::any_of(image.brokers.begin(), image.brokers.end(),
                     [id](const auto& x) { return value_of(x.id) == id; });
}

/// Whether one partition's replicas are brokers of this cluster, each once.
result<void> check_replicas(const replica_assignment& one, const metadata_image& image) {
  auto sorted = one.brokers;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty())
    return bad_assignment(fmt::format("partition {} has no brokers.", one.partition));
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return bad_assignment(fmt::format("partition {} names a broker twice.", one.partition));
  for (auto id : sorted)
    if (!is_broker(image, id))
      return bad_assignment(
          fmt::format("partition {} names broker {}, which does not exist.", one.partition, id));
  return {};
}

/// Turns an assignment into the numbers it stands for. With one broker in the cluster every valid
/// assignment is the one the broker makes itself.
result<void> apply_assignments(create_topic_body& body, const metadata_image& image) {
  auto& list = body.assignments;
  if (list.empty())
    return {};
  std::sort(list.begin(), list.end(),
            [](const auto& a, const auto& b) { return a.partition < b.partition; });
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].partition != static_cast<std::int32_t>(i))
      return bad_assignment(
          fmt::format("partitions must be numbered from 0 to {}, each once.", list.size() - 1));
    if (auto fine = check_replicas(list[i], image); !fine)
      return fine;
    if (list[i].brokers.size() != list[0].brokers.size())
      return bad_assignment("all partitions must have the same number of replicas.");
  }
  body.request.partitions = static_cast<std::int32_t>(list.size());
  body.request.replication_factor = static_cast<std::int16_t>(list[0].brokers.size());
  return {};
}

result<void> check_replication(const create_topic_request& what, const metadata_image& image) {
  const auto brokers = image.brokers.size();
  if (what.replication_factor <= static_cast<std::int64_t>(brokers))
    return {};
  return error{errc::invalid_replication_factor,
               fmt::format("replication_factor {} is larger than the number of brokers, {}.",
                           what.replication_factor, brokers)};
}

result<create_topic_request> read_creation(std::string_view text, const metadata_image& image) {
  auto body = parse_v3_create_topic(text);
  if (!body)
    return body.error();
  if (auto name = check_topic_name(body->request.name); !name)
    return name.error();
  if (auto fine = apply_assignments(*body, image); !fine)
    return fine.error();
  if (auto fine = check_replication(body->request, image); !fine)
    return fine.error();
  return std::move(body->request);
}

response described(exchange& at, const std::string& topic, unsigned status) {
  const auto place = place_of_topic(at, topic);
  if (!place)
    return response::failure(place.error());
  auto out = resource(topic_resource(*place, *place->topic), status);
  if (status == 201)
    out.headers.emplace_back("Location", place->root + "/topics/" + topic);
  return out;
}

response failed(const outcome& why) { return response::failure({why.code, why.message}); }

}  // namespace

task<response> list_v3_topics(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  json::array data;
  for (const auto& [name, topic] : place->image->topics)
    data.push_back(topic_resource(*place, *topic));
  co_return resource_list(at.req, "KafkaTopic", std::move(data));
}

task<response> create_v3_topic(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  if (const auto fine = check_json_body(at.req); !fine)
    co_return response::failure(fine.error());
  auto what = read_creation(at.req.body, *place->image);
  if (!what)
    co_return response::failure(what.error());
  const auto name = what->name;
  const bool only_validate = what->validate_only;
  const auto done = co_await ask(&broker_client::create_topic, at.broker(), std::move(*what));
  if (!done.result.ok())
    co_return failed(done.result);
  if (only_validate)
    co_return response::no_content();
  co_return described(at, name, 201);
}

task<response> describe_v3_topic(exchange& at) {
  // Part of the REST proxy's API; nobody is authorized for anything here, so it changes nothing.
  constexpr std::string_view authorized = "include_authorized_operations";
  const auto place = find_place(at, {authorized});
  if (!place)
    co_return response::failure(place.error());
  const auto include = query_boolean(at.req.query, authorized, false);
  if (!include)
    co_return response::failure(include.error());
  co_return resource(topic_resource(*place, *place->topic));
}

task<response> raise_partitions(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  if (const auto fine = check_json_body(at.req); !fine)
    co_return response::failure(fine.error());
  auto what = parse_v3_partitions_count(at.req.body);
  if (!what)
    co_return response::failure(what.error());
  const auto name = place->topic->name;
  const bool only_validate = what->validate_only;
  what->name = name;
  const auto done = co_await ask(&broker_client::create_partitions, at.broker(), std::move(*what));
  if (!done.result.ok())
    co_return failed(done.result);
  if (only_validate)
    co_return response::no_content();
  co_return described(at, name, 200);
}

task<response> delete_v3_topic(exchange& at) {
  const auto place = find_place(at);
  if (!place)
    co_return response::failure(place.error());
  delete_topic_request what{place->topic->name};
  const auto done = co_await ask(&broker_client::delete_topic, at.broker(), std::move(what));
  if (!done.result.ok())
    co_return failed(done.result);
  co_return response::no_content();
}

}  // namespace troupe::http
