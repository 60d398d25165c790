// All links of a node, and the port at which other nodes find it.
#pragma once

#include "actors/node_state.hpp"
#include "actors/peer_table.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace troupe {

struct cluster_options {
  node_identity self;
  host_port listen;
  std::map<node_id, host_port> peers;  ///< those to dial; others may call
  std::optional<tls_files> tls;        ///< none: REQUIRES that all addresses are loopback
  link_timing timing;
  std::shared_ptr<node_state> node;
  broker_actor broker;                   ///< may be null
  std::vector<peer_observer> observers;  ///< told of peers that come and go
  std::uint64_t seed = 0;                ///< of the links' jitter
  std::chrono::milliseconds stranger_timeout{limits::peer_stranger_timeout_ms};
};

/// Owned by one thread, none of the loops; add() and peers() may be called from every thread.
class cluster_links {
 public:
  /// Makes systems built from `config` able to talk to others.
  static void prepare(caf::actor_system_config& config);

  /// Opens the port and begins to dial. `on` is a loop of the system. Errors: invalid_config (a
  /// file of TLS), conflict (the port).
  static result<std::unique_ptr<cluster_links>> start(caf::actor_system& system,
                                                      boost::asio::io_context& on,
                                                      cluster_options options);
  virtual ~cluster_links() = default;

  virtual std::uint16_t port() const = 0;
  /// What is known of each peer; stays valid after stop().
  virtual std::shared_ptr<const peer_table> peers() const = 0;
  /// A node has been heard of, or has moved.
  virtual void add(node_id peer, host_port where) = 0;
  /// Connections that were turned away at the port, and why the last one was.
  virtual std::uint64_t turned_away() const = 0;
  virtual std::string last_reason() const = 0;

  /// Closes the port, cuts all connections, ends all actors. Idempotent.
  virtual void stop() = 0;
};

}  // namespace troupe
