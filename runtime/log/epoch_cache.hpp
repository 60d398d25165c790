// The leader epochs of a log (KIP-101): from which offset on each leader wrote.
//
//   leader-epochs := entry*
//   entry         := epoch:i32 start:i64 crc:u32             (big endian, 16 bytes)
//
// crc is CRC-32C of the entry, continued from the crc of the entry before, so entries cannot
// change places. A batch carries its epoch outside its own checksum: what it says is believed only
// when this file says the same.
#pragma once

#include "runtime/base/types.hpp"

namespace troupe {

/// In order of both fields. Owned by the log.
class epoch_cache {
 public:
  static constexpr std::size_t entry_size = 16;

  struct entry {
    leader_epoch epoch = no_epoch;
    offset_t start = 0;

    bool operator==(const entry&) const = default;
  };

  /// One epoch and the offset behind its last record (the start of the next one).
  struct span_of {
    leader_epoch epoch = no_epoch;
    offset_t end = 0;
  };

  span_of at(offset_t offset) const;
  /// Where a log that ends at `log_end` ends for `asked`; see partition_log::end_offset_for.
  epoch_end end_offset_for(leader_epoch asked, offset_t log_end) const;
  leader_epoch last() const { return entries_.empty() ? no_epoch : entries_.back().epoch; }
  std::span<const entry> entries() const { return entries_; }

  /// REQUIRES epoch > last() and start beyond the last entry's start.
  void add(leader_epoch epoch, offset_t start);
  /// True when a batch of `epoch` may follow all known ones at `start`.
  bool can_follow(leader_epoch epoch, offset_t start) const;
  /// Forgets the epochs that begin at `end` or later.
  void truncate(offset_t end);

  /// The entries from the `first` one on, as the file has them.
  bytes encode(std::size_t first) const;

  struct decoded;
  /// Takes entries as long as they are intact and in order.
  static decoded decode(byte_view content);

 private:
  std::vector<entry> entries_;
};

struct epoch_cache::decoded {
  epoch_cache epochs;
  bool intact = true;  ///< false when bytes are left over that are no entry
};

}  // namespace troupe
