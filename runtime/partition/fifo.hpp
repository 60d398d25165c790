// A queue that costs nothing while it is empty: ten thousand idle partitions have two each.
#pragma once

#include "runtime/base/assert.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace troupe {

/// First in, first out, in one allocation. Owned by one thread.
template <class T>
class fifo {
 public:
  bool empty() const { return head_ == items_.size(); }
  std::size_t size() const { return items_.size() - head_; }

  void push(T x) { items_.push_back(std::move(x)); }

  /// REQUIRES !empty().
  T& front() {
    troupe_assert(!empty());
    return items_[head_];
  }
  const T& back() const {
    troupe_assert(!empty());
    return items_.back();
  }
  /// Takes the youngest back. REQUIRES !empty().
  void pop_back() {
    troupe_assert(!empty());
    items_.pop_back();
    if (empty())
      reset();
  }

  /// REQUIRES !empty().
  T pop() {
    auto x = std::move(front());
    ++head_;
    if (empty())
      reset();
    else if (head_ >= compact_at && head_ * 2 >= items_.size())
      compact();
    return x;
  }

 private:
  static constexpr std::size_t compact_at = 256;

  void reset() {
    head_ = 0;
    items_.clear();
    // A burst long ago is no reason to hold its memory.
    if (items_.capacity() > 4 * compact_at)
      items_.shrink_to_fit();
  }
  void compact() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace troupe
