#include "runtime/cluster/request_window.hpp"

namespace troupe {

request_window::place request_window::enter(std::size_t weight) {
  // Taken first and given back when it was too much, so that two at once cannot both slip in.
  auto requests = requests_.fetch_add(1, std::memory_order_relaxed);
  auto before = bytes_.fetch_add(weight, std::memory_order_relaxed);
  bool fits = requests < requests_max_ && (before + weight <= bytes_max_ || before == 0);
  place taken{shared_from_this(), weight};
  if (!fits)
    taken.leave();
  return taken;
}

void request_window::place::leave() {
  if (in_ == nullptr)
    return;
  in_->requests_.fetch_sub(1, std::memory_order_relaxed);
  in_->bytes_.fetch_sub(bytes_, std::memory_order_relaxed);
  in_ = nullptr;
}

}  // namespace troupe
