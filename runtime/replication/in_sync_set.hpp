// The in-sync replicas as their leader knows them (KIP-497). Only the controller changes them; the
// leader proposes, and until it knows the outcome it must assume both (R8):
//
//   committed --propose grow-->   growing    counts for the high watermark: committed + new
//   committed --propose shrink--> shrinking  counts for the high watermark: committed (the old)
//
//   answer of the controller                            then
//     none, newer partition epoch                         committed := what the answer says
//     operation_not_attempted, ineligible_replica         back to committed: nothing was changed;
//                                                         the next proposal waits a little. A
//                                                         growth that was sent twice: see below
//     unknown_topic, unknown_partition,                   stays pending until metadata that is
//     fenced_leader_epoch, invalid_update_version,        newer says what is committed
//     bad_request, new_leader_elected
//     anything else (not the controller), or none         the same proposal is sent again
//   metadata with a newer partition epoch               committed := what it says
//   answer for another proposal, or not newer           ignored
//
// Of a growth that was sent twice one copy may be refused and the other be accepted later, when its
// replica has become eligible. So a refusal is confirmed first: the committed set is proposed once
// more, and until that is answered the growth counts. A controller that gives even this change a
// new partition epoch makes every older copy void; where it does not, the order of messages
// between two nodes must.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/errors.hpp"
#include "runtime/replication/assignment.hpp"

#include <optional>

namespace troupe {

/// What the controller is asked for: these and no others, if the partition is still at
/// `partition_epoch`.
struct isr_proposal {
  std::uint64_t number = 0;  ///< for matching the answer; a proposal sent again keeps it
  leader_epoch epoch = no_epoch;
  std::int32_t partition_epoch = 0;
  /// Each with the broker epoch in which the leader heard it (KIP-903).
  std::vector<assigned_replica> isr;
};

struct isr_answer {
  std::uint64_t number = 0;       ///< of the proposal
  leader_epoch epoch = no_epoch;  ///< likewise: numbers begin again with every leader epoch
  errc code = errc::none;
  // When none:
  std::int32_t partition_epoch = 0;
  std::vector<node_id> isr{};
};

/// Owned by the leader of the partition, for one leader epoch. Time only paces what is sent again.
class in_sync_set {
 public:
  explicit in_sync_set(const partition_assignment& at);

  /// Nothing is pending, and nothing was refused just now.
  bool may_propose(mono_time now) const { return !pending_ && now >= quiet_until_; }
  /// Proposes these. REQUIRES !pending().
  void propose(std::vector<assigned_replica> isr);
  /// The proposal to send now, if any: a new one, or one that is due again.
  std::optional<isr_proposal> take(mono_time now);
  void answered(const isr_answer& what, mono_time now);
  /// Metadata of the same leader epoch. True when it was newer.
  bool update(std::int32_t partition_epoch, const std::vector<node_id>& isr);

  bool pending() const { return pending_.has_value(); }
  const std::vector<node_id>& committed() const { return committed_; }
  std::int32_t partition_epoch() const { return partition_epoch_; }
  /// In the in-sync replicas, or may be already: the high watermark waits for it.
  bool counts(node_id id) const;
  /// When take() has something; mono_time::max() when it will not by itself.
  mono_time due() const;

 private:
  struct change {
    isr_proposal what;
    mono_time send_at = mono_time::min();  // max: only metadata can tell
    bool grows = false;
    int sent = 0;
    /// What was refused, of a proposal that confirms the committed set.
    std::optional<std::vector<assigned_replica>> confirms{};
  };

  void refused(mono_time now);
  void commit(std::int32_t partition_epoch, const std::vector<node_id>& isr);

  leader_epoch epoch_;
  std::int32_t partition_epoch_;
  std::vector<node_id> committed_;
  std::optional<change> pending_;
  std::uint64_t proposals_ = 0;
  mono_time quiet_until_ = mono_time::min();
};

}  // namespace troupe
