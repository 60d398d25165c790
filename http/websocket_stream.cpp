#include "http/websocket_stream.hpp"

#include "http/websocket_flush.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/limits.hpp"

#include <boost/container/static_vector.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe::http {

namespace {

// As many buffers as Asio hands to one system call.
constexpr std::size_t gather_max = 64;

/// How much the system may hold unsent: enough to keep a line busy, little enough for thousands
/// of sockets that do not read.
constexpr int unsent_bytes_max = 128 * 1024;

void prepare(tcp_socket& socket) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes_max,
               sizeof unsent_bytes_max);
}

}  // namespace

frame_stream::frame_stream(tcp_socket socket, std::string leftover, frame_sender& owner)
    : socket_(std::move(socket)),
      leftover_(std::move(leftover)),
      owner_(owner),
      round_(asio::use_service<flush_round>(socket_.get_executor().context())) {
  prepare(socket_);
}

void frame_stream::push(outgoing_frame frame) {
  if (broken_)
    return;
  queued_bytes_ += frame.size();
  if (frame.source == outgoing_frame::not_records)
    reply_bytes_ += frame.size();
  queue_.push_back(std::move(frame));
  schedule();
}

void frame_stream::schedule() {
  // A socket that waits is flushed when it becomes writable.
  if (scheduled_ || waiting_ || broken_)
    return;
  scheduled_ = true;
  round_.add(*this, owner_.pin());
}

void frame_stream::write_control(std::shared_ptr<const bytes> data, write_handler then) {
  troupe_assert(!control_then_, "two writes of Beast at once");
  control_then_ = std::move(then);
  control_data_ = data;
  if (broken_)
    return finish_control(asio::error::operation_aborted);
  auto size = static_cast<std::uint32_t>(data->size());
  push({std::move(data), 0, size});
}

void frame_stream::finish_control(error_code failure) {
  std::size_t size = failure ? 0 : control_data_->size();
  control_data_ = nullptr;
  // Through the loop: the handler may end the life of this stream.
  asio::post(get_executor(),
             [then = std::move(control_then_), failure, size]() mutable { then(failure, size); });
}

std::size_t frame_stream::write_gathered(error_code& failure) {
  boost::container::static_vector<asio::const_buffer, gather_max> buffers;
  std::size_t total = 0;
  for (const auto& frame : queue_) {
    if (buffers.size() == gather_max || total >= limits::websocket_turn_bytes)
      break;
    buffers.emplace_back(frame.data->data() + frame.begin, frame.size());
    total += frame.size();
  }
  buffers.front() += head_sent_;
  total -= head_sent_;
  std::size_t sent = socket_.write_some(buffers, failure);
  if (!failure && sent < total)
    failure = asio::error::would_block;
  return sent;
}

void frame_stream::consume(std::size_t sent) {
  sent_bytes_ += sent;
  head_sent_ += sent;
  while (!queue_.empty() && head_sent_ >= queue_.front().size()) {
    auto& frame = queue_.front();
    head_sent_ -= frame.size();
    queued_bytes_ -= frame.size();
    ++sent_frames_;
    if (frame.source == outgoing_frame::not_records) {
      reply_bytes_ -= frame.size();
      if (frame.data == control_data_)
        finish_control({});
    }
    queue_.pop_front();
  }
}

void frame_stream::flush() {
  scheduled_ = false;
  flush_now();
}

void frame_stream::flush_now() {
  std::size_t written = 0;
  while (!queue_.empty() && !broken_ && !waiting_) {
    if (written >= limits::websocket_turn_bytes)
      return schedule();
    error_code failure;
    std::size_t sent = write_gathered(failure);
    consume(sent);
    written += sent;
    if (failure == asio::error::would_block) {
      wait_writable();
      return owner_.on_blocked();
    }
    if (failure)
      return close();
  }
  if (!broken_ && !waiting_)
    owner_.on_drained();
}

void frame_stream::wait_writable() {
  waiting_ = true;
  socket_.async_wait(tcp_socket::wait_write, [this, alive = owner_.pin()](error_code failure) {
    waiting_ = false;
    if (failure)
      return close();
    flush();
  });
}

void frame_stream::shrink() {
  if (!queue_.empty() && head_sent_ > 0) {
    auto& frame = queue_.front();
    bool alone = frame.data == control_data_ || frame.data->size() <= 2 * frame.size();
    if (!alone) {
      const char* from = frame.data->data() + frame.begin;
      frame.data = std::make_shared<bytes>(from, from + frame.size());
      frame.end -= frame.begin;
      frame.begin = 0;
    }
  }
  queue_.shrink_to_fit();
}

void frame_stream::close() {
  if (broken_)
    return;
  broken_ = true;
  error_code ignored;
  socket_.close(ignored);
  queue_.clear();
  queued_bytes_ = 0;
  reply_bytes_ = 0;
  if (control_then_)
    finish_control(asio::error::operation_aborted);
  owner_.on_broken();
}

void beast_close_socket(frame_stream& stream) { stream.close(); }

}  // namespace troupe::http
