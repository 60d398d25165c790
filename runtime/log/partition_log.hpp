// The log of one partition: segments of record batches on disk, appended at the end, read by
// offset, cut from both ends.
//
//   DATA/<topic>-<partition>/
//     00000000000000000000.log        batches, one after the other (docs/formats.md)
//     00000000000000000000.index      offset -> position, sparse; written when a segment is sealed
//     00000000000000000000.timeindex  timestamp -> offset, sparse; likewise
//     leader-epochs                   (epoch, start offset)*, with a CRC
//     log-start                       first offset still wanted, with a CRC
//     durable                         how far the log is known to be synced: two slots, each a CRC
//
//   log start <= durable end <= written end <= log end
//        |            |             |             |
//        |            |             |             end of what append() has taken
//        |            |             end of what write() has given to the page cache
//        |            end of what a completed sync covers (flushed())
//        first offset that may be read
//
// Rules S1-S10 of the storage chapter in docs/formats.md. Every file but the .log can be rebuilt.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/env/env.hpp"
#include "runtime/record/batch.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Settings of one log; see runtime/config for their meaning to users.
struct log_options {
  std::uint64_t segment_bytes = 1ull << 30;
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;
  std::uint32_t index_interval_bytes = 4096;
  std::uint32_t segment_index_bytes = 10u << 20;
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;  ///< -1: for ever
  std::int64_t retention_bytes = -1;                   ///< -1: no limit
  timestamp_type timestamps = timestamp_type::create_time;
  /// A topic of acks from the page cache never syncs, so its durable mark says nothing.
  bool syncs = true;
};

/// What opening a log found and did.
struct recovery_report {
  std::uint64_t scanned_bytes = 0;  ///< read and checked batch by batch
  std::uint64_t torn_bytes = 0;     ///< cut from the end: never acknowledged as durable
  std::uint64_t damaged_bytes = 0;  ///< below the durable mark and unreadable: kept, not served
  std::uint32_t rebuilt_indexes = 0;
  bool clean = false;                ///< the last stop was orderly
  std::vector<std::string> remarks;  ///< one sentence per damage, with file and position
};

struct appended {
  offset_t base_offset = no_offset;
  offset_t last_offset = no_offset;
  /// Broker's time for LogAppendTime topics, else no_timestamp.
  timestamp_ms append_time = no_timestamp;
};

/// Whole batches from the one that contains the offset asked for.
struct log_slice {
  bytes batches;
  offset_t first_offset = no_offset;  ///< base offset of the first batch; no_offset when empty
  offset_t next_offset = no_offset;   ///< where to go on reading
};

struct timestamp_and_offset {
  timestamp_ms timestamp = no_timestamp;
  offset_t offset = no_offset;
};

/// What a sync must cover so that everything written so far is durable.
struct sync_ticket {
  offset_t end = 0;                      ///< becomes the durable end
  std::vector<file_ptr> files;           ///< fdatasync each, in this order
  std::vector<std::string> directories;  ///< then fsync each
};

/// Owned by one actor (or test); not thread-safe, except that a sync_ticket may be carried out on
/// another thread meanwhile. After any failed write or sync the log is poisoned: reads of what was
/// written go on, everything else answers storage_error until it is opened again.
class partition_log {
 public:
  /// Opens, creates or recovers. An absent directory is created on the first append, so an idle
  /// partition costs no file. `start` is where an absent log begins. Errors: io_error,
  /// storage_error; damage inside is reported, not an error.
  static result<std::unique_ptr<partition_log>> open(env& on, std::string directory,
                                                     log_options options, const clock& time,
                                                     recovery_report& report);
  virtual ~partition_log() = default;

  /// Takes one checked batch (check_produced_batch), assigns offsets and epoch in place and keeps
  /// it until write(). Nothing is visible to read() yet. Errors: storage_error.
  virtual result<appended> append(bytes batch, leader_epoch epoch) = 0;
  /// Takes batches that already have their offsets, from a leader. Errors: storage_error,
  /// corrupt_batch, offset_out_of_range when they do not begin at the log end.
  virtual result<appended> append_as_follower(bytes batches) = 0;
  /// Writes all taken batches to the page cache; rolls segments. Errors: disk_full, overloaded
  /// (no file handle left): nothing of this call is kept, and the log goes on; io_error (poisoned).
  virtual result<void> write() = 0;
  /// Bytes taken and not yet written.
  virtual std::size_t pending_bytes() const = 0;

  /// What to sync now, or nothing when all that is written is durable. One ticket at a time.
  virtual std::optional<sync_ticket> begin_sync() = 0;
  /// Reports how the ticket ended; moves the durable end and, now and then, the durable mark.
  virtual void end_sync(const result<void>& outcome) = 0;

  /// Up to `max_bytes` of whole batches from `from`, below `limit` (first batch whole even if
  /// larger, KIP-74). Checks every CRC. Empty when from == limit. Errors: offset_out_of_range,
  /// damaged_data, io_error.
  virtual result<log_slice> read(offset_t from, std::size_t max_bytes, offset_t limit) = 0;
  /// First record with a timestamp >= `at` below `limit`, or nothing.
  virtual result<std::optional<timestamp_and_offset>> find_timestamp(timestamp_ms at,
                                                                     offset_t limit) = 0;

  /// Removes everything from `end` on (a follower that diverged), with the epochs that began there.
  /// Durable when it returns: nothing appended afterwards can outlive what was removed. A crash in
  /// between leaves the old log, or some whole batches above `end`, never a gap or a mixture.
  virtual result<void> truncate_to(offset_t end) = 0;
  /// Removes everything and begins again at `start`.
  virtual result<void> truncate_fully(offset_t start) = 0;
  /// Moves the log start up (delete-records); whole segments below it are deleted.
  virtual result<void> advance_start(offset_t start) = 0;
  /// Deletes sealed segments that retention by time or size lets go; returns how many.
  virtual result<std::size_t> apply_retention(offset_t limit) = 0;
  virtual void set_options(const log_options& options) = 0;

  /// Seals indexes and writes the marks after a last sync, so the next open need not scan.
  virtual result<void> close() = 0;
  /// Deletes the directory. The log must not be used afterwards.
  virtual result<void> remove() = 0;

  virtual offset_t log_start() const = 0;
  virtual offset_t durable_end() const = 0;
  virtual offset_t written_end() const = 0;
  virtual offset_t log_end() const = 0;
  /// Epoch of the last batch; no_epoch when there was none yet.
  virtual leader_epoch last_epoch() const = 0;
  /// Where the log ends for `asked` (R3). The last epoch: the log end. One between known epochs:
  /// the epoch below it, and where that ends. One before all: where the first begins. One after
  /// all: nothing. Epochs that retention has emptied still count.
  virtual epoch_end end_offset_for(leader_epoch asked) const = 0;
  virtual std::uint64_t size_bytes() const = 0;
  virtual std::size_t segment_count() const = 0;
  virtual bool poisoned() const = 0;
};

}  // namespace troupe
