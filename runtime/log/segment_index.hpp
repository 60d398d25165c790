// Where the batches of one segment are: a sparse map from offset to position, and one from
// timestamp to offset.
//
//   index file := header entry*
//   header     := magic:u32 version:u16 kind:u16(0 offsets | 1 times) base:i64 covered:u64 end:i64
//                 max_timestamp:i64 count:u32 entries_crc:u32 header_crc:u32
//   entry      := relative_offset:u32 position:u32                       (.index)
//              |  timestamp:i64 relative_offset:u32                      (.timeindex)
//
// All big endian, both sums CRC-32C. The header describes the part of the segment that is indexed:
// its first `covered` bytes, which end at offset `end`. A time entry says: every record before this
// offset has at most this timestamp.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/types.hpp"

#include <optional>

namespace troupe {

/// Where a batch begins: its place in the file and the offset of its first record.
struct batch_place {
  std::uint64_t position = 0;
  offset_t offset = 0;

  bool operator==(const batch_place&) const = default;
};

/// What the header of an index file says.
struct index_summary {
  offset_t base = 0;
  std::uint64_t covered = 0;
  offset_t end = 0;
  timestamp_ms max_timestamp = no_timestamp;
  std::uint32_t count = 0;
  std::uint32_t entries_crc = 0;
};

inline constexpr std::size_t index_header_size = 52;

enum class index_kind : std::uint16_t { offsets = 0, times = 1 };

/// Nothing unless the header is intact, of this kind and of this segment.
std::optional<index_summary> decode_index_header(byte_view header, index_kind kind, offset_t base);

/// Both maps, in memory. Owned by the log.
class segment_index {
 public:
  /// An entry about every `interval` bytes.
  segment_index(offset_t base, std::uint32_t interval) : base_(base), interval_(interval) {}

  /// Takes notice of a batch; batches come in order. REQUIRES place.offset within 2^32 of the base
  /// and place.position below 2^32.
  void note(batch_place place, std::size_t size, timestamp_ms max_timestamp);

  /// The last known batch that begins at `offset` or before; nothing before the first entry.
  std::optional<batch_place> floor(offset_t offset) const;
  /// The first known batch behind `position`.
  std::optional<batch_place> after(std::uint64_t position) const;
  /// No record before the returned offset has a timestamp >= `at`.
  offset_t time_floor(timestamp_ms at) const;

  /// Forgets what begins at `position` or behind it.
  void truncate(batch_place end);
  /// Puts the index of what comes before this one in front of it.
  void prepend(segment_index front);

  std::size_t size_bytes() const;

  bytes encode(index_kind kind, const index_summary& about) const;
  /// Nothing unless header and entries are intact.
  static std::optional<segment_index> decode(byte_view offsets, byte_view times, offset_t base,
                                             std::uint32_t interval, index_summary& about);

 private:
  struct entry {
    std::uint32_t relative_offset = 0;
    std::uint32_t position = 0;
  };
  struct time_entry {
    timestamp_ms timestamp = no_timestamp;
    std::uint32_t relative_offset = 0;
  };

  batch_place place_of(const entry& x) const { return {x.position, base_ + x.relative_offset}; }
  void note_time(offset_t before);

  offset_t base_;
  std::uint32_t interval_;
  std::vector<entry> entries_;
  std::vector<time_entry> times_;
  std::size_t since_entry_ = 0;
  timestamp_ms max_timestamp_ = no_timestamp;
};

}  // namespace troupe
