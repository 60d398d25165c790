// Where the fields of a batch header are. For the files of this folder.
#pragma once

#include "runtime/base/types.hpp"

#include <cstddef>
#include <limits>

namespace troupe::layout {

inline constexpr std::size_t base_offset = 0;
inline constexpr std::size_t batch_length = 8;
inline constexpr std::size_t epoch = 12;
inline constexpr std::size_t magic = 16;
inline constexpr std::size_t crc = 17;
inline constexpr std::size_t attributes = 21;  ///< the CRC covers everything from here on
inline constexpr std::size_t last_offset_delta = 23;
inline constexpr std::size_t base_timestamp = 27;
inline constexpr std::size_t max_timestamp = 35;
inline constexpr std::size_t producer_id = 43;
inline constexpr std::size_t producer_epoch = 51;
inline constexpr std::size_t base_sequence = 53;
inline constexpr std::size_t record_count = 57;
inline constexpr std::size_t records = 61;

inline constexpr std::int16_t append_time_bit = 0x08;
inline constexpr std::int16_t transactional_bit = 0x10;
inline constexpr std::int16_t control_bit = 0x20;

/// Smallest batch_length: a header and no records.
inline constexpr std::int32_t length_min = 49;
/// Smallest record: seven fields of one byte.
inline constexpr std::size_t record_size_min = 7;
/// Above this, an offset inside the batch could overflow.
inline constexpr offset_t base_offset_max = std::numeric_limits<offset_t>::max() - (1LL << 32);

}  // namespace troupe::layout
