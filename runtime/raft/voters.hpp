// Who votes, and since which entry.
//
//   voter_set := count:i32 (node:i32 directory:u64)*          (big endian; ascending)
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/raft/types.hpp"

#include <functional>
#include <vector>

namespace troupe::raft {

/// Immutable in use. Invariants: ascending, no replica twice, no node twice, no any_directory.
class voter_set {
 public:
  voter_set() = default;
  /// REQUIRES the invariants but for the order.
  explicit voter_set(std::vector<replica_id> members);

  bool empty() const { return members_.empty(); }
  std::size_t size() const { return members_.size(); }
  bool contains(const replica_id& x) const;
  /// The voter that runs on a node, if there is one.
  const replica_id* find(node_id node) const;
  /// Votes that decide; of an empty set nothing does.
  std::size_t majority() const { return members_.size() / 2 + 1; }
  auto begin() const { return members_.begin(); }
  auto end() const { return members_.end(); }

  voter_set with(const replica_id& x) const;
  voter_set without(const replica_id& x) const;

  /// The largest value that a majority has reached; 0 for an empty set.
  std::int64_t reached_by_majority(const std::function<std::int64_t(const replica_id&)>& of) const;
  /// True when a majority satisfies it.
  bool majority_of(const std::function<bool(const replica_id&)>& holds) const;

  bytes encode() const;
  /// Errors: damaged_data.
  static result<voter_set> decode(byte_view data);

  bool operator==(const voter_set&) const = default;

 private:
  std::vector<replica_id> members_;
};

/// "1 2 3": the nodes.
std::string to_string(const voter_set& x);

/// The voter sets of a log: the newest entry counts, committed or not, and a truncation brings the
/// one before back (rule R44). Grows by one per voter change since the last snapshot.
class voter_history {
 public:
  /// All that a log knows before its first voters entry.
  void reset(index_t since, voter_set voters);
  /// REQUIRES that `since` is above all before.
  void add(index_t since, voter_set voters);
  void truncate_from(index_t from);
  /// Forgets what no longer is in force at `upto`.
  void compact(index_t upto);

  const voter_set& latest() const { return sets_.back().voters; }
  /// The entry that brought latest().
  index_t latest_index() const { return sets_.back().since; }
  /// In force once everything up to `index` is; REQUIRES that it is not compacted away.
  const voter_set& at(index_t index) const;
  /// Whether at(index) or a later set has it.
  bool contained_since(index_t index, const replica_id& who) const;

 private:
  struct dated_set {
    index_t since = no_index;
    voter_set voters;
  };
  std::vector<dated_set> sets_ = {dated_set{}};
};

}  // namespace troupe::raft
