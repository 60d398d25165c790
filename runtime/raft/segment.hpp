// A stretch of the log in a file. Every record is checked together with all records before it, so
// that a record which is whole but belongs to another history is not believed.
//
//   segment := magic:8 "TRPRAFT\n" version:i16 first:i64 previous_term:i64 previous_crc:u32 crc:u32
//              record*
//   record  := length:u32 crc:u32 index:i64 term:i64 kind:u8 data       (big endian)
//
// length counts from index on. The crc of a record is CRC-32C of what follows it, continued from
// the crc of the record before (of the first: from previous_crc). The crc of the head is that of
// all before it.
#pragma once

#include "runtime/env/env.hpp"
#include "runtime/raft/types.hpp"

#include <vector>

namespace troupe::raft {

inline constexpr std::string_view segment_suffix = ".raft";
inline constexpr std::size_t segment_head_size = 34;
inline constexpr std::size_t segment_bytes_max = 1u << 30;  ///< far above what is ever written
inline constexpr std::size_t record_prefix_size = 8;

/// The end of a log: what the next record continues.
struct link {
  position at;
  std::uint32_t crc = 0;

  bool operator==(const link&) const = default;
};

bytes encode_segment_head(const link& previous);
/// What stands before its first record. Errors: damaged_data, unsupported_format.
result<link> decode_segment_head(byte_view data, index_t first);

/// Appends one record to `into` and returns the link to it.
link encode_record(const entry& x, const link& previous, bytes& into);

struct decoded_record {
  entry content;
  link end;
  std::size_t size = 0;  ///< in the file
};
/// The record at the start of `data`, which must follow `previous`. Errors: damaged_data.
result<decoded_record> decode_record(byte_view data, const link& previous);

/// One open segment and where its records are. Owned by a storage.
class segment {
 public:
  /// With the head in place, in the page cache. Errors: disk_full, io_error.
  static result<segment> create(env& on, const std::string& path, const link& previous);
  /// An open one, whose records are told one by one.
  segment(file_ptr handle, const link& previous) : file_(std::move(handle)), before_(previous) {}

  index_t first() const { return before_.at.index + 1; }
  index_t last() const { return before_.at.index + static_cast<index_t>(records_.size()); }
  const link& end() const { return records_.empty() ? before_ : records_.back().at; }
  std::uint64_t size() const { return size_; }

  /// A record that is in the file already.
  void found(const link& at, std::size_t size);
  /// Errors: disk_full (as if nothing had happened), io_error (unknown what is in the file).
  result<void> append(std::span<const entry> entries);
  /// Drops the records from `from` on, and whatever is behind them. REQUIRES first() <= from.
  result<void> cut_from(index_t from);
  result<void> sync() { return file_->sync(); }

 private:
  struct record_end {
    link at;
    std::uint64_t position = 0;
  };

  file_ptr file_;
  link before_;
  std::vector<record_end> records_;
  std::uint64_t size_ = segment_head_size;
};

}  // namespace troupe::raft
