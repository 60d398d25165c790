#include "app/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace troupe::app {

// Values below 2^7 have a bucket each. Above, a value with its highest bit at `e` is in the group
// e - 6, and its next seven bits choose the bucket.
std::size_t latency_histogram::bucket_of(std::uint64_t ns) {
  auto width = static_cast<unsigned>(std::bit_width(ns));
  if (width <= sub_bits)
    return ns;
  unsigned shift = width - sub_bits - 1;
  auto bucket = ((shift + 1u) << sub_bits) + ((ns >> shift) & ((1u << sub_bits) - 1));
  return std::min(static_cast<std::size_t>(bucket), buckets - 1);
}

std::uint64_t latency_histogram::upper_bound_of(std::size_t bucket) {
  auto group = bucket >> sub_bits;
  if (group == 0)
    return bucket;
  auto shift = static_cast<unsigned>(group - 1);
  auto base = (1ull << sub_bits) + (bucket & ((1u << sub_bits) - 1));
  return ((base + 1) << shift) - 1;
}

void latency_histogram::add(std::chrono::nanoseconds value) {
  auto ns = std::max<std::int64_t>(value.count(), 0);
  ++counts_[bucket_of(static_cast<std::uint64_t>(ns))];
  ++count_;
  max_ = std::max(max_, ns);
}

void latency_histogram::merge(const latency_histogram& other) {
  for (std::size_t i = 0; i < buckets; ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds latency_histogram::quantile(double share) const {
  if (count_ == 0)
    return {};
  auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted)
      return std::chrono::nanoseconds(std::min(static_cast<std::int64_t>(upper_bound_of(i)), max_));
  }
  return max();
}

}  // namespace troupe::app
