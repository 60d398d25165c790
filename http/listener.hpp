// Accepts connections on one address and hands them to the loops, round robin.
#pragma once

#include "http/loop.hpp"

namespace troupe::http {

/// Runs on its first loop; open() is called before that loop needs to run.
class listener : public std::enable_shared_from_this<listener> {
 public:
  /// `loops[i]` runs on the executor of its services.
  listener(admission& limit, std::vector<std::shared_ptr<loop>> loops);

  /// Errors: io_error (address in use and the like), invalid_parameter (not an address).
  result<void> open(const std::string& host, std::uint16_t port);
  /// Begins to accept.
  void start();
  /// On its loop: accepts no more.
  void close();
  std::uint16_t port() const { return port_; }

 private:
  void wait();
  void accept_waiting();
  void pause();

  admission& limit_;
  std::vector<std::shared_ptr<loop>> loops_;
  std::size_t next_ = 0;
  asio::basic_socket_acceptor<asio::ip::tcp, loop_executor> acceptor_;
  loop_timer retry_;
  std::uint16_t port_ = 0;
};

}  // namespace troupe::http
