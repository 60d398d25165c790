// What another node reaches of this one.
#pragma once

#include "actors/node_state.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace troupe {

/// One per connection, for the peer that has said a good hello on it; it ends with the connection.
/// Hands each request on to the actor that serves it, whose answer goes straight back. Answers
/// nobody but its peer: the framework lets whoever is connected send to any actor whose number he
/// guesses.
class node_entry final : public node_entry_actor::base {
 public:
  /// `peer` is the framework's id of the peer's process.
  node_entry(caf::actor_config& config, caf::node_id peer, std::shared_ptr<node_state> node,
             broker_actor broker);

  const char* name() const override { return "node_entry"; }

 protected:
  behavior_type make_behavior() override;

 private:
  bool is_from_peer();
  template <class Response, class Request>
  caf::result<Response> to_partition(Request& what);
  template <class Request>
  caf::result<topic_response> to_broker(Request& what);

  const caf::node_id peer_;
  const std::shared_ptr<node_state> node_;
  const broker_actor broker_;
};

}  // namespace troupe
