// What the leader of a partition knows of the other replicas, and what follows from it: how far the
// high watermark may go, and who is to join or leave the in-sync replicas.
//
// A replica's *position* is the offset below which it has every record for good: its durable end
// where the topic syncs, else the end of its log. High watermark, in-sync replicas and the time it
// was last caught up all go by the position, so whatever the high watermark covers is on the disk
// of every in-sync replica (docs/decisions/0008).
//
//   high watermark  least position of: the leader, the in-sync replicas, those being proposed, and
//                   those that are caught up and may join (else they never could); frozen while
//                   fewer than min.insync.replicas are committed (R7, R8, R15)
//   joins           position >= high watermark and >= start of the epoch, heard in this epoch, of
//                   the registered process, eligible (R11), caught up (or it would leave at once)
//   leaves          not caught up for `lag_max` (R12)
//   caught up       position >= the leader's end now, or >= the one at the fetch before
#pragma once

#include "runtime/replication/in_sync_set.hpp"

namespace troupe {

struct replica_set_options {
  node_id self{};
  mono_duration lag_max = std::chrono::seconds{30};  ///< replica.lag.time.max.ms
};

/// What a follower's fetch says, once it was found to be of this epoch and log.
struct follower_report {
  node_id id{};
  std::int64_t broker_epoch = -1;
  offset_t position = 0;
};

/// One follower, for metrics and for people.
struct follower_view {
  node_id id{};
  offset_t position = no_offset;  ///< no_offset: not heard in this epoch
  mono_time caught_up_at{};       ///< min(): never in this epoch
  bool in_sync = false;
};

/// Owned by the leader of the partition, for one leader epoch; it knows nothing of the one before.
class replica_set {
 public:
  /// `end` is where the leader's log ends: the start of its epoch. REQUIRES self in at.replicas.
  replica_set(replica_set_options options, const partition_assignment& at, offset_t end,
              mono_time now);

  /// Metadata of the same epoch: partition epoch, replicas, who is eligible, min.insync.replicas.
  void update(const partition_assignment& at, mono_time now);
  /// A follower has fetched while the leader's log ended at `leader_end`. Errors:
  /// replica_not_available (not assigned), stale_broker_epoch.
  errc report(const follower_report& what, offset_t leader_end, mono_time now);
  /// Proposes who is to join or leave now, unless a proposal is under way.
  void review(offset_t high_watermark, offset_t leader_end, mono_time now);

  std::optional<isr_proposal> take_proposal(mono_time now) { return isr_.take(now); }
  void answered(const isr_answer& what, mono_time now) { isr_.answered(what, now); }

  /// How far the high watermark may be, given the leader's own position; no_offset: frozen.
  offset_t high_watermark_max(offset_t own_position, mono_time now) const;
  /// As many are in sync as min.insync.replicas asks for.
  bool has_min_isr() const { return isr_size() >= min_isr_; }
  std::int32_t isr_size() const { return static_cast<std::int32_t>(isr_.committed().size()); }
  std::int32_t min_isr() const { return min_isr_; }
  bool is_alone() const { return followers_.empty(); }
  const in_sync_set& isr() const { return isr_; }
  offset_t epoch_start() const { return epoch_start_; }
  std::vector<follower_view> followers() const;
  /// When review() or take_proposal() should be called even if nothing happens.
  mono_time next_review() const { return std::min(review_at_, isr_.due()); }

 private:
  struct follower {
    assigned_replica assigned;
    /// Of the process heard last; its disk is the one that counts.
    std::int64_t broker_epoch = -1;
    offset_t position = no_offset;
    mono_time caught_up_at = mono_time::min();
    offset_t leader_end = 0;  // at its last fetch
    mono_time fetched_at = mono_time::min();
  };

  follower* find(node_id id);
  bool is_caught_up(const follower& x, offset_t leader_end, mono_time now) const;
  bool may_join(const follower& x) const;
  bool has_caught_up_to_join(const follower& x, offset_t high_watermark, offset_t leader_end,
                             mono_time now) const;
  std::int32_t least_isr() const;
  void propose_shrink(offset_t leader_end, mono_time now);
  void propose_growth(offset_t high_watermark, offset_t leader_end, mono_time now);
  assigned_replica named(node_id id) const;
  void assign(const partition_assignment& at);

  replica_set_options options_;
  in_sync_set isr_;
  std::vector<follower> followers_;
  std::int64_t own_broker_epoch_ = -1;
  std::int32_t min_isr_ = 1;
  offset_t epoch_start_;
  mono_time review_at_ = mono_time::max();
};

}  // namespace troupe
