// A snapshot of the state machine as a file.
//
//   snapshot := magic:8 "TRPRSNP\n" version:i16 head:u32 head_crc:u32 content
//   head     := index:i64 term:i64 size:u64 content_crc:u32 voter_set    (of `head` bytes)
//
// Big endian; CRC-32C. head_crc is that of all before it and of `head`. A snapshot appears under
// its name whole and synced, or not at all (rule R45).
#pragma once

#include "runtime/env/env.hpp"
#include "runtime/raft/messages.hpp"

namespace troupe::raft {

inline constexpr std::string_view incoming_name = "incoming.tmp";

inline constexpr std::string_view snapshot_suffix = ".snapshot";

/// What stands before the content.
bytes encode_snapshot_head(const snapshot_info& info);

/// Where the content begins.
struct snapshot_head {
  snapshot_info info;
  std::size_t size = 0;
};
/// Errors: damaged_data, unsupported_format.
result<snapshot_head> decode_snapshot_head(byte_view data);

/// Reads all of it and checks it. Errors: not_found, damaged_data, unsupported_format, io_error.
result<bytes> read_snapshot_content(env& on, const std::string& path);
/// Checks it without holding it in memory. Errors: likewise.
result<snapshot_info> check_snapshot(env& on, const std::string& path);

}  // namespace troupe::raft
