// Reads batches of one segment by offset and by timestamp, and never returns one that is not proved
// to be what was written.
#pragma once

#include "runtime/log/batch_scanner.hpp"
#include "runtime/log/segment.hpp"

namespace troupe {

/// What was found at an offset: the batch that contains it, or that it lies in a damaged range.
struct located {
  batch_place place;  ///< of the batch; meaningless when damaged
  std::optional<damaged_range> damaged;
};

/// Used for one call; the segment and the cache outlive it.
class segment_reader {
 public:
  segment_reader(segment& in, const epoch_cache& epochs) : segment_(in), epochs_(epochs) {}

  /// REQUIRES base <= offset < end of the segment. Looks only at headers, so a damaged body is
  /// found by read(). `hint`, when given, is where the batch of `offset` begins.
  result<located> locate(offset_t offset, std::optional<batch_place> hint = {});

  /// Whole checked batches from the one that contains `from`, none reaching beyond `limit`; the
  /// first one even if it is larger than `max_bytes`. Empty when the first reaches beyond `limit`.
  /// `next` becomes the place behind what is returned. Errors: damaged_data, io_error.
  result<log_slice> read(offset_t from, std::size_t max_bytes, offset_t limit,
                         std::optional<batch_place> hint, batch_place& next);

  /// First record with a timestamp >= `at` and an offset in [from, limit).
  /// Errors: damaged_data, io_error.
  result<std::optional<timestamp_and_offset>> find_timestamp(timestamp_ms at, offset_t from,
                                                             offset_t limit);

 private:
  struct intact {
    std::size_t size = 0;
    offset_t next = 0;
    bool damaged = false;  ///< not even the first batch is intact
  };

  result<located> walk(batch_place from, offset_t offset);
  /// Where reading can go on behind the damage at `at`.
  result<batch_place> behind(batch_place at);
  error damage_error(const damaged_range& range) const;
  /// How much of `data`, which begins with the batch of offset `first`, may be returned.
  intact take_batches(byte_view data, offset_t first, offset_t limit) const;
  result<bytes> load(batch_place at, std::size_t max_bytes);

  segment& segment_;
  const epoch_cache& epochs_;
};

}  // namespace troupe
