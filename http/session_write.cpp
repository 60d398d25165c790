#include "http/response_head.hpp"
#include "http/session.hpp"

#include <fmt/format.h>

namespace troupe::http {

namespace {

/// A body nobody wants is read and dropped up to this size; above, the connection is closed.
constexpr std::size_t discard_max = 64 * limits::KiB;
/// Bodies up to here are copied behind the head, so that one piece of memory is sent.
constexpr std::size_t joined_body_max = 4 * limits::KiB;

constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace

/// Whether another request may follow on this connection.
void session::decide_connection() {
  if (slot_.stopping())
    closing_ = lingers_ = true;
  if (!parser_ || parser_->body_done())
    return;
  bool skippable = !parser_->head().chunked && parser_->body_left() <= discard_max;
  if (skippable && !continue_due_)
    discard_ = parser_->body_left();
  else
    closing_ = lingers_ = true;
}

/// Sends the answer as far as the socket takes it now. False: send_rest must follow.
bool session::try_send(const response& what) {
  decide_connection();
  if (what.status == 0 || stream_begun_)
    return false;
  answer_status_ = what.status;
  head_options how;
  how.http11 = !parser_ || parser_->head().http11;
  how.close = closing_;
  how.date_header = home_->date_header();
  how.request_id = req.id;
  how.allow = allow_;
  how.cross_origin = cross_origin_;
  out_.clear();
  append_head(out_, what, how);
  unsent_body_ = {};
  if (req.method != verb::head) {
    if (what.body.size() <= joined_body_max)
      out_ += what.body;
    else
      unsent_body_ = what.body;
  }
  auto sent = stream_.try_write(out_, unsent_body_);
  sent_bytes_ = sent.bytes;
  return sent.bytes == out_.size() + unsent_body_.size();
}

/// Sends what try_send could not, or the end of a stream. False: the connection is gone.
task<bool> session::send_rest(const response& what) {
  if (stream_begun_) {
    bool whole = what.status == 0;
    closing_ = closing_ || !whole;
    if (!whole || !parser_->head().http11)
      co_return whole;
    bool sent = co_await write_all(last_chunk, {});
    co_return sent;
  }
  auto head_sent = std::min(sent_bytes_, out_.size());
  auto body_sent = sent_bytes_ - head_sent;
  bool sent =
      co_await write_all(std::string_view{out_}.substr(head_sent), unsent_body_.substr(body_sent));
  co_return sent;
}

task<bool> session::write_all(std::string_view first, std::string_view second) {
  while (!first.empty() || !second.empty()) {
    auto sent = stream_.try_write(first, second);
    if (sent.status == io_status::failed)
      co_return false;
    sent_bytes_ += sent.bytes;
    auto of_first = std::min(sent.bytes, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(sent.bytes - of_first);
    if (sent.status == io_status::ok)
      continue;
    phase_ = phase::writing;
    slot_.set_deadline(services_.time.now() + services_.config.body_timeout);
    co_await stream_.writable();
    phase_ = phase::handling;
  }
  co_return true;
}

// -- what handlers of streams use ---------------------------------------------

task<result<void>> session::begin_stream(response head) {
  // A client that waits for it must be told before the final status.
  if (continue_due_) {
    bool sent = co_await send_continue();
    if (!sent)
      co_return error{errc::bad_request, "The connection is gone."};
  }
  stream_begun_ = true;
  answer_status_ = head.status;
  head_options how;
  how.http11 = parser_->head().http11;
  closing_ = closing_ || !how.http11;  // without chunks only the end of the connection ends a body
  how.close = closing_;
  how.chunked = true;
  how.date_header = home_->date_header();
  how.request_id = req.id;
  how.cross_origin = cross_origin_;
  out_.clear();
  append_head(out_, head, how);
  bool sent = co_await write_all(out_, {});
  if (!sent)
    co_return error{errc::bad_request, "The connection is gone."};
  co_return result<void>{};
}

task<result<void>> session::write_part(std::string_view part) {
  if (part.empty())
    co_return result<void>{};
  bool chunked = parser_->head().http11;
  out_.clear();
  if (chunked)
    fmt::format_to(std::back_inserter(out_), "{:x}\r\n", part.size());
  out_ += part;
  if (chunked)
    out_ += "\r\n";
  bool sent = co_await write_all(out_, {});
  if (!sent)
    co_return error{errc::bad_request, "The connection is gone."};
  co_return result<void>{};
}

}  // namespace troupe::http
