// What every WebSocket of the gateway has in common: handshake, reading messages within their
// limits, errors, the close, the stop. What is said in between is the business of the two kinds,
// websocket_subscription and websocket_production.
//
// Close codes: 1000 and what the client chose; 1001 the gateway stops; 1002 broken protocol; 1003 a
// binary frame; 1007 not UTF-8, or too many frames that are not JSON; 1008 a message that took too
// long to arrive, or more partitions than one socket reads; 1009 a message above the limit; 1011
// the partition cannot be read any more; 1013 no memory left for the message. An `error` frame says
// the same in words first, except where the frame itself was broken (1002, 1007, 1009).
#pragma once

#include "http/admission.hpp"
#include "http/parse_websocket.hpp"
#include "http/websocket.hpp"
#include "http/websocket_stream.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <memory>

namespace troupe::http {

using close_code = boost::beast::websocket::close_code;
using loop_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, loop_executor>;

/// A message as it was read, with its share of the gateway's memory.
struct websocket_message {
  explicit websocket_message(admission& from) : held(from) {}

  std::string_view text() const {
    auto data = buffer.cdata();
    return {static_cast<const char*>(data.data()), data.size()};
  }

  boost::beast::flat_buffer buffer;
  held_bytes held;
};

/// Owned by its own pending operations; lives on one loop.
class websocket_session : public live_connection,
                          public frame_sender,
                          public std::enable_shared_from_this<websocket_session> {
 public:
  websocket_session(tcp_socket socket, websocket_upgrade upgrade, connection_services& services);
  ~websocket_session() override;

  /// Begins; REQUIRES to be called once, on the loop.
  void start(connection_slot slot);
  /// Cuts the connection without a word.
  void abandon() { out().close(); }

 protected:
  // -- what the kinds do ------------------------------------------------------------

  /// Before the handshake; an error is answered as HTTP.
  virtual task<result<void>> prepare() = 0;
  /// The handshake is done.
  virtual void on_open() = 0;
  /// A frame that could be parsed. May take the message.
  virtual void on_frame(client_frame frame, std::unique_ptr<websocket_message>& message) = 0;
  /// False while the client is not to be read.
  virtual bool may_read() const { return true; }
  /// The gateway stops. Closes, now or when what is under way is done.
  virtual void on_stopping() = 0;
  /// Comes once after on_open: nothing is read any more, and only what is queued is sent.
  virtual void on_end() = 0;
  /// Topics have changed.
  virtual void on_topics_changed() {}
  /// The socket took nothing for long, or what was expected did not come.
  virtual void on_stalled() {}

  // -- what they do it with -----------------------------------------------------------

  connection_services& services() { return services_; }
  const request& asked() const { return upgrade_.req; }
  frame_stream& out() { return ws_.next_layer(); }
  const frame_stream& out() const { return ws_.next_layer(); }
  /// Open, and not closing.
  bool serving() const { return open_ && !closing_; }
  void send_text(std::string_view payload);
  void send_error(const error& what, std::string_view id = {});
  /// Says why, then closes. What was queued before is still sent.
  void finish(close_code code, const error& why);
  void finish(close_code code, std::string_view reason);
  /// on_stalled comes unless the socket drains within limits::websocket_stall_ms.
  void expect_progress();
  /// may_read() may have become true.
  void wake_reader() { wake_.cancel(); }

  // frame_sender
  void on_drained() override;
  void on_blocked() override;
  void on_broken() override;
  std::shared_ptr<void> pin() override { return shared_from_this(); }

 private:
  using socket_stream = boost::beast::websocket::stream<frame_stream, false>;

  // live_connection
  void on_deadline(mono_time now) override;
  void on_stop() override;
  void on_metadata() override;
  void on_cut() override;

  task<void> run();
  task<void> refuse(const error& what);
  task<bool> shake_hands();
  task<void> read_messages();
  task<bool> read_message(websocket_message& into);
  void on_message(std::unique_ptr<websocket_message>& message);
  void update_deadline();
  void count_sent();

  connection_services& services_;
  connection_slot slot_;
  websocket_upgrade upgrade_;
  socket_stream ws_;
  loop_timer wake_;
  mono_time message_deadline_ = mono_time::max();
  mono_time stall_deadline_ = mono_time::max();
  std::size_t bad_frames_ = 0;
  std::uint64_t counted_frames_ = 0;
  bool open_ = false;
  bool closing_ = false;
  bool close_pending_ = false;
};

}  // namespace troupe::http
