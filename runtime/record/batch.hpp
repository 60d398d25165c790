// Kafka's record batch, version 2: the only format in memory, on disk and between nodes.
//
//   batch := baseOffset:i64 batchLength:i32 partitionLeaderEpoch:i32 magic:i8(2) crc:u32
//            attributes:i16 lastOffsetDelta:i32 baseTimestamp:i64 maxTimestamp:i64
//            producerId:i64 producerEpoch:i16 baseSequence:i32 recordCount:i32
//            records                                                        (big endian)
//   record := length:varint attributes:i8 timestampDelta:varlong offsetDelta:varint
//             keyLength:varint key valueLength:varint value headerCount:varint header*
//   header := keyLength:varint key valueLength:varint value                 (varints: zig-zag)
//
// batchLength counts what follows it (the batch's size less 12). crc is CRC-32C of everything
// after it, so a leader can write baseOffset and partitionLeaderEpoch without touching it. A
// length of -1 means null. With a codec in attributes, `records` is one compressed blob.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/types.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace troupe {

enum class codec : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };
enum class timestamp_type : std::uint8_t { create_time = 0, log_append_time = 1 };

std::string_view to_string(codec x);
std::optional<codec> parse_codec(std::string_view name);

inline constexpr std::size_t batch_header_size = 61;
/// baseOffset and batchLength: what must be read to know how long a batch is.
inline constexpr std::size_t batch_prefix_size = 12;

/// The fixed part of a batch, decoded.
struct batch_header {
  offset_t base_offset = 0;
  std::int32_t batch_length = 0;
  leader_epoch epoch = no_epoch;
  std::int8_t magic = 2;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  timestamp_ms base_timestamp = 0;
  timestamp_ms max_timestamp = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  std::size_t size() const { return static_cast<std::size_t>(batch_length) + batch_prefix_size; }
  offset_t last_offset() const { return base_offset + last_offset_delta; }
  offset_t next_offset() const { return last_offset() + 1; }
  codec compression() const { return static_cast<codec>(attributes & 0x07); }
  timestamp_type timestamps() const { return static_cast<timestamp_type>((attributes >> 3) & 1); }
  bool is_transactional() const { return (attributes & 0x10) != 0; }
  bool is_control() const { return (attributes & 0x20) != 0; }
  bool has_delete_horizon() const { return (attributes & 0x40) != 0; }
};

/// Decodes the fixed part. REQUIRES data.size() >= batch_header_size. Believes nothing: the
/// caller checks.
batch_header decode_batch_header(byte_view data);
/// Writes the two fields a leader owns, in place. REQUIRES a whole header in `batch`.
void assign_base_offset(std::span<char> batch, offset_t base, leader_epoch epoch);
/// Turns a batch into one stamped by the broker (LogAppendTime): sets the type bit and
/// maxTimestamp and computes the CRC again.
void stamp_append_time(std::span<char> batch, timestamp_ms now);

/// Checks one batch at the start of `data`: length, magic, CRC, counts. Returns its header.
/// corrupt_batch says which check failed; a batch cut short is corrupt_batch too.
result<batch_header> check_batch(byte_view data);

/// What a client may send (on top of check_batch): exactly one batch, not a control batch, offset
/// deltas 0..n-1, each record decodable, size within `max_bytes`, timestamps sane.
/// Errors: corrupt_batch, invalid_record, record_too_large, invalid_timestamp.
result<batch_header> check_produced_batch(byte_view data, std::size_t max_bytes);

/// One header of a record; `value` may be null.
struct record_header {
  std::string_view key;
  std::optional<std::string_view> value;

  bool operator==(const record_header&) const = default;
};

/// One record as it is read: views into the batch (or into the reader's decompressed copy).
struct record_view {
  offset_t offset = no_offset;
  timestamp_ms timestamp = no_timestamp;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  ///< null is a tombstone
  std::vector<record_header> headers;
};

/// Reads the records of one batch, in order. Views stay valid while the reader and the batch
/// live. Owned by one thread.
class record_reader {
 public:
  /// Takes one whole batch (already checked by check_batch); decompresses it where needed.
  /// Errors: corrupt_batch, unsupported_compression.
  static result<record_reader> open(byte_view batch);

  const batch_header& header() const { return header_; }
  /// The next record in `into` (its vector is reused), false at the end. After an error the
  /// reader is at its end.
  result<bool> next(record_view& into);

 private:
  batch_header header_;
  bytes inflated_;  // empty when the batch is not compressed
  byte_view rest_;
  std::int32_t left_ = 0;
};

/// Splits a run of whole batches, as a fetch returns them. False at the end; the batch returned is
/// a view into the run. A last batch cut short ends the run in silence (Kafka allows that).
class batch_cursor {
 public:
  explicit batch_cursor(byte_view run) : rest_(run) {}
  bool next(byte_view& batch);

 private:
  byte_view rest_;
};

}  // namespace troupe
