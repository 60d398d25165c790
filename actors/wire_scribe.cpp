#include "actors/wire.hpp"
#include "runtime/base/limits.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/abstract_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/interfaces.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/io/scribe.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace troupe {

namespace {

namespace net = caf::io::network;
using net::rw_state;

/// How the framework's stream reads and writes: directly, or through TLS that has been agreed on.
class wire_policy {
 public:
  explicit wire_policy(std::shared_ptr<wire> connection) : wire_(std::move(connection)) {}

  rw_state read_some(std::size_t& n, net::native_socket socket, void* into, std::size_t size) {
    auto how =
        wire_->tls() == nullptr ? read_plain(n, socket, into, size) : read_tls(n, into, size);
    wire_->count_received(n);
    return how;
  }

  rw_state write_some(std::size_t& n, net::native_socket socket, const void* from,
                      std::size_t size) {
    n = 0;
    if (size == 0)
      return rw_state::indeterminate;
    if (wire_->tls() != nullptr)
      return judge(wire_->tls()->write(from, size, n), n);
    auto sent = send(socket, from, size, MSG_NOSIGNAL);
    return judge_plain(sent, n);
  }

  bool must_read_more(net::native_socket, std::size_t threshold) {
    return wire_->tls() != nullptr &&
           wire_->tls()->pending() >= std::max<std::size_t>(threshold, 1);
  }

 private:
  static rw_state judge_plain(ssize_t result, std::size_t& n) {
    n = result > 0 ? static_cast<std::size_t>(result) : 0;
    if (result > 0 || errno == EAGAIN || errno == EINTR)
      return rw_state::success;
    return rw_state::failure;
  }

  static rw_state read_plain(std::size_t& n, net::native_socket socket, void* into,
                             std::size_t size) {
    auto got = recv(socket, into, size, 0);
    n = 0;
    return got == 0 ? rw_state::failure : judge_plain(got, n);
  }

  rw_state read_tls(std::size_t& n, void* into, std::size_t size) {
    n = 0;
    return judge(wire_->tls()->read(into, size, n), n);
  }

  rw_state judge(tls_step how, std::size_t& n) {
    if (how == tls_step::done)
      return rw_state::success;
    n = 0;
    if (how != tls_step::failed)
      return rw_state::success;  // nothing moved; polled again
    wire_->set_failure(wire_->tls()->failure());
    return rw_state::failure;
  }

  std::shared_ptr<wire> wire_;
};

class wire_scribe final : public caf::io::scribe {
 public:
  wire_scribe(net::default_multiplexer& poller, std::shared_ptr<wire> connection, int socket)
      : scribe(net::conn_hdl_from_socket(socket)),
        wire_(connection),
        stream_(poller, socket, std::move(connection)) {}

  // Before the stream closes the socket, whose number may then be another's.
  ~wire_scribe() override { wire_->socket_closed(); }

  void configure_read(caf::io::receive_policy::config config) override {
    if (config.second > limits::peer_message_bytes_max) {
      wire_->set_failure("a message from the peer is larger than the limit");
      wire_->cut();
      return;
    }
    stream_.configure_read(config);
    if (!launched_) {
      launched_ = true;
      stream_.start(this);
    }
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }
  void flush() override {
    if (stream_.wr_buf().size() > limits::peer_unsent_bytes_max) {
      wire_->set_failure("the peer does not take what is sent to it");
      wire_->cut();
    }
    stream_.flush(this);
  }
  std::string addr() const override { return wire_->remote().substr(0, colon()); }
  std::uint16_t port() const override {
    return static_cast<std::uint16_t>(std::stoul("0" + wire_->remote().substr(colon() + 1)));
  }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

 private:
  std::size_t colon() const { return wire_->remote().rfind(':'); }

  std::shared_ptr<wire> wire_;
  bool launched_ = false;
  net::stream_impl<wire_policy> stream_;
};

}  // namespace

caf::intrusive_ptr<caf::io::scribe> make_scribe(caf::actor_system& system,
                                                std::shared_ptr<wire> connection) {
  auto& poller = static_cast<net::default_multiplexer&>(system.middleman().backend());
  auto socket = connection->hand_over();
  return caf::make_counted<wire_scribe>(poller, std::move(connection), socket);
}

}  // namespace troupe
