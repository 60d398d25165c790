// The door to randomness. Whoever needs it is given one; a seed makes a run repeatable.
#pragma once

#include <cstdint>
#include <string>

namespace troupe {

/// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, good enough for jitter and identifiers.
/// Not for secrets. Owned by one thread.
class rng {
 public:
  explicit rng(std::uint64_t seed) : state_(seed) {}
  /// Seeded from the operating system.
  static rng from_system();

  std::uint64_t next();
  /// Uniform in [0, bound); REQUIRES bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// True with probability num / den.
  bool chance(std::uint64_t num, std::uint64_t den) { return below(den) < num; }

  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT64_MAX; }
  result_type operator()() { return next(); }

 private:
  std::uint64_t state_;
};

/// 22 characters of URL-safe base64 from 128 random bits, as Kafka writes cluster and topic ids.
std::string random_uuid(rng& source);

}  // namespace troupe
