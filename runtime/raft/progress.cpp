#include "runtime/raft/progress.hpp"

#include <algorithm>

namespace troupe::raft {

bool progress::has_room(std::size_t messages, std::size_t bytes) const {
  switch (state_) {
    case state::probe: return !probing_;
    case state::replicate: return inflight_.size() < messages && inflight_bytes_ < bytes;
    case state::snapshot: break;
  }
  return false;
}

void progress::sent(index_t last, std::size_t bytes, bool with_entries) {
  if (state_ == state::probe)
    probing_ = true;
  if (state_ != state::replicate || !with_entries)
    return;
  next_ = last + 1;
  inflight_.push_back({last, bytes});
  inflight_bytes_ += bytes;
}

bool progress::accept(index_t index) {
  while (!inflight_.empty() && inflight_.front().last <= index) {
    inflight_bytes_ -= inflight_.front().bytes;
    inflight_.pop_front();
  }
  const bool news = index > match_;
  match_ = std::max(match_, index);
  next_ = std::max(next_, match_ + 1);
  if (state_ == state::snapshot && match_ < snapshot.index)
    return news;
  if (state_ != state::replicate) {
    restart();
    state_ = state::replicate;
  }
  return news;
}

bool progress::reject(index_t index, index_t retry) {
  if (state_ == state::snapshot)
    return false;
  if (state_ == state::replicate) {
    if (index <= match_)
      return false;
    restart();
    return true;
  }
  if (index != next_ - 1)
    return false;
  next_ = std::max(std::min(index, retry + 1), match_ + 1);
  probing_ = false;
  return true;
}

void progress::try_again() {
  probing_ = false;
  if (chunk_sent && ++chunk_beats >= 3)
    chunk_sent = false;
}

void progress::begin_snapshot(const snapshot_info& which) {
  restart();
  state_ = state::snapshot;
  snapshot = which;
}

void progress::restart() {
  state_ = state::probe;
  next_ = match_ + 1;
  probing_ = false;
  inflight_.clear();
  inflight_bytes_ = 0;
  offset = 0;
  chunk_sent = false;
  chunk_beats = 0;
}

}  // namespace troupe::raft
