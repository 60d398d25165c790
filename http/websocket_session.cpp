#include "http/websocket_session.hpp"

#include "http/ask.hpp"
#include "http/gateway_config.hpp"
#include "http/gateway_metrics.hpp"
#include "http/websocket_frames.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace troupe::http {

namespace websocket = boost::beast::websocket;
namespace fields = boost::beast::http;

namespace {

constexpr std::string_view request_id_name = "X-Request-Id";
constexpr std::size_t read_piece = 64 * limits::KiB;

/// A close frame holds 123 bytes of words.
websocket::close_reason reason_of(close_code code, std::string_view words) {
  return {code, words.substr(0, 120)};
}

websocket::stream_base::timeout timeouts() {
  websocket::stream_base::timeout x{};
  x.handshake_timeout = std::chrono::milliseconds{limits::websocket_close_timeout_ms};
  x.idle_timeout = std::chrono::milliseconds{limits::websocket_idle_timeout_ms};
  x.keep_alive_pings = true;
  return x;
}

/// What Beast would refuse in words of its own.
std::optional<error> handshake_fault(const fields::request<fields::empty_body>& head) {
  if (head.find(fields::field::sec_websocket_key) == head.end())
    return error{errc::bad_request, "The header Sec-WebSocket-Key is missing."};
  auto version = head.find(fields::field::sec_websocket_version);
  if (version == head.end() || version->value() != "13")
    return error{errc::bad_request, "The header Sec-WebSocket-Version must be 13."};
  return std::nullopt;
}

}  // namespace

websocket_session::websocket_session(tcp_socket socket, websocket_upgrade upgrade,
                                     connection_services& services)
    : services_(services),
      upgrade_(std::move(upgrade)),
      ws_(std::move(socket), std::move(upgrade_.leftover), static_cast<frame_sender&>(*this)),
      wake_(services.executor, std::chrono::steady_clock::time_point::max()) {}

websocket_session::~websocket_session() = default;

void websocket_session::start(connection_slot slot) {
  slot_ = std::move(slot);
  slot_.give_to(*this);
  slot_.clear_deadline();
  auto ended = [self = shared_from_this()](const std::exception_ptr& thrown) {
    // Memory that could not be had is all that can be thrown on the way.
    if (thrown)
      self->abandon();
  };
  asio::co_spawn(services_.executor, run(), std::move(ended));
}

task<void> websocket_session::run() {
  std::optional<error> fault = handshake_fault(upgrade_.head);
  if (!fault) {
    result<void> ready = co_await prepare();
    if (!ready)
      fault = ready.error();
  }
  if (fault) {
    co_await refuse(*fault);
    out().close();
    co_return;
  }
  bool accepted = co_await shake_hands();
  if (accepted) {
    services_.metrics.websockets_changed(1);
    if (slot_.stopping() && serving())
      on_stopping();
    if (serving()) {
      on_open();
      co_await read_messages();
      on_end();
    }
    count_sent();
    services_.metrics.websockets_changed(-1);
  }
  if (!close_pending_)
    out().close();
}

task<void> websocket_session::refuse(const error& what) {
  response says = response::failure(what);
  if (says.status >= 500)
    spdlog::warn("GET {} -> {} {}: {}, request {}", upgrade_.pattern, says.status,
                 to_string(what.code), says.body, asked().id);
  fields::response<fields::string_body> head{static_cast<fields::status>(says.status), 11};
  head.set(fields::field::content_type, says.content_type);
  head.set(request_id_name, asked().id);
  for (const auto& [name, value] : says.headers)
    head.set(name, value);
  head.keep_alive(false);
  head.body() = std::move(says.body);
  head.prepare_payload();
  error_code ignored;
  co_await fields::async_write(out(), head, asio::redirect_error(use_task, ignored));
}

task<bool> websocket_session::shake_hands() {
  ws_.set_option(timeouts());
  ws_.read_message_max(
      std::min(limits::websocket_frame_bytes_max, services_.config.body_bytes_max));
  ws_.set_option(
      websocket::stream_base::decorator([id = asked().id](websocket::response_type& answer) {
        answer.set(fields::field::server, "troupe");
        answer.set(request_id_name, id);
      }));
  error_code failure;
  co_await ws_.async_accept(upgrade_.head, asio::redirect_error(use_task, failure));
  upgrade_ = {};
  open_ = !failure;
  co_return open_;
}

