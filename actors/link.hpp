// The connection to one remote node.
#pragma once

#include "actors/cluster_transport.hpp"
#include "actors/node_state.hpp"
#include "actors/peer_table.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace troupe {

struct link_options {
  node_identity self;
  node_id peer{};
  std::optional<host_port> address;  ///< none: the peer must dial
  link_timing timing;
  std::uint64_t seed = 0;  ///< of the jitter
  std::shared_ptr<cluster_transport> transport;
  std::shared_ptr<peer_table> table;
  std::shared_ptr<node_state> node;
  broker_actor broker;  ///< may be null
  std::vector<peer_observer> observers;
};

/// Does what link_state decides, and is the only one to hold handles of the remote node for longer
/// than a request. Its row of the peer table is written with every change; the handle in it is gone
/// before anybody is told that the link is down.
class link final : public link_actor::base {
 public:
  link(caf::actor_config& config, link_options options);

  const char* name() const override { return "link"; }
  void on_exit() override;

 protected:
  behavior_type make_behavior() override;

 private:
  void step(const link_event& what);
  void act(const link_action& what);
  void dial(const link_action& what);
  void on_dialled(dial_ended& x);
  void connect(link_attempt attempt);
  void check_connected(link_attempt attempt, const caf::node_id& node,
                       const caf::strong_actor_ptr& gate, const std::set<std::string>& interface);
  void greet(link_attempt attempt);
  void on_greeted(link_attempt attempt, hello_response& x);
  hello_response on_call(incoming_call& x);
  void take_call();
  void come_up(node_entry_actor remote);
  void ping(link_attempt attempt);
  void cut();

  void fail_connect(link_attempt attempt, const std::string& why);
  void publish();
  void report(link_phase before, link_attempt attempt);
  void tell(const peer_event& what);
  void arm();

  const link_options options_;
  link_state state_;
  std::optional<host_port> address_;
  std::shared_ptr<request_window> window_;
  std::shared_ptr<wire> wire_;
  caf::node_id peer_node_;
  node_gate_actor gate_;           // of the peer, while greeting
  node_entry_actor entry_;         // ours, for the peer
  node_entry_actor remote_;        // the peer's, while up
  incoming_call* call_ = nullptr;  // while it is being handled
  error refusal_{errc::none};
  std::string reported_refusal_;
  bool published_ = false;
  mono_time armed_for_ = mono_time::max();
  std::uint64_t armed_serial_ = 0;
};

}  // namespace troupe
