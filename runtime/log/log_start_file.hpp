// The log-start file: the first offset that is still wanted.
//
//   log-start := magic:u32 resets:u32 start:i64 crc:u32     (big endian; CRC-32C of all before it)
#pragma once

#include "runtime/env/env.hpp"

#include <optional>

namespace troupe {

struct log_start_mark {
  std::uint32_t resets = 0;  ///< as in durable_mark
  offset_t start = 0;

  bool operator==(const log_start_mark&) const = default;
};

/// Nothing when the file is absent. Errors: damaged_data, io_error.
result<std::optional<log_start_mark>> load_log_start(env& on, const std::string& path);
/// Durable when it returns. Errors: disk_full, io_error.
result<void> store_log_start(env& on, const std::string& path, const log_start_mark& mark);

}  // namespace troupe
