// One TCP connection to another node, from the moment it is open (and TLS is agreed on).
#pragma once

#include "actors/tls.hpp"

#include <caf/fwd.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/io/fwd.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace troupe {

/// Owns the socket until the actor framework has it; afterwards the way to end the connection, for
/// the framework offers none. Thread-safe but for tls() and hand_over().
class wire {
 public:
  /// Takes the socket. `tls` is null on loopback.
  wire(int socket, std::unique_ptr<tls_session> tls);
  ~wire();
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  /// Ends the connection now; what is buffered on either side is lost. Idempotent.
  void cut();
  bool ended() const;
  /// Address and port of the other side, as the framework writes them.
  const std::string& remote() const { return remote_; }

  /// Bytes that have come from the peer.
  std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }
  void count_received(std::size_t n) { received_.fetch_add(n, std::memory_order_relaxed); }
  /// What went wrong, when it was more than an end of the connection.
  std::string failure() const;
  void set_failure(std::string why);

  // For the framework's side, see make_scribe.
  int hand_over();
  void socket_closed();
  tls_session* tls() { return tls_.get(); }

 private:
  mutable std::mutex mutex_;
  int socket_;
  bool handed_over_ = false;
  std::unique_ptr<tls_session> tls_;
  std::string remote_;
  std::string failure_;
  std::atomic<std::uint64_t> received_{0};
};

/// "127.0.0.1:9092".
std::string wire_name(const std::string& address, std::uint16_t port);

/// The connection as the framework's broker of actor messages takes it. Messages above
/// peer_message_bytes_max, and more than peer_unsent_bytes_max that the network does not take, end
/// it.
caf::intrusive_ptr<caf::io::scribe> make_scribe(caf::actor_system& system,
                                                std::shared_ptr<wire> connection);

}  // namespace troupe
