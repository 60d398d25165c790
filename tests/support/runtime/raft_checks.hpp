// What must always hold of a replicated log, watched from outside over all replicas and their
// whole lives. Each check answers the first violation in words, or nothing.
#pragma once

#include "tests/support/runtime/raft_node.hpp"

#include <map>
#include <optional>

namespace troupe::test {

class raft_checks {
 public:
  /// After anything has happened to a running node.
  void look_at(const raft_node& node);
  /// Entries that are on the node's disk, as they stand in its log.
  void stored(const raft_node& node, raft::index_t from);
  /// A message leaves a node.
  void sent(const raft::message& m);
  /// After the node has applied something.
  void applied(const raft_node& node);

  const std::string& violation() const { return violation_; }
  void violated(std::string what);
  /// The last entry that anybody knows to be committed.
  raft::index_t committed() const {
    return committed_.empty() ? raft::no_index : committed_.rbegin()->first;
  }
  std::size_t terms_with_leader() const { return leaders_.size(); }

 private:
  struct written {
    std::size_t content = 0;
    raft::term_t before{};
  };
  struct committed_entry {
    raft::term_t term{};
    raft::term_t by{};  ///< the term in which it was committed
  };

  void check_leader(const raft::core& x);
  void check_commit(const raft::core& x);

  std::map<raft::term_t, raft::replica_id> leaders_;
  std::map<std::pair<raft::replica_id, raft::term_t>, raft::replica_id> votes_;
  std::map<raft::position, written> entries_;
  std::map<raft::index_t, committed_entry> committed_;
  std::map<raft::replica_id, raft::index_t> commit_seen_;
  std::map<raft::replica_id, raft::term_t> term_sent_;
  std::map<raft::index_t, std::size_t> states_;
  std::string violation_;
};

}  // namespace troupe::test
