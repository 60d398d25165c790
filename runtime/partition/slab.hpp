// Things that wait, found again by a small number.
#pragma once

#include "runtime/base/assert.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace troupe {

/// Keeps values under numbers that are reused. Owned by one thread.
template <class T>
class slab {
 public:
  using index = std::uint32_t;

  index put(T x) {
    ++size_;
    if (free_.empty()) {
      items_.push_back(std::move(x));
      return static_cast<index>(items_.size() - 1);
    }
    auto i = free_.back();
    free_.pop_back();
    items_[i] = std::move(x);
    return i;
  }

  /// REQUIRES a number that put() returned and take() has not taken back.
  T& at(index i) {
    troupe_assert(i < items_.size());
    return items_[i];
  }

  /// REQUIRES as at().
  T take(index i) {
    auto x = std::move(at(i));
    --size_;
    free_.push_back(i);
    if (size_ == 0)
      reset();
    return x;
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kept_when_empty = 1024;

  void reset() {
    if (items_.capacity() <= kept_when_empty)
      return;
    items_ = std::vector<T>{};
    free_ = std::vector<index>{};
  }

  std::vector<T> items_;
  std::vector<index> free_;
  std::size_t size_ = 0;
};

}  // namespace troupe
