// Many deadlines, most of which are never reached: a hashed timing wheel (Varghese, Lauck 1987).
#pragma once

#include "runtime/base/assert.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace troupe {

/// Deadlines of things known by small indexes, in ticks of the owner's choice. Inserting and
/// erasing cost a few writes, whatever the number. Owned by one thread.
///
/// Invariant: an index is in at most one list, that of its due tick modulo the number of slots.
class deadline_wheel {
 public:
  using index = std::uint32_t;
  using tick = std::uint64_t;

  deadline_wheel() { slots_.fill(none); }

  std::size_t size() const { return size_; }
  tick now() const { return now_; }
  /// Jumps to `now` without looking for what expired. REQUIRES size() == 0.
  void reset(tick now) {
    troupe_assert(size_ == 0);
    now_ = now;
  }

  /// REQUIRES that `i` is not in the wheel. A due tick in the past expires at the next advance.
  void insert(index i, tick due) {
    if (i >= nodes_.size())
      nodes_.resize(i + 1);
    due = due > now_ ? due : now_ + 1;
    auto& head = slots_[due % slots_.size()];
    nodes_[i] = {due, none, head};
    if (head != none)
      nodes_[head].before = i;
    head = i;
    ++size_;
  }

  /// REQUIRES that `i` is in the wheel.
  void erase(index i) {
    troupe_assert(size_ > 0);
    auto& x = nodes_[i];
    if (x.before == none)
      slots_[x.due % slots_.size()] = x.after;
    else
      nodes_[x.before].after = x.after;
    if (x.after != none)
      nodes_[x.after].before = x.before;
    --size_;
  }

  /// Takes out and appends to `expired` everything due at or before `to`.
  void advance(tick to, std::vector<index>& expired) {
    auto steps = to > now_ ? to - now_ : 0;
    if (steps > slots_.size())
      steps = slots_.size();
    for (tick step = 1; step <= steps && size_ > 0; ++step)
      sweep(now_ + step, to, expired);
    now_ = to > now_ ? to : now_;
  }

 private:
  static constexpr index none = UINT32_MAX;

  struct node {
    tick due = 0;
    index before = none;
    index after = none;
  };

  void sweep(tick at, tick to, std::vector<index>& expired) {
    for (auto i = slots_[at % slots_.size()]; i != none;) {
      auto next = nodes_[i].after;
      if (nodes_[i].due <= to) {
        erase(i);
        expired.push_back(i);
      }
      i = next;
    }
  }

  std::array<index, 512> slots_;
  std::vector<node> nodes_;
  std::size_t size_ = 0;
  tick now_ = 0;
};

}  // namespace troupe
