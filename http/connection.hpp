// What every connection of the gateway lives with, HTTP or WebSocket: the services of its loop and
// its place among the connections, through which deadlines and the graceful stop reach it.
#pragma once

#include "http/admission.hpp"
#include "http/exchange.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/rng.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>

namespace troupe::http {

using loop_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, loop_executor>;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, loop_executor>;

class connection_set;

/// A connection as its loop sees it. All calls come on that loop, never from inside a call of the
/// connection, and may close the socket; the object must not be destroyed before they return.
class live_connection {
 public:
  virtual ~live_connection() = default;

  /// The deadline set through the slot has passed; it is no longer set.
  virtual void on_deadline(mono_time now) = 0;
  /// The gateway stops: finish what is in flight, then close (WebSocket: 1001).
  virtual void on_stop() = 0;
  /// Topics have been made, changed or deleted.
  virtual void on_metadata() {}
  /// The grace is nearly over: whoever waits for an answer is told so now.
  virtual void on_last_call() {}
  /// The grace is over: close at once.
  virtual void on_cut() = 0;
};

/// A place among the connections of a loop: counts against connections_max, carries one deadline.
/// Given back on destruction. Used on its loop only; moves with the socket when HTTP hands it over.
/// Keeps the loop's services alive, so it must be destroyed after all that uses them.
class connection_slot {
 public:
  connection_slot() = default;
  connection_slot(std::shared_ptr<connection_set> set, live_connection& who,
                  connection_permit permit);
  connection_slot(connection_slot&& other) noexcept;
  connection_slot& operator=(connection_slot&& other) noexcept;
  ~connection_slot();

  explicit operator bool() const { return set_ != nullptr; }
  /// From now on calls go to `who`, which REQUIRES to outlive the slot.
  void give_to(live_connection& who);
  /// One deadline at a time; checked every `connection_set::tick`, so it may come that much late.
  void set_deadline(mono_time when);
  void clear_deadline() { set_deadline(mono_time::max()); }
  /// The gateway is stopping: on_stop came or is about to come.
  bool stopping() const;

 private:
  friend class connection_set;
  void leave();

  std::shared_ptr<connection_set> set_;
  std::size_t index_ = 0;
  connection_permit permit_;
};

/// What the connections of one loop work with. Lives as long as any slot of the loop.
struct connection_services {
  broker_client& broker;
  const gateway_config& config;
  gateway_metrics& metrics;
  const clock& time;
  admission& inflight;  ///< bytes held by all connections of the gateway
  rng& random;
  loop_executor executor;
};

}  // namespace troupe::http
