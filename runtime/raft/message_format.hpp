// Messages between replicas as bytes.
//
//   message := version:u8 kind:u8 from to term:i64 body crc:u32     (kind: place in message_body)
//   from,to := node:i32 directory:u64
//   entry   := index:i64 term:i64 kind:u8 length:i32 data
//
// Big endian; the crc is CRC-32C of all before it.
#pragma once

#include "runtime/raft/messages.hpp"

namespace troupe::raft {

inline constexpr std::uint8_t message_version = 1;

bytes encode(const message& m);
/// Errors: corrupt_batch when it is damaged, unsupported_format when a later version wrote it.
result<message> decode_message(byte_view data);

}  // namespace troupe::raft
