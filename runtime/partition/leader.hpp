// What the leader of a partition decides: which produce may be answered, which fetch has waited
// enough, how far records may be read, and when there is something to write or to sync. It knows
// offsets and sizes; log, mailbox and clock belong to whoever drives it.
//
//   log start <= high watermark = written end (flush=os) or durable end (flush=fsync)
//   durable end <= written end <= log end; the high watermark never goes back
//
//   produce  acks=1    answered when written
//            acks=all  answered when below the high watermark
//   fetch    parked until `min_bytes` more are below the high watermark, or its deadline
//
//   open --failed()--> failed: every produce is answered with storage_error, parked fetches too;
//                      reads of what was visible go on
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/config/topic_config.hpp"
#include "runtime/partition/fifo.hpp"
#include "runtime/protocol/requests.hpp"

#include <vector>

namespace troupe {

/// By what number the driver knows a produce or fetch that waits.
using waiter = std::uint32_t;

struct leader_limits {
  std::size_t pending_bytes_max = limits::partition_pending_bytes_max;
  std::size_t pending_produces_max = limits::partition_pending_produces_max;
  std::size_t parked_fetches_max = limits::parked_fetches_max;
};

/// A produce that need not wait any longer: acknowledged (none) or failed.
struct produce_answer {
  waiter who = 0;
  errc code = errc::none;
};

/// A fetch to be read again and answered (none), or to be answered with the error.
struct fetch_answer {
  waiter who = 0;
  errc code = errc::none;
};

/// Where the log stands when it has been opened.
struct leader_ends {
  offset_t log_start = 0;
  offset_t durable = 0;
  offset_t written = 0;
};

/// Owned by one partition. Events go in; what they set free is taken out by take_*(). Feeding an
/// event that cannot happen (a high watermark that goes back, a sync that never began) is an
/// assertion.
class partition_leader {
 public:
  partition_leader(flush_policy flush, leader_ends ends, leader_limits limits = {});

  // -- producing ----------------------------------------------------------------

  /// May a batch of that size be appended now? none, storage_error, overloaded (pending bytes) or
  /// too_many_requests (produces waiting).
  errc admit(std::size_t size) const;
  /// The log has taken a batch and ends at `end` now.
  void appended(offset_t end, std::size_t size);
  /// Somebody waits for what was appended last. REQUIRES acks 1 or all.
  void await_ack(required_acks acks, waiter who);

  bool should_write() const { return !failed_ && log_.end > written_.end; }
  /// All that was appended is in the page cache.
  void written();
  /// The write was refused and nothing of it kept (a full disk, no file handles): what was not yet
  /// written is dropped, its produces fail with `why`, and the log ends at the written end.
  void write_refused(errc why = errc::disk_full);

  /// Is there something written that must become durable, and no sync on its way?
  bool should_sync() const;
  /// A sync of everything written has begun.
  void sync_began();
  /// It ended well.
  void synced();
  /// A write or sync failed for good.
  void failed();

  // -- fetching -----------------------------------------------------------------

  /// Parks a fetch that found `have` bytes and wants `min_bytes` by `deadline`. False: too many.
  [[nodiscard]] bool park(waiter who, std::size_t have, std::size_t min_bytes, mono_time deadline);
  /// Lets go of fetches whose deadline has come.
  void expire(mono_time now);
  /// Lets go of all parked fetches, with `code`.
  void release_fetches(errc code);
  /// Fails all waiting produces with `code`.
  void release_produces(errc code);
  std::size_t parked() const { return parked_.size(); }
  /// Earliest deadline of a parked fetch; mono_time::max() without any.
  mono_time next_deadline() const { return next_deadline_; }

  // -- state --------------------------------------------------------------------

  /// Records below `start` are gone. REQUIRES log start <= start <= high watermark.
  void advance_log_start(offset_t start);
  /// The topic's policy has changed; the high watermark stays or grows.
  void set_flush(flush_policy flush);

  offset_t log_start() const { return log_start_; }
  offset_t high_watermark() const { return visible_.end; }
  offset_t log_end() const { return log_.end; }
  bool has_failed() const { return failed_; }
  bool sync_running() const { return sync_running_; }
  std::size_t waiting_produces() const { return by_leader_.size() + by_all_.size(); }
  /// Written and not known to be durable.
  bool has_unsynced() const { return written_.end > durable_.end; }

  // -- what was set free --------------------------------------------------------

  /// Replaces the content of `into`; in the order of the offsets.
  void take_produces(std::vector<produce_answer>& into);
  void take_fetches(std::vector<fetch_answer>& into);

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
  struct parked_fetch {
    waiter who = 0;
    std::uint64_t wake_at = 0;  // in visible bytes
    mono_time deadline;
  };

  void advance_high_watermark();
  void answer(fifo<waiting_produce>& queue, offset_t up_to);
  void fail_above(fifo<waiting_produce>& queue, offset_t end, errc code);
  template <class Done>
  void release(Done done, errc code);
  void check() const;

  flush_policy flush_;
  leader_limits limits_;
  bool failed_ = false;
  bool sync_running_ = false;
  offset_t log_start_;
  mark log_;
  mark written_;
  mark syncing_;
  mark durable_;
  mark visible_;

  fifo<waiting_produce> by_leader_;  // acks=1
  fifo<waiting_produce> by_all_;     // acks=all
  std::vector<parked_fetch> parked_;
  std::uint64_t next_wake_ = UINT64_MAX;  // least wake_at of parked_
  mono_time next_deadline_ = mono_time::max();

  std::vector<produce_answer> answered_;
  std::vector<fetch_answer> woken_;
};

}  // namespace troupe
