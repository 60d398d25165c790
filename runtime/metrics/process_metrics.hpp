// What every Prometheus client says of its process, read from the kernel.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/env/env.hpp"
#include "runtime/metrics/metric_samples.hpp"

namespace troupe {

/// Thread-safe.
class process_metrics {
 public:
  /// To be made when the process starts: that is the start time it reports.
  explicit process_metrics(const clock& time) : started_(time.wall_ms()) {}

  /// Adds what can be read; where there is no /proc, that is less.
  void sample(env& files, metric_samples& to) const;

 private:
  timestamp_ms started_;
};

}  // namespace troupe
