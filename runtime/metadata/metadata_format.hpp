// The two files of the metadata store, as bytes (integers big endian; string := length:i32 bytes):
//
//   snapshot := magic:8 "TRPSNAP\n" version:i16 crc:u32 body
//   body     := cluster_id:string node:i32 sequence:i64 journal:i64
//               topics:i32 topic* deletions:i32 (name:string id:string partitions:i32)*
//   topic    := name:string id:string partitions:i32 configs
//   configs  := count:i32 (name:string value:string)*
//
//   journal  := magic:8 "TRPJRNL\n" version:i16 number:i64 crc:u32 zeros mark mark entry*
//   mark     := durable:i64 crc:u32 zeros:4            (at 32 and at 48; the larger valid one
//   counts) entry    := length:i32 crc:u32 sequence:i64 kind:u8 content          (from 64)
//
// A crc is CRC-32C of what follows it in its structure, for journal and mark of what precedes it.
// length counts from sequence on. `sequence` numbers the changes of a broker's life from 0; a
// snapshot has all below its own and needs the journals from number `journal` on. A mark says that
// the entries below that position are on disk: what is damaged there is damage, what is behind it
// and not whole was never acknowledged.
#pragma once

#include "runtime/metadata/metadata_state.hpp"

namespace troupe {

inline constexpr std::int16_t metadata_format_version = 1;
inline constexpr std::size_t journal_header_size = 64;

struct metadata_snapshot {
  metadata_state state;
  std::int64_t sequence = 0;
  std::int64_t first_journal = 0;
};

bytes encode_snapshot(const metadata_snapshot& snapshot, node_id self);
/// `self` is this broker: its id must be the one written down. Errors: damaged_data,
/// unsupported_format, invalid_config when the node id is another.
result<metadata_snapshot> decode_snapshot(byte_view data, const broker_metadata& self);

bytes encode_journal_header(std::int64_t number);
/// Where the entries begin that are not known to be durable. Errors: damaged_data,
/// unsupported_format.
result<std::uint64_t> decode_journal_header(byte_view data, std::int64_t number);
/// A mark, and where in the file the `turn`-th goes.
bytes encode_mark(std::uint64_t durable);
std::uint64_t mark_position(std::uint64_t turn);

/// Appends one entry to `into`.
void encode_entry(const metadata_change& change, std::int64_t sequence, bytes& into);

struct journal_entry {
  std::int64_t sequence = 0;
  metadata_change change;
  std::size_t size = 0;  ///< of the entry in the file
};

/// The entry at the start of `data`. Errors: damaged_data when it is cut short or its CRC is
/// wrong, unsupported_format when the CRC is right and the content unknown.
result<journal_entry> decode_entry(byte_view data);

}  // namespace troupe
