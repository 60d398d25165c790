// CRC-32C (Castagnoli), the checksum of record batches and of every file of ours.
#pragma once

#include "runtime/base/types.hpp"

namespace troupe {

/// Continues `crc` (0 to begin) over `data`. In hardware where the machine has it.
std::uint32_t crc32c(byte_view data, std::uint32_t crc = 0);
/// The same without special instructions, for machines without them and as the test's oracle.
std::uint32_t crc32c_portable(byte_view data, std::uint32_t crc = 0);

}  // namespace troupe
