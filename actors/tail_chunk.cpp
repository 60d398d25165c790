#include "actors/broker_client.hpp"
#include "runtime/base/assert.hpp"

namespace troupe {

namespace {

/// Stands for "cannot be represented", since null means that nobody has tried.
const std::shared_ptr<const bytes>& not_representable() {
  static const auto marker = std::make_shared<const bytes>();
  return marker;
}

}  // namespace

std::shared_ptr<const bytes> tail_chunk::encoded(std::size_t slot, tail_encoder encoder) const {
  troupe_assert(slot < tail_encodings, "slot {}", slot);
  auto present = slots_[slot].load(std::memory_order_acquire);
  if (present == nullptr) {
    auto made = encoder(source_, batches_, first_);
    if (made == nullptr)
      made = not_representable();
    // When two loops tried at once, both go on with what the first one made.
    if (slots_[slot].compare_exchange_strong(present, made, std::memory_order_acq_rel))
      present = std::move(made);
  }
  return present == not_representable() ? nullptr : present;
}

}  // namespace troupe
