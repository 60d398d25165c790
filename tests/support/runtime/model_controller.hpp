// A controller of one partition, as small as the rules R13, R16 and R17 allow: the test double for
// everything that replicas see of the real one.
#pragma once

#include "runtime/replication/in_sync_set.hpp"

#include <map>

namespace troupe::testing {

class model_controller {
 public:
  model_controller(int nodes, std::int32_t min_isr);

  // -- brokers ------------------------------------------------------------------
  /// A new process of that node; fenced until unfence(). Returns its broker epoch. With
  /// `lost_data` it leaves the in-sync and the eligible replicas for good (R18).
  std::int64_t enroll(node_id id, bool lost_data = false);
  void fence(node_id id);
  void unfence(node_id id);
  bool is_fenced(node_id id) const { return brokers_.at(id).fenced; }

  // -- the partition --------------------------------------------------------------
  /// By hand, whatever the rules say: an election in a new epoch.
  void elect(node_id id);
  /// By the rules: the first live in-sync replica, else the first live eligible one, else none.
  void elect_if_needed();
  isr_answer alter(node_id sender, std::int64_t broker_epoch, const isr_proposal& what);
  /// Takes a replica out of the partition, or in again.
  void unassign(node_id id);
  void assign(node_id id);

  const partition_assignment& now() const { return versions_.back(); }
  const std::vector<node_id>& elr() const { return elr_; }
  std::int32_t min_isr() const {
    return std::min(now().min_isr, static_cast<std::int32_t>(now().replicas.size()));
  }
  /// Every state there was, as the metadata log would tell it.
  const std::vector<partition_assignment>& versions() const { return versions_; }

 private:
  struct broker {
    std::int64_t epoch = 0;
    bool fenced = true;
  };

  errc check(node_id sender, std::int64_t broker_epoch, const isr_proposal& what) const;
  void leave(node_id id, bool lost_data);
  /// The ELR that follows from a change of the in-sync replicas (R16).
  void keep_eligible(const std::vector<node_id>& left, const std::vector<node_id>& isr);
  void publish(partition_assignment next);

  std::map<node_id, broker> brokers_;
  std::vector<node_id> elr_;
  std::vector<partition_assignment> versions_;
  std::int64_t registrations_ = 0;
};

}  // namespace troupe::testing
