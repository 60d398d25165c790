// What all connections of the gateway together may hold: bytes of bodies, and sockets. Whoever
// would pass a limit is refused with an error that says so; nothing queues.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace troupe::http {

/// Thread-safe.
class admission {
 public:
  admission(std::size_t bytes_max, std::size_t connections_max)
      : bytes_max_(bytes_max), connections_max_(connections_max) {}

  /// False, and nothing held, when that would be more than the limit.
  bool try_hold(std::size_t bytes);
  void release(std::size_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool try_connect();
  void disconnect() { connections_.fetch_sub(1, std::memory_order_relaxed); }

  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::size_t bytes_max() const { return bytes_max_; }
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  const std::size_t connections_max_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> connections_{0};
};

/// Bytes held by one request, given back when it ends.
class held_bytes {
 public:
  explicit held_bytes(admission& from) : from_(from) {}
  held_bytes(const held_bytes&) = delete;
  held_bytes& operator=(const held_bytes&) = delete;
  ~held_bytes() { release(); }

  bool try_hold(std::size_t bytes) {
    if (!from_.try_hold(bytes))
      return false;
    held_ += bytes;
    return true;
  }
  void release() {
    if (held_ != 0)
      from_.release(std::exchange(held_, 0));
  }

 private:
  admission& from_;
  std::size_t held_ = 0;
};

/// One connection's share of connections_max.
class connection_permit {
 public:
  connection_permit() = default;
  /// Empty when there are too many.
  explicit connection_permit(admission& from) : from_(from.try_connect() ? &from : nullptr) {}
  connection_permit(connection_permit&& other) noexcept
      : from_(std::exchange(other.from_, nullptr)) {}
  connection_permit& operator=(connection_permit&& other) noexcept {
    std::swap(from_, other.from_);
    other.give_back();
    return *this;
  }
  ~connection_permit() { give_back(); }
  explicit operator bool() const { return from_ != nullptr; }

 private:
  void give_back() {
    if (from_ != nullptr)
      std::exchange(from_, nullptr)->disconnect();
  }

  admission* from_ = nullptr;
};

}  // namespace troupe::http
