// The durable mark: up to where a log is known to be synced. It separates a torn tail, which may be
// cut, from damage, which may not (storage rule S4).
//
//   durable := slot slot                        slot k at byte k * 4096
//   slot    := magic:u32 version:u16 flags:u16 sequence:u64 resets:u32 last_epoch:i32
//              newest_epoch:i32 log_start:i64 end:i64 segment_base:i64 position:u64
//              created:i64 max_timestamp:i64 crc:u32      (big endian; CRC-32C of all before it)
//
// The slots are written in turn, so a torn write leaves the older one, which was synced before.
// 4096 apart: a page that cannot be written takes only one of them along.
#pragma once

#include "runtime/env/env.hpp"

#include <optional>

namespace troupe {

struct durable_mark {
  /// How often the log began anew (truncate_fully); the higher one of two is the true one.
  std::uint32_t resets = 0;
  /// Epoch of the last batch below `end`.
  leader_epoch last_epoch = no_epoch;
  /// The last entry of the leader-epochs file; batches of it may not be synced yet.
  leader_epoch newest_epoch = no_epoch;
  offset_t log_start = 0;
  /// All below is synced (or, when not `synced`, was given to the page cache).
  offset_t end = 0;
  /// The segment in which `end` lies, and where in it.
  offset_t segment_base = 0;
  std::uint64_t position = 0;
  /// Of that segment: wall-clock time of its creation, largest timestamp below `position`.
  timestamp_ms segment_created = no_timestamp;
  timestamp_ms max_timestamp = no_timestamp;
  bool synced = true;
  bool clean = false;  ///< written by an orderly stop
  /// The log begins anew at `log_start`; whatever else is in the directory is to be deleted.
  bool anew = false;

  bool operator==(const durable_mark&) const = default;
};

/// Reads and writes the two slots. Owned by the log.
class durable_mark_file {
 public:
  struct loaded {
    /// The newest intact slot. A slot that says `anew` counts only when both do: deleting began
    /// only once both were synced.
    std::optional<durable_mark> mark;
    bool exists = false;
    int damaged_slots = 0;
  };

  /// An absent file is not an error. Errors: io_error.
  result<loaded> load(env& on, const std::string& path);
  /// Writes the slot that is due. Returns the file, to be synced. Errors: disk_full, io_error.
  result<file_ptr> store(env& on, const std::string& path, const durable_mark& mark);
  /// Writes the newest slot again, not to be synced: the kernel brings it to the disk when it
  /// likes, and the other slot stays as it is. Does nothing before the first store. Errors:
  /// disk_full, overloaded, io_error.
  result<void> update(env& on, const std::string& path, const durable_mark& mark);
  /// Writes both slots and syncs them, so that a damaged one cannot bring an older mark back.
  /// Errors: disk_full, io_error.
  result<void> store_everywhere(env& on, const std::string& path, const durable_mark& mark);

 private:
  result<file_ptr> write(env& on, const std::string& path, std::uint64_t sequence,
                         const durable_mark& mark);

  std::uint64_t sequence_ = 0;
};

}  // namespace troupe
