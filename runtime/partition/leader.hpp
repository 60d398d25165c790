// What the leader of a partition decides: which produce may be answered, which fetch has waited
// enough, how far records may be read, when there is something to write or to sync, and which
// replicas are in sync. It knows offsets and sizes; log, mailbox and clock belong to whoever drives
// it. One object serves one leader epoch. A partition of a single replica is the same with nobody
// to wait for.
//
//   position = written end (flush=os) or durable end (flush=fsync), of every replica
//   log start <= high watermark = least position of those that count (replica_set.hpp)
//   durable end <= written end <= log end; the high watermark never goes back
//
//   produce        acks=1    answered when written
//                  acks=all  answered when below the high watermark; fails with not_enough_replicas
//                            before it is taken, with not_enough_replicas_after_append when the
//                            in-sync replicas become too few meanwhile (outcome unknown)
//   fetch          parked until `min_bytes` more are below the high watermark, or its deadline
//   replica fetch  parked until `min_bytes` more are written, or its deadline
//
//   before the high watermark has reached the start of the epoch it may be lower than what the
//   leader before has shown: clients are told offset_not_available (R9)
//
//   open --failed()--> failed: every produce is answered with storage_error, parked fetches too;
//                      reads of what was visible go on
//   open --resign()--> another leads, or none: every wait is answered
#pragma once

#include "runtime/config/topic_config.hpp"
#include "runtime/partition/fifo.hpp"
#include "runtime/partition/parked_fetches.hpp"
#include "runtime/protocol/replica_requests.hpp"
#include "runtime/replication/replica_set.hpp"

namespace troupe {

struct leader_limits {
  std::size_t pending_bytes_max = limits::partition_pending_bytes_max;
  std::size_t pending_produces_max = limits::partition_pending_produces_max;
  std::size_t parked_fetches_max = limits::parked_fetches_max;
};

struct leader_options {
  replica_set_options replicas;
  flush_policy flush = flush_policy::fsync;
  leader_limits limits;
};

/// A produce that need not wait any longer: acknowledged (none) or failed.
struct produce_answer {
  waiter who = 0;
  errc code = errc::none;
};

/// Where the log stands when leading begins, with nothing appended that is not written.
struct leader_ends {
  offset_t log_start = 0;
  offset_t durable = 0;
  offset_t written = 0;
  /// As far as this replica knew it before; 0 when it knows nothing.
  offset_t high_watermark = 0;
};

/// What a replica fetch may have.
struct replica_fetch_check {
  errc code = errc::none;
  std::optional<epoch_end> diverging;

  bool may_read() const { return code == errc::none && !diverging; }
};

/// Owned by one partition. Events go in; what they set free is taken out by take_*(). Feeding an
/// event that cannot happen (a sync of what was never written) is an assertion.
///
/// REQUIRES that no process leads an epoch that an earlier one on this directory has led: the
/// controller gives a new epoch to what a newly registered broker leads.
class partition_leader {
 public:
  partition_leader(const leader_options& options, const partition_assignment& at, leader_ends ends,
                   mono_time now = {});

  // -- producing ----------------------------------------------------------------

  /// May a batch of that size be appended now? none, storage_error, overloaded (pending bytes),
  /// too_many_requests (produces waiting) or, for acks=all, not_enough_replicas.
  errc admit(std::size_t size, required_acks acks = required_acks::leader) const;
  /// The log has taken a batch and ends at `end` now.
  void appended(offset_t end, std::size_t size);
  /// Somebody waits for what was appended last. REQUIRES acks 1 or all.
  void await_ack(required_acks acks, waiter who);

  bool should_write() const { return !failed_ && log_.end > written_.end; }
  /// All that was appended is in the page cache.
  void written(mono_time now = {});
  /// The write was refused and nothing of it kept (a full disk, no file handles): what was not yet
  /// written is dropped, its produces fail with `why`, and the log ends at the written end.
  void write_refused(errc why = errc::disk_full);

  /// There is something written that must become durable.
  bool should_sync() const;
  /// Everything below `end` is durable. REQUIRES end <= written end.
  void synced(offset_t end, mono_time now = {});
  /// A write or sync failed for good.
  void failed();

  // -- fetching -----------------------------------------------------------------

