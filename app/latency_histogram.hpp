// Latencies with bounded memory and a relative error below 1 %.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace troupe::app {

/// Each power of two is split into 128 buckets. Owned by one thread.
class latency_histogram {
 public:
  void add(std::chrono::nanoseconds value);
  void merge(const latency_histogram& other);
  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_); }
  /// The value below which `share` (0..1) of all lie; 0 when there are none.
  std::chrono::nanoseconds quantile(double share) const;

 private:
  static constexpr unsigned sub_bits = 7;
  static constexpr std::size_t buckets = (42 - sub_bits + 1) << sub_bits;  // up to 2^42 ns: 73 min
  static std::size_t bucket_of(std::uint64_t ns);
  static std::uint64_t upper_bound_of(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace troupe::app
