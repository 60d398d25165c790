#include "actors/node_entry.hpp"

#include "actors/outcomes.hpp"

#include <caf/sec.hpp>
#include <fmt/format.h>

namespace troupe {

node_entry::node_entry(caf::actor_config& config, caf::node_id peer,
                       std::shared_ptr<node_state> node, broker_actor broker)
    : node_entry_actor::base(config),
      peer_(std::move(peer)),
      node_(std::move(node)),
      broker_(std::move(broker)) {}

node_entry::behavior_type node_entry::make_behavior() {
  return {
      [this](ping_request) -> caf::result<ping_response> {
        if (!is_from_peer())
          return caf::sec::unexpected_message;
        return ping_response{};
      },
      [this](produce_request& x) { return to_partition<produce_response>(x); },
      [this](fetch_request& x) { return to_partition<fetch_response>(x); },
      [this](list_offsets_request& x) { return to_partition<list_offsets_response>(x); },
      [this](delete_records_request& x) { return to_partition<delete_records_response>(x); },
      [this](create_topic_request& x) { return to_broker(x); },
      [this](delete_topic_request& x) { return to_broker(x); },
      [this](create_partitions_request& x) { return to_broker(x); },
      [this](alter_topic_request& x) { return to_broker(x); },
  };
}

bool node_entry::is_from_peer() {
  const auto& from = current_sender();
  return from != nullptr && from->node() == peer_;
}

template <class Response, class Request>
caf::result<Response> node_entry::to_partition(Request& what) {
  if (!is_from_peer())
    return caf::sec::unexpected_message;
  auto view = node_->view();
  const auto* found = view->find(what.target);
  if (found != nullptr && found->actor)
    return delegate(found->actor, std::move(what));
  Response answer;
  bool known = view->topics.contains(what.target.topic);
  answer.result = {
      known ? errc::unknown_partition : errc::unknown_topic,
      fmt::format("Node {} does not have {}.", value_of(node_->self), to_string(what.target))};
  return answer;
}

template <class Request>
caf::result<topic_response> node_entry::to_broker(Request& what) {
  if (!is_from_peer())
    return caf::sec::unexpected_message;
  if (!broker_)
    return topic_response{as_outcome(errc::not_controller)};
  return delegate(broker_, std::move(what));
}

}  // namespace troupe