  /// Clients may read, below the high watermark. Else: offset_not_available.
  bool is_readable() const;
  /// Parks a fetch that found `have` bytes and wants `min_bytes` by `deadline`. False: too many.
  [[nodiscard]] bool park(waiter who, std::size_t have, std::size_t min_bytes, mono_time deadline);
  /// Lets go of all parked fetches, with `code`.
  void release_fetches(errc code);
  /// Fails all waiting produces with `code`.
  void release_produces(errc code);
  std::size_t parked() const { return consumers_.size(); }

  // -- replicas -----------------------------------------------------------------

  /// Checks a follower's fetch and, when it is of this epoch and its log does not differ (`found`:
  /// what the leader's log says of its last epoch), takes it as an acknowledgement. Errors:
  /// fenced_leader_epoch, unknown_leader_epoch, replica_not_available, stale_broker_epoch,
  /// offset_out_of_range.
  replica_fetch_check on_replica_fetch(const replica_fetch_request& what, const epoch_end& found,
                                       mono_time now);
  /// Parks a replica fetch that found `have` bytes. False: too many.
  [[nodiscard]] bool park_replica(waiter who, std::size_t have, std::size_t min_bytes,
                                  mono_time deadline);
  /// Metadata of this leader epoch.
  void update(const partition_assignment& at, mono_time now);
  /// The change of the in-sync replicas to ask the controller for now, if any.
  std::optional<isr_proposal> take_proposal(mono_time now);
  void on_isr_answer(const isr_answer& what, mono_time now);
  const replica_set& replicas() const { return replicas_; }

  // -- time ---------------------------------------------------------------------

  /// Deadlines of parked fetches; now and then, who is in sync.
  void expire(mono_time now);
  mono_time next_deadline() const;

  // -- state --------------------------------------------------------------------

  /// Another leads, or the partition goes offline: everything that waits is answered with `code`;
  /// of a produce the outcome is unknown. Only take_*() may be called afterwards.
  void resign(errc code = errc::not_leader_or_follower);
  /// Records below `start` are gone. REQUIRES log start <= start <= high watermark.
  void advance_log_start(offset_t start);
  /// The topic's policy has changed; the high watermark stays or grows.
  void set_flush(flush_policy flush, mono_time now = {});

  leader_epoch epoch() const { return epoch_; }
  offset_t log_start() const { return log_start_; }
  offset_t high_watermark() const { return visible_.end; }
  offset_t written_end() const { return written_.end; }
  offset_t log_end() const { return log_.end; }
  bool has_failed() const { return failed_; }
  std::size_t waiting_produces() const { return by_leader_.size() + by_all_.size(); }
  /// Written and not known to be durable.
  bool has_unsynced() const { return written_.end > durable_; }

  // -- what was set free --------------------------------------------------------

  /// Replaces the content of `into`; in the order of the offsets.
  void take_produces(std::vector<produce_answer>& into);
  void take_fetches(std::vector<fetch_answer>& into) { consumers_.take(into); }
  void take_replica_fetches(std::vector<fetch_answer>& into) { followers_.take(into); }

 private:
  /// A point in the log, and the bytes ever appended up to it since the leader began.
  struct mark {
    offset_t end = 0;
    std::uint64_t bytes = 0;
  };
  struct waiting_produce {
    offset_t end = 0;
    waiter who = 0;
  };

  offset_t position() const { return options_.flush == flush_policy::os ? written_.end : durable_; }
  void advance_high_watermark(mono_time now);
  void show(offset_t end);
  void review(mono_time now);
  void fail_when_too_few();
  void answer(fifo<waiting_produce>& queue, offset_t up_to);
  void fail_above(fifo<waiting_produce>& queue, offset_t end, errc code);
  void check() const;

  leader_options options_;
  leader_epoch epoch_;
  replica_set replicas_;
  bool failed_ = false;
  offset_t log_start_;
  mark log_;
  mark written_;
  offset_t durable_;
  mark visible_;
  fifo<mark> appends_;  // ends of batches above the high watermark

  fifo<waiting_produce> by_leader_;  // acks=1
  fifo<waiting_produce> by_all_;     // acks=all
  parked_fetches consumers_;         // by visible bytes
  parked_fetches followers_;         // by written bytes
  std::vector<produce_answer> answered_;
};

}  // namespace troupe
