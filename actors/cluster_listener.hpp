// Accepts connections of other nodes.
#pragma once

#include "actors/wire.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace troupe {

struct listener_options {
  host_port at;
  std::shared_ptr<const tls_context> tls;  ///< null: without
  std::chrono::milliseconds stranger_timeout{limits::peer_stranger_timeout_ms};
  std::size_t strangers_max = limits::peer_strangers_max;
  /// Called on the loop for each connection that is open and, with TLS, trusted.
  std::function<void(std::shared_ptr<wire>)> on_accepted;
};

/// Nothing of a stranger gets past TLS: a peer without a certificate of the authority is cut off
/// here and the actor framework never sees it. A connection stays a stranger until welcome() is
/// called for it, and is cut when that takes too long. Thread-safe.
class cluster_listener {
 public:
  virtual ~cluster_listener() = default;

  /// Errors: conflict when the address cannot be bound.
  static result<std::shared_ptr<cluster_listener>> open(boost::asio::io_context& on,
                                                        listener_options use);

  virtual std::uint16_t port() const = 0;
  /// The open connection whose other side is `remote`, or null.
  virtual std::shared_ptr<wire> find(const std::string& remote) = 0;
  /// This one has said hello and is no stranger any more.
  virtual void welcome(const std::shared_ptr<wire>& known) = 0;
  virtual std::size_t strangers() const = 0;
  /// Connections that were turned away: TLS, time, number.
  virtual std::uint64_t turned_away() const = 0;
  /// Why the last of them was.
  virtual std::string last_reason() const = 0;

  /// Closes the port and cuts all connections it has accepted.
  virtual void stop() = 0;
};

}  // namespace troupe
