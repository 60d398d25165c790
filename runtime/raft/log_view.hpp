// The log of one replica since its last compaction, in memory, with the marks that say what of it
// is on disk.
#pragma once

#include "runtime/raft/ready_work.hpp"

#include <deque>

namespace troupe::raft {

/// Owned by a core. Invariants: base().index <= stable() <= handed_out() <= last(); terms ascend.
class log_view {
 public:
  log_view() = default;
  /// Everything given counts as being on disk.
  log_view(position base, std::vector<entry> entries);

  /// The entry before the first that is there.
  position base() const { return base_; }
  index_t first() const { return base_.index + 1; }
  index_t last() const { return base_.index + static_cast<index_t>(entries_.size()); }
  position last_position() const { return {last(), *term_at(last())}; }
  index_t stable() const { return stable_; }
  index_t handed_out() const { return handed_out_; }
  std::size_t bytes() const { return bytes_; }

  /// Nothing when the log does not reach there or has forgotten it.
  std::optional<term_t> term_at(index_t index) const;
  bool matches(position x) const { return term_at(x.index) == x.term; }
  /// REQUIRES first() <= index <= last().
  const entry& at(index_t index) const;
  /// From `from` up to `upto`, as many as fit `max_bytes`, one at least if there is one.
  std::vector<entry> slice(index_t from, index_t upto, std::size_t max_bytes) const;
  /// The last position not above `index` whose term is not above `term`: where two logs that
  /// differ at `index` can be equal at most. base() when it would be below.
  position floor(index_t index, term_t term) const;

  /// REQUIRES index last() + 1 and a term not below the last.
  void append(entry x);
  /// Drops `from` and all behind it. REQUIRES from > base().
  void truncate_from(index_t from);
  /// Drops everything up to `upto`, but keeps what fits `trailing_bytes` before it.
  void compact(index_t upto, std::size_t trailing_bytes);
  /// A snapshot takes the place of everything.
  void reset(position base);

  /// Entries for the disk; until persisted() they are neither stable nor handed out again.
  std::vector<entry> hand_out();
  /// What was handed out is on disk, unless it was truncated since.
  void persisted() { stable_ = handed_out_; }

 private:
  std::size_t slot(index_t index) const {
    return static_cast<std::size_t>(index - base_.index - 1);
  }

  position base_;
  std::deque<entry> entries_;
  index_t stable_ = no_index;
  index_t handed_out_ = no_index;
  std::size_t bytes_ = 0;
};

}  // namespace troupe::raft
