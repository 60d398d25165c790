// The actor at the cluster port.
#pragma once

#include "actors/cluster_transport.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>

namespace troupe {

/// The only actor a connection leads to. It answers hello and nothing else, and gives whoever it
/// takes a node_entry of its own; who says nothing, or nothing good, is cut off by the listener.
class node_gate final : public node_gate_actor::base {
 public:
  /// The link to a node, a new one for a node not heard of before; an error when there are too
  /// many.
  using find_link = std::function<result<link_actor>(node_id)>;

  node_gate(caf::actor_config& config, node_identity self,
            std::shared_ptr<cluster_transport> transport, find_link links);

  const char* name() const override { return "node_gate"; }

 protected:
  behavior_type make_behavior() override;
  void on_exit() override;

 private:
  using answer = caf::typed_response_promise<hello_response>;

  result<void> check(const hello_request& x, const caf::node_id& from) const;
  void find_connection(hello_request x, caf::node_id from, answer to);
  void hand_on(hello_request x, const std::shared_ptr<wire>& connection, answer to);
  void refuse(answer& to, const error& why);

  const node_identity self_;
  std::shared_ptr<cluster_transport> transport_;
  find_link links_;
};

}  // namespace troupe
