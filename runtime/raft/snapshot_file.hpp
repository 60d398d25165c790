// A snapshot of the state machine as a file.
//
//   snapshot := magic:8 "TRPRSNP\n" version:i16 head:u32 head_crc:u32 content
//   head     := index:i64 term:i64 size:u64 content_crc:u32 voter_set    (of `head` bytes)
//
// Big endian; CRC-32C. It appears under its name whole and synced, or not at all (rule R45).
#pragma once

#include "runtime/env/env.hpp"
#include "runtime/raft/messages.hpp"

namespace troupe::raft {

inline constexpr std::string_view incoming_name = "incoming.tmp";

/// "00000000000000000420.snapshot" and back.
std::string snapshot_name(index_t index);
std::optional<index_t> snapshot_index(std::string_view name);

/// What stands before the content.
bytes encode_snapshot_head(const snapshot_info& info);

/// Where the content begins.
struct snapshot_head {
  snapshot_info info;
  std::size_t size = 0;
};
/// Errors: damaged_data, unsupported_format.
result<snapshot_head> decode_snapshot_head(byte_view data);

/// The head of the file at `path`, and whether its size is right. Errors: not_found, damaged_data,
/// unsupported_format, io_error.
result<snapshot_head> read_snapshot_head(env& on, const std::string& path);
/// Reads all of it and checks it. Errors: as above.
result<bytes> read_snapshot_content(env& on, const std::string& path);
/// Checks the content without holding it in memory. Errors: as above.
result<snapshot_info> check_snapshot(env& on, const std::string& path);

}  // namespace troupe::raft
