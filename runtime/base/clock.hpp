// The door to time. Nothing else in the project asks the system what time it is.
#pragma once

#include "runtime/base/types.hpp"

#include <chrono>

namespace troupe {

/// Monotonic time: never goes back, means nothing outside this process. For deadlines.
using mono_time = std::chrono::steady_clock::time_point;
using mono_duration = std::chrono::steady_clock::duration;

/// Implementations may be called from every thread.
class clock {
 public:
  virtual ~clock() = default;

  virtual mono_time now() const = 0;
  /// Wall-clock time for record timestamps and file ages; it may jump.
  virtual timestamp_ms wall_ms() const = 0;
};

/// The machine's clocks.
const clock& system_clock();

/// A clock that stands still until told otherwise. For tests; not thread-safe.
class manual_clock final : public clock {
 public:
  mono_time now() const override { return now_; }
  timestamp_ms wall_ms() const override { return wall_ms_; }

  void advance(std::chrono::milliseconds by) {
    now_ += by;
    wall_ms_ += by.count();
  }
  void jump_wall(std::chrono::milliseconds by) { wall_ms_ += by.count(); }

 private:
  mono_time now_{};
  timestamp_ms wall_ms_ = 1'700'000'000'000;
};

}  // namespace troupe
