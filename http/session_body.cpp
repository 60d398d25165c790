#include "http/session.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace {

/// No rate is asked for while a body has not been coming for this long.
constexpr std::chrono::seconds body_rate_after{5};
/// How much more a body of unknown length is admitted for at a time, at least.
constexpr std::size_t chunked_step = 64 * limits::KiB;

}  // namespace

/// After this there is no telling where the next request would begin.
error session::give_up(errc code, std::string message) {
  closing_ = lingers_ = true;
  return {code, std::move(message)};
}

error session::too_much_held() {
  return give_up(errc::overloaded, "The broker holds as many bytes of requests as it may.");
}

/// True when nothing has to be awaited before the handler can run.
bool session::body_is_here() {
  if (route_->body != body_mode::whole || parser_->body_done())
    return true;
  if (parser_->head().chunked || in_.size() < parser_->body_left())
    return false;
  auto piece = parser_->next_piece(in_.view());
  req.body = piece->data;
  part_bytes_ = body_bytes_ = piece->consumed;
  return true;
}

task<result<void>> session::read_whole_body() {
  if (continue_due_) {
    bool sent = co_await send_continue();
    if (!sent)
      co_return give_up(errc::bad_request, "The connection ended before the request body.");
  }
  result<void> done;
  if (parser_->head().chunked)
    done = co_await read_chunked_body();
  else
    done = co_await read_sized_body();
  co_return done;
}

task<result<void>> session::read_sized_body() {
  while (!body_is_here()) {
    if (!in_.grow(parser_->body_left()))
      co_return too_much_held();
    auto more = co_await wait_for_body(false);
    if (!more)
      co_return more;
  }
  phase_ = phase::handling;
  co_return result<void>{};
}

task<result<void>> session::read_chunked_body() {
  chunked_body_.clear();
  chunked_held_ = 0;
  while (!parser_->body_done()) {
    auto piece = take_piece();
    if (!piece)
      co_return piece.error();
    auto kept = append_chunk(piece->data);
    if (!kept)
      co_return kept;
    in_.consume(std::exchange(part_bytes_, 0));
    if (!piece->data.empty() || parser_->body_done())
      continue;
    auto more = co_await wait_for_body(false);
    if (!more)
      co_return more;
  }
  phase_ = phase::handling;
  req.body = chunked_body_;
  co_return result<void>{};
}

/// The next piece of the body in the buffer, at the front of it until part_bytes_ are dropped.
result<body_piece> session::take_piece() {
  auto piece = parser_->next_piece(in_.view());
  if (!piece) {
    auto why = piece.error();
    return give_up(why.code, std::move(why.message));
  }
  part_bytes_ = piece->consumed;
  body_bytes_ += piece->data.size();
  return piece;
}

result<void> session::append_chunk(std::string_view data) {
  auto needed = chunked_body_.size() + data.size();
  if (needed > chunked_held_ && needed > input_buffer::small_bytes) {
    auto most = std::max(services_.config.body_bytes_max, needed) - chunked_held_;
    auto step = std::min(std::max({needed - chunked_held_, chunked_held_, chunked_step}), most);
    if (!held_.try_hold_body(step))
      return too_much_held();
    chunked_held_ += step;
    chunked_body_.reserve(chunked_held_);
  }
  chunked_body_.append(data);
  return {};
}

/// One wait for more of the body. An endless body is a stream that may pause like an idle
/// connection; any other must come at a rate.
task<result<void>> session::wait_for_body(bool endless) {
  phase_ = phase::reading;
  for (;;) {
    auto status = stream_.maybe_readable() ? receive() : io_status::again;
    if (status == io_status::ok) {
      expired_ = false;
      co_return result<void>{};
    }
    if (status != io_status::again)
      co_return give_up(errc::bad_request, "The connection ended inside the request body.");
    if (expired_)
      co_return give_up(errc::request_timeout, "The request body did not arrive in time.");
    if (endless ? slot_.stopping() : last_call_)
      co_return give_up(errc::shutting_down, "The broker is shutting down.");
    if (endless && woken_)
      co_return result<void>{};
    set_body_deadline(endless);
    co_await stream_.readable();
  }
}

void session::set_body_deadline(bool endless) {
  auto now = services_.time.now();
  const auto& config = services_.config;
  if (endless)
    return slot_.set_deadline(now + config.idle_timeout);
  auto deadline = now + config.body_timeout;
  if (config.body_rate_min > 0) {
    auto received = body_bytes_ + in_.size();
    std::chrono::milliseconds paid_for{received * 1000 / config.body_rate_min};
    deadline = std::min<mono_time>(
        deadline, started_ + std::max<std::chrono::milliseconds>(body_rate_after, paid_for));
  }
  slot_.set_deadline(deadline);
}

task<bool> session::send_continue() {
  continue_due_ = false;
  co_return co_await write_all("HTTP/1.1 100 Continue\r\n\r\n", {});
}

// -- what handlers of streams use ---------------------------------------------

task<result<body_part>> session::read_part() {
  if (continue_due_) {
    bool sent = co_await send_continue();
    if (!sent)
      co_return give_up(errc::bad_request, "The connection ended before the request body.");
  }
  for (;;) {
    in_.consume(std::exchange(part_bytes_, 0));
    if (std::exchange(woken_, false))
      co_return body_part{};
    if (parser_->body_done())
      co_return body_part{{}, true};
    auto piece = take_piece();
    if (!piece)
      co_return piece.error();
    if (!piece->data.empty())
      co_return body_part{piece->data, false};
    if (part_bytes_ > 0)
      continue;
    auto more = co_await wait_for_body(true);
    phase_ = phase::handling;
    if (!more)
      co_return more.error();
  }
}

void session::wake() {
  woken_ = true;
  if (phase_ == phase::reading)
    stream_.interrupt();
}

result<void> session::hold(std::size_t bytes) {
  if (held_.try_hold_answer(bytes))
    return {};
  return error{errc::overloaded, "The broker holds as many bytes of answers as it may."};
}

}  // namespace troupe::http
