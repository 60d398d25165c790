// A small blocking WebSocket client for text frames.
#pragma once

#include "app/server_url.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::app {

/// Owned by one thread.
class websocket_client {
 public:
  /// Connects and upgrades. A refused upgrade fails with the words of the server.
  static attempt<websocket_client> open(const server_url& where, const std::string& target);
  ~websocket_client();
  websocket_client(websocket_client&&) noexcept;

  /// The next frame, or nothing when none came within `wait`. The view is valid until the next
  /// call. Fails with exit_unreachable when the connection ends, with the reason of its close.
  attempt<std::optional<std::string_view>> read(std::chrono::milliseconds wait);
  attempt<void> write(std::string_view frame);
  void close();

 private:
  struct state;
  explicit websocket_client(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}  // namespace troupe::app
