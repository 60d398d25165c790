// Reading a topic over WebSocket, as `consume --follow` and the sample do.
#pragma once

#include "app/websocket_client.hpp"
#include "http/record_format.hpp"
#include "runtime/base/types.hpp"

#include <boost/json/fwd.hpp>

#include <functional>
#include <vector>

namespace troupe::app {

struct subscription_options {
  std::string topic;
  std::vector<std::int32_t> partitions = {};  ///< empty: all
  std::string from = "earliest";              ///< earliest, latest, an offset or timestamp:MS
  http::embedded_format format = http::embedded_format::text;
};

/// What a subscription tells its reader. Offsets of one partition come in order without gaps.
struct subscription_events {
  std::function<void(const boost::json::object& record)> on_record;
  std::function<void(std::int32_t partition, offset_t next)> on_caught_up;
};

/// Owned by one thread.
class subscription {
 public:
  static attempt<subscription> open(const server_url& server, const subscription_options& options);

  /// Waits at most `wait` for one frame and hands on what it holds. Fails when the connection
  /// ends or the broker reports an error.
  attempt<void> poll(std::chrono::milliseconds wait, const subscription_events& events);
  /// Goes on at `offset` in this partition.
  attempt<void> seek(std::int32_t partition, offset_t offset);
  void close() { socket_.close(); }

 private:
  explicit subscription(websocket_client socket) : socket_(std::move(socket)) {}
  websocket_client socket_;
};

}  // namespace troupe::app
