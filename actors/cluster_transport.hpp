// The way from our sockets into the actor framework's distribution layer.
#pragma once

#include "actors/cluster_listener.hpp"
#include "actors/dialer.hpp"
#include "actors/messages.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <memory>
#include <set>
#include <string>

namespace troupe {

/// Shared by the gate and the links of a node. The framework would open, accept and encrypt
/// connections itself; why it does not is in docs/decisions/0009-our-own-sockets-below-caf.md.
/// Thread-safe.
class cluster_transport {
 public:
  /// Makes systems built from `config` able to talk to others.
  static void load(caf::actor_system_config& config);

  cluster_transport(caf::actor_system& system, boost::asio::io_context& on,
                    std::shared_ptr<const tls_context> tls);

  /// Opens the port at which `gate` answers. Errors: conflict.
  result<void> listen(const host_port& at, const node_gate_actor& gate, listener_options use = {});
  cluster_listener& listener() { return *listener_; }
  bool listening() const { return listener_ != nullptr; }

  /// See dialer.hpp.
  void dial(const host_port& to, std::chrono::milliseconds timeout, bool knock,
            std::function<void(dialled)> then);

  /// The framework's broker of messages between systems. Asked with connect_atom and a scribe it
  /// does its handshake; asked with get_atom and a node it says where that node is connected from.
  const caf::actor& broker() const { return broker_; }
  caf::actor_system& system() { return system_; }

  /// Closes the port and all accepted connections; lets go of the framework.
  void stop();

 private:
  caf::actor_system& system_;
  boost::asio::io_context& context_;
  std::shared_ptr<const tls_context> tls_;
  caf::actor broker_;
  std::shared_ptr<cluster_listener> listener_;
};

}  // namespace troupe
