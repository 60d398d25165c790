// The machine's clock, put forward at will: deadlines pass without a test waiting for them.
#pragma once

#include "runtime/base/clock.hpp"

#include <atomic>

namespace troupe::testing {

/// Thread-safe.
class shifted_clock final : public clock {
 public:
  mono_time now() const override { return system_clock().now() + shift(); }
  timestamp_ms wall_ms() const override { return system_clock().wall_ms() + shift().count(); }

  void advance(std::chrono::milliseconds by) { shift_ms_ += by.count(); }

 private:
  std::chrono::milliseconds shift() const { return std::chrono::milliseconds{shift_ms_.load()}; }

  std::atomic<std::int64_t> shift_ms_{0};
};

}  // namespace troupe::testing
