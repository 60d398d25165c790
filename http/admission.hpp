// What all connections of the gateway together may hold: bytes of bodies, and sockets. Whoever
// would pass a limit is refused with an error that says so; nothing queues.
//
// The last quarter of the bytes is not for large request bodies, the last sixteenth for small ones
// alone: uploads that fill what they may leave room for reads, and both for small requests.
#pragma once

#include "runtime/base/limits.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace troupe::http {

/// What bytes are held for.
enum class held_for : std::uint8_t { small_body, answer, large_body };

/// Thread-safe.
class admission {
 public:
  /// One body of `body_bytes_max` always fits, as far as that is not above `bytes_max` itself.
  admission(std::size_t bytes_max, std::size_t connections_max, std::size_t body_bytes_max)
      : bytes_max_(bytes_max),
        large_body_max_(std::max(bytes_max - bytes_max / 4, std::min(body_bytes_max, bytes_max))),
        answer_max_(std::max(bytes_max - bytes_max / 16, large_body_max_)),
        connections_max_(connections_max) {}

  /// False, and nothing held, when that would be more than the limit for this.
  bool try_hold(std::size_t bytes, held_for what);
  void release(std::size_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool try_connect();
  void disconnect() { connections_.fetch_sub(1, std::memory_order_relaxed); }

  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::size_t bytes_max() const { return bytes_max_; }
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  const std::size_t large_body_max_;
  const std::size_t answer_max_;
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

  /// More of a request body, as it arrives.
  bool try_hold_body(std::size_t bytes) {
    bool small = held_ + bytes <= limits::gateway_small_body_bytes;
    return try_hold(bytes, small ? held_for::small_body : held_for::large_body);
  }
  /// Of an answer, or what is read for one.
  bool try_hold_answer(std::size_t bytes) { return try_hold(bytes, held_for::answer); }
  void release() {
    if (held_ != 0)
      from_.release(std::exchange(held_, 0));
  }

 private:
  bool try_hold(std::size_t bytes, held_for what) {
    if (!from_.try_hold(bytes, what))
      return false;
    held_ += bytes;
    return true;
  }

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
