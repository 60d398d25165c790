// Where one socket stands in each of its partitions, and what is to be done next. Decides only: the
// session reads, joins, leaves and sends.
//
//            +------------------- seek, pause, no room, no credit ------------------+
//            v                                                                      |
//   behind --next_step--> reading --records--> serving --end of the run--> behind   |
//     ^  |                   |                    (pause, seek, stall: behind)      |
//     |  |                   +--nothing, failed: behind, waiting--                  |
//     |  +--next_step, at the end--> joining --attached--> tail --------------------+
//     |                                 |
//     +----- the tail went further -----+          waiting --retry--> behind    ended: for ever
//
// One partition at a time is reading, serving or joining, in turn; so a socket with a thousand
// partitions holds no more of the log in memory than a socket with one.
#pragma once

#include "http/websocket_records.hpp"
#include "runtime/protocol/requests.hpp"

#include <optional>
#include <vector>

namespace troupe::http {

/// Number of a partition within its socket.
using partition_slot = std::uint32_t;

/// Owned by one session; not thread-safe.
class websocket_subscriber {
 public:
  enum class stage : std::uint8_t { behind, reading, serving, joining, tail, waiting, ended };

  struct start {
    partition_id partition{};
    offset_t offset = 0;
    /// The end of the log when that was asked, or no_offset when it was not.
    offset_t end = no_offset;
  };

  struct step {
    enum class kind : std::uint8_t { none, read, join };

    kind what = kind::none;
    partition_slot slot = 0;
    offset_t from = 0;
    std::size_t max_bytes = 0;
  };

  websocket_subscriber(const std::vector<start>& partitions, bool manual_credit);

  /// One more. REQUIRES a partition above all others. Starts paused where all others are.
  partition_slot add(const start& one);

  std::size_t size() const { return places_.size(); }
  std::optional<partition_slot> find(partition_id which) const;
  partition_id partition(partition_slot slot) const { return places_[slot].partition; }
  stage at(partition_slot slot) const { return places_[slot].at; }
  /// The next offset to be queued.
  offset_t next(partition_slot slot) const { return places_[slot].next; }
  bool paused(partition_slot slot) const { return places_[slot].paused; }

  // -- credit: without manual credit there is always some ---------------------------

  /// Adds to what may be sent. Where bytes are given, both are needed; without them only records
  /// count, until bytes are given again.
  void add_credit(std::int64_t records, std::optional<std::int64_t> bytes);
  bool has_credit() const;
  /// What the next frame may carry. REQUIRES has_credit(). The record that uses up the bytes is
  /// still sent, so a record larger than the credit does not block the socket.
  frame_budget budget() const;

  // -- the log ------------------------------------------------------------------------

  /// What to do now; the partition is `reading` or `joining` from then on.
  step next_step();
  /// The answer to a read. True: the session has the records and serves them.
  bool on_read(partition_slot slot, const fetch_response& answer);
  /// A frame of the run, or of a chunk at the tail, has been queued.
  void on_queued(partition_slot slot, const frame_entry& frame);
  /// The run is used up.
  void on_run_end(partition_slot slot, offset_t next);
  /// The run was thrown away because the socket does not take it; less is read next time.
  void on_run_dropped(partition_slot slot);
  /// A queued frame was thrown away; its records will be read again.
  void on_forgotten(partition_slot slot, offset_t first, std::uint32_t records, std::size_t size);

  // -- the tail -----------------------------------------------------------------------

  enum class joined : std::uint8_t {
    no,           ///< reads on
    yes,          ///< at the tail
    caught_up,    ///< at the tail for the first time since the start or a seek
    leave_again,  ///< attached, but no longer wanted: detach
  };
  joined on_joined(partition_slot slot, const tail_position& answer);
  /// Whether a frame of the tail may be sent as it is.
  bool may_take(const frame_entry& frame) const;
  /// All of a chunk has been queued (it may end with what is no record).
  void on_chunk_end(partition_slot slot, offset_t next) { places_[slot].next = next; }
  /// It stays behind at next(); the tail is at least at `end`. The session detaches.
  void leave_tail(partition_slot slot, offset_t end);

  // -- trouble ------------------------------------------------------------------------

  /// A read or join failed in a way that may pass; retry() brings it back.
  void on_failed(partition_slot slot);
  void retry();
  /// The offset is outside [log_start, end]: goes on at the nearest offset inside, returned.
  offset_t on_out_of_range(partition_slot slot, offset_t log_start, offset_t end);
  void on_ended(partition_slot slot) { places_[slot].at = stage::ended; }

  // -- the client's wishes: true when the partition was at the tail and is to be detached ----

  bool seek(partition_slot slot, offset_t to);
  bool pause(partition_slot slot);
  void resume(partition_slot slot);

 private:
  struct place {
    partition_id partition{};
    stage at = stage::behind;
    bool paused = false;
    bool announced = false;  // that it caught up
    bool stale = false;      // what is under way is no longer wanted
    offset_t next = 0;
    offset_t end = no_offset;  // of the log, as last heard
  };

  /// Back from whatever was under way.
  void settle(place& x, stage at);
  bool step_aside(place& x);

  std::vector<place> places_;  // ascending by partition
  partition_slot turn_ = 0;
  bool busy_ = false;  // one is reading, serving or joining
  bool manual_credit_;
  std::int64_t records_credit_ = 0;
  std::optional<std::int64_t> bytes_credit_;
  std::size_t fetch_bytes_;
};

}  // namespace troupe::http
