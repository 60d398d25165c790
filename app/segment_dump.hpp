// Looks into a segment file without a broker: every batch, its verdict, its records.
#pragma once

#include "runtime/env/env.hpp"
#include "runtime/record/batch.hpp"

#include <functional>
#include <string>

namespace troupe::app {

/// One batch as found, or the damage that was found in its place.
struct dumped_batch {
  std::uint64_t position = 0;  ///< in the file, bytes
  std::size_t size = 0;
  batch_header header;
  std::string damage;  ///< empty: length, magic, CRC and records are right
  byte_view data;      ///< the batch, valid during the call
};

struct dump_totals {
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t damaged = 0;
  /// Zeros behind the last batch: space that was allocated ahead.
  std::uint64_t zero_bytes = 0;
};

/// Calls `each` for every batch from the start of the file on, until it returns false. A damaged
/// batch whose length can be believed is stepped over; otherwise the rest of the file is one
/// damage.
result<dump_totals> dump_segment(env& on, const std::string& path,
                                 const std::function<bool(const dumped_batch&)>& each);

/// Whether the file is meant to be a segment: by its name, or because it begins as one.
result<bool> is_segment(env& on, const std::string& path);

}  // namespace troupe::app
