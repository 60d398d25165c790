// How much may be on its way to one peer.
#pragma once

#include "runtime/base/limits.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace troupe {

/// Requests sent to one node and not answered, counted and weighed. Policy when full: refuse the
/// newcomer with `overloaded`, which is retriable; nothing waits. A request that is larger than
/// the whole window passes when it is alone. Thread-safe and without locks; must be owned by a
/// shared_ptr.
class request_window : public std::enable_shared_from_this<request_window> {
 public:
  explicit request_window(std::size_t requests_max = limits::peer_inflight_requests,
                          std::size_t bytes_max = limits::peer_inflight_bytes)
      : requests_max_(requests_max), bytes_max_(bytes_max) {}

  /// A place in the window; gives it back when it is destroyed. False when the window was full.
  class place {
   public:
    place() = default;
    place(std::shared_ptr<request_window> in, std::size_t weight)
        : in_(std::move(in)), bytes_(weight) {}
    place(place&& x) noexcept : in_(std::move(x.in_)), bytes_(x.bytes_) {}
    place& operator=(place&& x) noexcept {
      leave();
      in_ = std::move(x.in_);
      bytes_ = x.bytes_;
      return *this;
    }
    ~place() { leave(); }

    explicit operator bool() const { return in_ != nullptr; }
    void leave();

   private:
    std::shared_ptr<request_window> in_;
    std::size_t bytes_ = 0;
  };

  place enter(std::size_t weight);

  std::size_t requests() const { return requests_.load(std::memory_order_relaxed); }
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  const std::size_t requests_max_;
  const std::size_t bytes_max_;
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace troupe
