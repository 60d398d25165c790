#include "http/admission.hpp"

namespace troupe::http {

namespace {

bool try_add(std::atomic<std::size_t>& to, std::size_t n, std::size_t max) {
  std::size_t before = to.fetch_add(n, std::memory_order_relaxed);
  if (before + n <= max)
    return true;
  to.fetch_sub(n, std::memory_order_relaxed);
  return false;
}

}  // namespace

bool admission::try_hold(std::size_t bytes, held_for what) {
  auto max = what == held_for::small_body ? bytes_max_
             : what == held_for::answer   ? answer_max_
                                          : large_body_max_;
  return bytes <= max && try_add(bytes_, bytes, max);
}

bool admission::try_connect() { return try_add(connections_, 1, connections_max_); }

}  // namespace troupe::http
