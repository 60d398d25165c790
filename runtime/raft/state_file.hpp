// Identity, term and vote of a replica: what must never be forgotten.
//
//   state := slot slot                        slot k at byte k * 4096
//   slot  := magic:8 "TRPVOTE\n" version:i16 sequence:u64 node:i32 directory:u64 term:i64
//            voted:u8 vote_node:i32 vote_directory:u64 damaged:u8 up_to:i64 since:i64 crc:u32
//
// Big endian; the crc is CRC-32C of all before it. The slots are written and synced one after the
// other, the worse one first: a crash or a failed write spoils one at most, and one that rots
// leaves the other with the same content.
#pragma once

#include "runtime/env/env.hpp"
#include "runtime/raft/types.hpp"

namespace troupe::raft {

struct stored_state {
  replica_id self;
  hard_state hard;
  std::optional<raft::damage> damage;

  bool operator==(const stored_state&) const = default;
};

/// Owned by a storage.
class state_file {
 public:
  /// Errors: not_found; damaged_data when neither slot is whole; unsupported_format; io_error.
  result<stored_state> load(env& on, const std::string& path);
  /// Both slots, each synced. Errors: disk_full, io_error; what load() gives then is the state
  /// before or this one.
  result<void> store(env& on, const std::string& path, const stored_state& to);

 private:
  std::uint64_t sequence_ = 0;
  std::uint64_t worse_ = 0;  ///< the slot that is older, or not whole
};

}  // namespace troupe::raft
