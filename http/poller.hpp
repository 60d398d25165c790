// Readiness of a loop's sockets: one epoll set, edge-triggered, watched by the loop as a single
// descriptor. Asio's own way tries a read before it waits for one and allocates an operation for
// every wait; with keep-alive that is a wasted system call per request. Here a socket is registered
// once and waiting costs nothing.
#pragma once

#include "http/exchange.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstdint>
#include <memory>

#include <sys/epoll.h>

namespace troupe::http {

/// Who is told that a descriptor became readable or writable.
class readiness_sink {
 public:
  /// `events` as epoll gives them. May remove and destroy any sink, this one too.
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~readiness_sink() = default;
};

/// Lives and is used on one loop.
class poller : public std::enable_shared_from_this<poller> {
 public:
  /// Aborts when the system has no descriptor left for it: nothing can be served then.
  static std::shared_ptr<poller> create(const loop_executor& executor);
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;
  ~poller() = default;

  /// Watches for both directions from now on. False when the system refuses.
  bool add(int fd, readiness_sink& sink);
  /// `sink` hears nothing any more, not even of what was found before this call.
  void remove(int fd, readiness_sink& sink);
  /// Lets the loop run out of work; nothing is reported afterwards.
  void close();

 private:
  poller(const loop_executor& executor, int fd) : descriptor_(executor, fd) {}
  void wait();
  void dispatch();

  asio::posix::basic_stream_descriptor<loop_executor> descriptor_;
  // The events being dispatched: those before next_ are done.
  std::array<epoll_event, 64> events_{};
  int next_ = 0;
  int count_ = 0;
};

}  // namespace troupe::http
