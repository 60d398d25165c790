#include "runtime/raft/log_view.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace troupe::raft {

log_view::log_view(position base, std::vector<entry> entries)
    : base_(base), stable_(base.index), handed_out_(base.index) {
  for (auto& x : entries)
    append(std::move(x));
  stable_ = handed_out_ = last();
}

std::optional<term_t> log_view::term_at(index_t index) const {
  if (index == base_.index)
    return base_.term;
  if (index < base_.index || index > last())
    return std::nullopt;
  return entries_[slot(index)].term;
}

const entry& log_view::at(index_t index) const {
  troupe_assert(index >= first() && index <= last(), "{} in {}..{}", index, first(), last());
  return entries_[slot(index)];
}

std::vector<entry> log_view::slice(index_t from, index_t upto, std::size_t max_bytes) const {
  std::vector<entry> part;
  std::size_t total = 0;
  for (auto i = from; i <= std::min(upto, last()); ++i) {
    const auto& x = at(i);
    total += x.size();
    if (!part.empty() && total > max_bytes)
      break;
    part.push_back(x);
  }
  return part;
}

position log_view::floor(index_t index, term_t term) const {
  // Terms ascend, so one look per entry from the end finds it.
  for (auto i = std::min(index, last()); i > base_.index; --i)
    if (const auto t = entries_[slot(i)].term; t <= term)
      return {i, t};
  return base_;
}

void log_view::append(entry x) {
  troupe_assert(x.index == last() + 1, "{} behind {}", x.index, last());
  troupe_assert(x.term >= *term_at(last()));
  bytes_ += x.size();
  entries_.push_back(std::move(x));
}

void log_view::truncate_from(index_t from) {
  troupe_assert(from > base_.index, "{} of a log from {}", from, first());
  while (last() >= from) {
    bytes_ -= entries_.back().size();
    entries_.pop_back();
  }
  handed_out_ = std::min(handed_out_, last());
  stable_ = std::min(stable_, last());
}

void log_view::compact(index_t upto, std::size_t trailing_bytes) {
  troupe_assert(upto <= stable_, "{} of {}", upto, stable_);
  std::size_t kept = 0;
  auto keep_from = upto + 1;
  while (keep_from > first() && kept + at(keep_from - 1).size() <= trailing_bytes)
    kept += at(--keep_from).size();
  while (first() < keep_from) {
    base_ = {entries_.front().index, entries_.front().term};
    bytes_ -= entries_.front().size();
    entries_.pop_front();
  }
}

void log_view::reset(position base) { *this = log_view{base, {}}; }

std::vector<entry> log_view::hand_out() {
  auto part = slice(handed_out_ + 1, last(), SIZE_MAX);
  handed_out_ = last();
  return part;
}

}  // namespace troupe::raft
