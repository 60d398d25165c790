// The stream below a WebSocket: Beast reads and answers control frames through it, and frames that
// were encoded beforehand go out between Beast's own. All writing passes one queue, so no frame is
// ever cut by another, and what has queued up goes out many frames per system call.
//
//   Beast (handshake, ping, pong, close) --async_write_some--+
//   answers of ours -------------------------push------------+--> queue --writev--> socket
//   frames of records, shared by many -------push------------+
//
// Frames are not written when they are pushed but when the loop comes round (flush_round): frames
// of several chunks then share a system call.
#pragma once

#include "http/connection.hpp"
#include "runtime/base/callback.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

namespace troupe::http {

using boost::system::error_code;

class flush_round;

/// A frame that waits to be sent: part of a buffer that may be shared.
struct outgoing_frame {
  /// `source` of what is not records of a partition.
  static constexpr std::uint32_t not_records = UINT32_MAX;

  std::shared_ptr<const bytes> data;
  std::uint32_t begin = 0;  ///< [begin, end) of data
  std::uint32_t end = 0;
  std::uint32_t source = not_records;  ///< the sender's number for the partition
  std::uint32_t records = 0;
  offset_t first = no_offset;  ///< where to read again if it is forgotten
  std::size_t size() const { return end - begin; }
};

/// Whose stream it is. Called on its loop.
class frame_sender {
 public:
  /// Everything has been given to the system.
  virtual void on_drained() = 0;
  /// The system takes nothing more until the peer reads; comes again after every such pause.
  virtual void on_blocked() = 0;
  /// Writing has failed, or the socket was closed under it. Nothing follows.
  virtual void on_broken() = 0;
  /// Keeps the stream alive while the loop holds on to it.
  virtual std::shared_ptr<void> pin() = 0;

 protected:
  ~frame_sender() = default;
};

/// An AsyncStream in the sense of Beast. Used on one loop.
class frame_stream {
 public:
  using executor_type = loop_executor;

  /// `leftover` was read from the socket already and is read first.
  frame_stream(tcp_socket socket, std::string leftover, frame_sender& owner);
  frame_stream(const frame_stream&) = delete;
  frame_stream& operator=(const frame_stream&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto resume, const Buffers& to) { this->start_read(to, std::move(resume)); }, token,
        into);
  }
  /// Sends everything it is given, or fails: Beast's frames stay in one piece.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto resume, const Buffers& data) { this->start_write(data, std::move(resume)); },
        token, from);
  }

  /// Queues a frame. What is pushed after the stream broke is dropped.
  void push(outgoing_frame frame);
  /// Writes what the system takes at once, before the loop comes round.
  void flush_now();
  /// Forgets the frames whose sending has not begun and which `which(frame)` names.
  template <class F>
  void forget(F which) {
    std::size_t begun = head_sent_ > 0 ? 1 : 0;
    auto kept = std::remove_if(queue_.begin() + static_cast<std::ptrdiff_t>(begun), queue_.end(),
                               [&](const outgoing_frame& frame) {
                                 if (frame.source == outgoing_frame::not_records || !which(frame))
                                   return false;
                                 queued_bytes_ -= frame.size();
                                 return true;
                               });
    queue_.erase(kept, queue_.end());
  }
  /// Lets go of the shared buffer of a frame that is half sent, and of spare room.
  void shrink();

  std::size_t queued_bytes() const { return queued_bytes_; }
  /// Of which not records: answers and control frames.
  std::size_t reply_bytes() const { return reply_bytes_; }
  /// Bytes given to the system since the beginning.
  std::uint64_t sent_bytes() const { return sent_bytes_; }
  std::uint64_t sent_frames() const { return sent_frames_; }
  bool blocked() const { return waiting_; }

  /// Closes the socket; operations under way end with an error.
  void close();
  tcp_socket& socket() { return socket_; }

 private:
  friend class flush_round;
  using write_handler = callback<void(error_code, std::size_t)>;

  template <class Buffers, class Handler>
  void start_read(const Buffers& into, Handler resume) {
    if (leftover_.empty())
      return socket_.async_read_some(into, std::move(resume));
    std::size_t n = asio::buffer_copy(into, asio::buffer(leftover_));
    leftover_.erase(0, n);
    if (leftover_.empty())
      leftover_.shrink_to_fit();
    asio::post(get_executor(),
               boost::beast::bind_front_handler(std::move(resume), error_code{}, n));
  }

  template <class Buffers, class Handler>
  void start_write(const Buffers& from, Handler resume) {
    auto copy = std::make_shared<bytes>(asio::buffer_size(from));
    asio::buffer_copy(asio::buffer(*copy), from);
    write_control(std::move(copy), write_handler{std::move(resume)});
  }

  void write_control(std::shared_ptr<const bytes> data, write_handler then);
  void schedule();
  void flush();
  std::size_t write_gathered(error_code& failure);
  void consume(std::size_t sent);
  void wait_writable();
  void finish_control(error_code failure);

  tcp_socket socket_;
  std::string leftover_;
  frame_sender& owner_;
  flush_round& round_;
  std::deque<outgoing_frame> queue_;
  std::size_t head_sent_ = 0;  // of the frame in front
  std::size_t queued_bytes_ = 0;
  std::size_t reply_bytes_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t sent_frames_ = 0;
  // Beast writes one thing at a time; the queue holds it somewhere.
  write_handler control_then_;
  std::shared_ptr<const bytes> control_data_;
  bool scheduled_ = false;
  bool waiting_ = false;
  bool broken_ = false;
};

// What Beast asks of the lowest layer of a WebSocket, found by argument-dependent lookup.
void beast_close_socket(frame_stream& stream);
template <class Handler>
void async_teardown(boost::beast::role_type role, frame_stream& stream, Handler&& resume) {
  using boost::beast::websocket::async_teardown;
  async_teardown(role, stream.socket(), std::forward<Handler>(resume));
}

}  // namespace troupe::http
