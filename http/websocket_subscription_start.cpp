// Where the reading of a subscription begins.
#include "http/ask.hpp"
#include "http/gateway_metrics.hpp"
#include "http/websocket_subscription.hpp"

#include <fmt/format.h>

namespace troupe::http {

websocket_subscription::websocket_subscription(tcp_socket socket, websocket_upgrade upgrade,
                                               connection_services& services)
    : websocket_session(std::move(socket), std::move(upgrade), services),
      subscriber_({}, false),
      read_bytes_(services.inflight),
      retry_(services.executor) {
  query_ = parse_subscribe_query(asked().query).value();
  topic_ = asked().param("topic");
  encoder_ = tail_encoder_of(query_.format);
}

task<result<void>> websocket_subscription::prepare() {
  auto topic = services().broker.metadata()->find(topic_);
  if (!topic)
    co_return error{errc::unknown_topic, fmt::format("Topic '{}' does not exist.", topic_)};
  auto wanted = query_.partitions;
  for (const auto& each : topic->partitions)
    if (query_.partitions.empty())
      wanted.push_back(each.id);
  std::vector<websocket_subscriber::start> starts;
  starts.reserve(wanted.size());
  // Before the handshake: what is produced after it is sure to be seen by a reader of the latest.
  for (partition_id each : wanted) {
    auto start = co_await resolve(each);
    if (!start)
      co_return start.error();
    starts.push_back(*start);
  }
  subscriber_ = websocket_subscriber{starts, query_.manual_credit};
  ports_.resize(starts.size());
  seeks_.resize(starts.size());
  for (partition_slot slot = 0; slot < ports_.size(); ++slot) {
    ports_[slot].session = this;
    ports_[slot].slot = slot;
  }
  co_return result<void>{};
}

/// Who reads a topic and not certain partitions of it reads those it gets later too, from their
/// beginning: everything in them is new.
void websocket_subscription::on_topics_changed() {
  if (!query_.partitions.empty())
    return;
  auto topic = services().broker.metadata()->find(topic_);
  if (!topic || topic->partitions.size() <= subscriber_.size())
    return;
  if (topic->partitions.size() > limits::websocket_subscriptions_max)
    return finish(
        close_code::policy_error,
        error{errc::policy_violation,
              fmt::format("Topic '{}' has {} partitions now and one socket reads at most {}; name "
                          "them with ?partitions=.",
                          topic_, topic->partition_count(), limits::websocket_subscriptions_max)});
  while (subscriber_.size() < topic->partitions.size()) {
    websocket_subscriber::start one;
    one.partition = topic->partitions[subscriber_.size()].id;
    auto slot = subscriber_.add(one);
    auto& port = ports_.emplace_back();
    port.session = this;
    port.slot = slot;
    seeks_.push_back(0);
    services().metrics.subscriptions_changed(1);
    send_text(partition_added_text(named(slot), one.offset));
  }
  pump();
}

task<result<websocket_subscriber::start>> websocket_subscription::resolve(partition_id which) {
  using kind = start_position::kind;
  websocket_subscriber::start found;
  found.partition = which;
  if (query_.from.at == kind::offset) {
    found.offset = query_.from.value;
    co_return found;
  }
  list_offsets_request request;
  request.target = {topic_, which};
  request.timestamp = latest_timestamp;
  if (query_.from.at == kind::earliest)
    request.timestamp = earliest_timestamp;
  if (query_.from.at == kind::timestamp)
    request.timestamp = query_.from.value;
  auto again = request;
  auto answer = co_await ask(&broker_client::list_offsets, services().broker, std::move(request));
  bool latest = query_.from.at == kind::latest;
  if (answer.result.ok() && answer.offset == no_offset) {
    again.timestamp = latest_timestamp;
    latest = true;
    answer = co_await ask(&broker_client::list_offsets, services().broker, std::move(again));
  }
  if (!answer.result.ok())
    co_return error{answer.result.code, answer.result.message};
  found.offset = answer.offset;
  if (latest)
    found.end = answer.offset;
  co_return found;
}

void websocket_subscription::on_open() {
  services().metrics.subscriptions_changed(static_cast<std::int64_t>(subscriber_.size()));
  pump();
  // What has changed between the first look and the handshake.
  on_topics_changed();
}

}  // namespace troupe::http