task<void> websocket_session::read_messages() {
  std::unique_ptr<websocket_message> message;
  while (serving()) {
    while (serving() && (!may_read() || out().reply_bytes() > limits::websocket_reply_bytes_max)) {
      error_code ignored;
      co_await wake_.async_wait(asio::redirect_error(use_task, ignored));
    }
    if (!serving())
      break;
    if (!message)
      message = std::make_unique<websocket_message>(services_.inflight);
    bool read = co_await read_message(*message);
    if (!read)
      break;
    on_message(message);
    if (!message)
      continue;
    message->held.release();
    message->buffer.clear();
    if (message->buffer.capacity() > read_piece)
      message.reset();
  }
}

task<bool> websocket_session::read_message(websocket_message& into) {
  do {
    error_code failure;
    std::size_t n = co_await ws_.async_read_some(into.buffer, read_piece,
                                                 asio::redirect_error(use_task, failure));
    if (failure)
      co_return false;
    if (!into.held.try_hold_body(n)) {
      finish(close_code::try_again_later, error{errc::overloaded});
      co_return false;
    }
    if (!ws_.is_message_done() && message_deadline_ == mono_time::max()) {
      message_deadline_ = services_.time.now() + services_.config.body_timeout;
      update_deadline();
    }
  } while (!ws_.is_message_done());
  if (message_deadline_ != mono_time::max()) {
    message_deadline_ = mono_time::max();
    update_deadline();
  }
  co_return true;
}

void websocket_session::on_message(std::unique_ptr<websocket_message>& message) {
  if (!serving())
    return;
  services_.metrics.frames_received(1);
  if (ws_.got_binary())
    return finish(close_code::unknown_data,
                  error{errc::unsupported_media_type, "Frames must be text, not binary."});
  std::string_view id;
  auto frame = parse_client_frame(message->text(), &id);
  if (frame)
    return on_frame(std::move(*frame), message);
  if (frame.error().code == errc::invalid_json && ++bad_frames_ > limits::websocket_bad_frames_max)
    return finish(close_code::bad_payload, frame.error());
  send_error(frame.error(), id);
}

void websocket_session::send_text(std::string_view payload) {
  auto data = encode_text(payload);
  auto frame = frame_list{*data}[0];
  outgoing_frame out_frame;
  out_frame.data = std::move(data);
  out_frame.begin = frame.begin;
  out_frame.end = frame.end;
  out().push(std::move(out_frame));
}

void websocket_session::send_error(const error& what, std::string_view id) {
  send_text(error_text(what, id));
}

void websocket_session::finish(close_code code, const error& why) {
  if (!serving())
    return;
  send_error(why);
  finish(code, to_string(why.code));
}

void websocket_session::finish(close_code code, std::string_view reason) {
  if (closing_)
    return;
  closing_ = true;
  wake_.cancel();
  if (!open_)
    return out().close();
  close_pending_ = true;
  ws_.async_close(reason_of(code, reason), [self = shared_from_this()](error_code) {
    self->close_pending_ = false;
    self->out().close();
  });
}

void websocket_session::count_sent() {
  services_.metrics.frames_sent(static_cast<std::int64_t>(
      out().sent_frames() - std::exchange(counted_frames_, out().sent_frames())));
}

void websocket_session::on_drained() {
  count_sent();
  if (stall_deadline_ != mono_time::max()) {
    stall_deadline_ = mono_time::max();
    update_deadline();
  }
  wake_reader();
}

void websocket_session::on_blocked() { expect_progress(); }

void websocket_session::expect_progress() {
  stall_deadline_ = services_.time.now() + std::chrono::milliseconds{limits::websocket_stall_ms};
  update_deadline();
}

void websocket_session::on_broken() {
  closing_ = true;
  wake_reader();
}

void websocket_session::update_deadline() {
  if (slot_)
    slot_.set_deadline(std::min(message_deadline_, stall_deadline_));
}

void websocket_session::on_deadline(mono_time now) {
  if (stall_deadline_ <= now) {
    stall_deadline_ = mono_time::max();
    on_stalled();
  }
  if (message_deadline_ <= now) {
    message_deadline_ = mono_time::max();
    finish(close_code::policy_error,
           error{errc::request_timeout, "The message did not arrive in time."});
  }
  update_deadline();
}

void websocket_session::on_stop() {
  if (open_)
    on_stopping();
}

void websocket_session::on_metadata() {
  if (serving())
    on_topics_changed();
}

void websocket_session::on_cut() {
  // The loop lets go last: this object must outlive the call.
  asio::post(services_.executor, [self = shared_from_this()] { self->out().close(); });
}

}  // namespace troupe::http
