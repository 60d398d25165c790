// Opening a log: finds out what is there, separates a torn tail from damage, and makes what is kept
// durable.
//
//   first        below the durable mark: trusted          mark        above it: scanned
//   |------------|------------|--- ... ---|---------------|===========|~~~~~~
//     sealed       sealed       sealed      the segment of the mark     first bad batch: cut
//
// A sealed segment is checked by the headers of its index; its batches are checked when they are
// read. What is missing below the mark is damage: reported, kept, and appending goes on behind it.
#pragma once

#include "runtime/log/durable_mark.hpp"
#include "runtime/log/segment.hpp"

namespace troupe {

/// An opened log, before it gets its methods.
struct recovered_log {
  std::vector<segment_ptr> segments;
  bool active = false;  ///< the last segment may be appended to
  bool directory_exists = false;
  bool changed = false;  ///< the mark on disk does not say this yet
  std::uint32_t resets = 0;
  offset_t log_start = 0;
  offset_t end = 0;
  offset_t durable_end = 0;
  std::size_t stored_epochs = 0;  ///< entries in the leader-epochs file
  durable_mark_file marks;
};

/// Errors: io_error, overloaded, disk_full.
result<recovered_log> recover_log(log_context& in, recovery_report& report);

}  // namespace troupe
