// What a follower of a partition does next: a loop of fetch, cut or append, sync, fetch.
//
//                follow()                 next_fetch()                response
//   offline ───────────────► fetching ───────────────► waiting ─────────────────► (one of)
//      ▲                        ▲                         │
//      │ unfollow()             │ settled()               │ data       append, then settled()
//      │                        ├─────────────────────────┤ diverging  cut, then settled()
//      │                        │                         │ out of range: begin anew, settled()
//      │                        │ back-off over           │ error      back off
//      │                        └────────── backing off ◄─┘ no answer  after the deadline
//      │
//      └── any state; failed() leads to `failed`, which only follow() of a new epoch leaves
//
// One fetch is under way at a time. While the leader has more than a fetch can hold, the next one
// leaves at once; else it leaves when everything is on the disk, for it is the acknowledgement
// (docs/decisions/0008).
//
//   answer                                          reaction
//     none                                            as drawn above
//     offset_out_of_range                             begin anew at the leader's log start
//     fenced_leader_epoch                             wait for metadata: our epoch is over
//     unknown_leader_epoch, not_leader_or_follower,   ask again after the back-off: one of both has
//     replica_not_available, stale_broker_epoch       older metadata
//     anything else                                   ask again after the back-off
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/config/topic_config.hpp"
#include "runtime/protocol/replica_requests.hpp"
#include "runtime/replication/assignment.hpp"

#include <optional>

namespace troupe {

struct follower_options {
  node_id self{};
  std::int64_t broker_epoch = -1;
  topic_partition target;
  flush_policy flush = flush_policy::fsync;
  std::int32_t fetch_bytes = 1 << 20;
  std::int32_t fetch_wait_ms = 500;
  mono_duration answer_timeout = std::chrono::seconds{5};  ///< beyond fetch_wait_ms
  mono_duration backoff_min = std::chrono::milliseconds{20};
  mono_duration backoff_max = std::chrono::seconds{1};
  /// Appended and not synced; above: the next fetch waits for the sync.
  offset_t unsynced_records_max = 1'000'000;
};

/// What to do with the log, before anything else happens to it.
struct follower_step {
  enum class kind : std::uint8_t {
    none,
    append,      ///< append_as_follower(batches), write
    truncate,    ///< truncate_to(offset)
    begin_anew,  ///< truncate_fully(offset)
  };

  kind what = kind::none;
  bytes batches;
  offset_t offset = no_offset;
};

/// Owned by one replica of a partition; lives through leader epochs.
class partition_follower {
 public:
  enum class state : std::uint8_t { offline, fetching, waiting, applying, backing_off, failed };

  explicit partition_follower(follower_options options) : options_(std::move(options)) {}

  /// `leader` leads from now on, in a newer epoch. What is under way is forgotten.
  void follow(node_id leader, leader_epoch epoch);
  /// Nobody leads.
  void unfollow();

  /// The fetch to send to leader() now, if one is due.
  std::optional<replica_fetch_request> next_fetch(const partition_log& log, mono_time now);
  /// An answer from the leader. Other than `none`, the step must be carried out and reported by
  /// settled() or rejected() or failed().
  follower_step on_response(replica_fetch_response&& what, const partition_log& log, mono_time now);
  /// The request could not be delivered, or was not answered.
  void on_no_answer(mono_time now);
  /// The step was carried out.
  void settled(const partition_log& log);
  /// The log did not take what the leader sent, and goes on.
  void rejected(mono_time now);
  /// The log is out of service.
  void failed() { state_ = state::failed; }

  void set_flush(flush_policy flush) { options_.flush = flush; }
  void set_broker_epoch(std::int64_t epoch) { options_.broker_epoch = epoch; }
  /// Leading has ended; this is how far the high watermark was.
  void start_from(offset_t high_watermark) { high_watermark_ = high_watermark; }

  bool should_sync(const partition_log& log) const;
  state now_is() const { return state_; }
  node_id leader() const { return leader_; }
  /// As far as this replica knows it; it grows, and a cut of the log takes it along.
  offset_t high_watermark() const { return high_watermark_; }
  /// The leader's log start, for the log to follow: at most high_watermark().
  offset_t leader_log_start() const { return std::min(leader_log_start_, high_watermark_); }
  /// Records the leader has and this replica has not, as of the last answer.
  offset_t lag(const partition_log& log) const;
  /// When next_fetch() may have something without another event; mono_time::max() for never.
  mono_time next_deadline() const;
  /// Cuts that went below the known high watermark: an unclean election, or a loss.
  std::uint64_t cuts_below_high_watermark() const { return deep_cuts_; }

 private:
  bool is_current(const replica_fetch_response& what) const;
  follower_step refused(errc code, const replica_fetch_response& what, const partition_log& log,
                        mono_time now);
  follower_step diverged(const epoch_end& theirs, const partition_log& log, mono_time now);
  follower_step cut(follower_step::kind how, offset_t to, const partition_log& log);
  void back_off(mono_time now);
  bool may_fetch(const partition_log& log) const;

  follower_options options_;
  state state_ = state::offline;
  node_id leader_ = no_node;
  leader_epoch epoch_ = no_epoch;
  offset_t high_watermark_ = 0;
  offset_t leader_high_watermark_ = 0;
  offset_t leader_log_start_ = 0;
  offset_t leader_end_ = 0;
  offset_t asked_at_ = no_offset;  // fetch_offset of the fetch under way
  mono_time due_ = mono_time::max();
  mono_duration backoff_{};
  std::uint64_t deep_cuts_ = 0;
};

}  // namespace troupe
