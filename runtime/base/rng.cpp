#include "runtime/base/rng.hpp"

#include "runtime/base/assert.hpp"

#include <random>

namespace troupe {

rng rng::from_system() {
  std::random_device device;
  return rng{(std::uint64_t{device()} << 32) | device()};
}

std::uint64_t rng::next() {
  state_ += 0x9E3779B97F4A7C15ull;
  auto z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

std::uint64_t rng::below(std::uint64_t bound) {
  troupe_assert(bound > 0);
  // The bias of the modulo is below 2^-32 for every bound this project uses.
  return next() % bound;
}

std::string random_uuid(rng& source) {
  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  while (text.size() < 22) {
    // An id that starts with a dash would look like an option on a command line.
    auto c = alphabet[source.below(64)];
    if (!(text.empty() && c == '-'))
      text += c;
  }
  return text;
}

}  // namespace troupe
