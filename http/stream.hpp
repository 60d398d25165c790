// A connected socket, non-blocking: reads and writes are plain calls that do what can be done now;
// only where nothing can be done does the connection's coroutine wait.
#pragma once

#include "http/poller.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <span>

namespace troupe::http {

enum class io_status : std::uint8_t {
  ok,      ///< at least one byte
  again,   ///< nothing now; wait
  end,     ///< the peer has closed its side (reading only)
  failed,  ///< the connection is gone
};

struct io_count {
  io_status status = io_status::ok;
  std::size_t bytes = 0;
};

/// One coroutine at most waits on it, on its loop.
class stream final : readiness_sink {
 public:
  /// Takes ownership of a non-blocking socket.
  stream(int fd, std::shared_ptr<poller> events);
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream();

  bool is_open() const { return fd_ >= 0; }
  bool is_ipv6() const;
  io_count try_read(std::span<char> into);
  /// Both pieces in one system call.
  io_count try_write(std::string_view first, std::string_view second);
  io_count try_write(std::string_view text);

  /// False when it is known that try_read would find nothing.
  bool maybe_readable() const { return readable_; }
  /// Waits until the socket may be readable or writable, or until interrupt() or close().
  asio::awaitable<void, loop_executor> readable();
  asio::awaitable<void, loop_executor> writable();
  /// Resumes the waiting coroutine, if any, before this returns.
  void interrupt();

  /// Tells the peer that nothing more will be sent.
  void shutdown_write();
  /// Closes for good; does not resume the waiting coroutine.
  void close();
  /// Gives the socket away, open and registered nowhere.
  int release();

 private:
  using waiter = asio::async_result<asio::use_awaitable_t<loop_executor>, void()>::handler_type;

  void on_ready(std::uint32_t events) override;
  asio::awaitable<void, loop_executor> wait_for(std::uint32_t events);

  std::shared_ptr<poller> events_;
  int fd_;
  bool readable_ = true;
  bool peer_closed_ = false;
  std::uint32_t wanted_ = 0;
  std::optional<waiter> waiter_;
};

}  // namespace troupe::http
