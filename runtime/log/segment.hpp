// One segment of a log: a .log file, its indexes, and what is known of both without looking.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/env/env.hpp"
#include "runtime/log/epoch_cache.hpp"
#include "runtime/log/file_names.hpp"
#include "runtime/log/partition_log.hpp"
#include "runtime/log/segment_index.hpp"

#include <memory>

namespace troupe {

/// What all parts of one log share.
struct log_context {
  env& on;
  std::string directory;
  log_options options;
  const clock& time;
  epoch_cache epochs;
};

/// A stretch of a segment that holds no intact batches: from where one was expected to where the
/// next one is known to begin.
struct damaged_range {
  batch_place from;
  batch_place to;
};

/// What reading a stretch of a segment found.
struct stretch {
  batch_place end;  ///< behind the last batch that is part of the chain
  timestamp_ms max_timestamp = no_timestamp;
  std::vector<damaged_range> damage;
};

/// Owned by the log; the context outlives it. Neither the file nor the index is opened before it is
/// needed.
///
/// Invariant: the offsets [base, end) belong to this segment, whether or not its file holds an
/// intact batch for each of them.
class segment {
 public:
  /// A segment that is on disk. `size` bytes of its file count.
  segment(log_context& in, offset_t base, batch_place end, timestamp_ms max_timestamp,
          timestamp_ms created);
  /// Makes the file, which must not hold anything. Errors: disk_full, overloaded, io_error.
  static result<std::unique_ptr<segment>> create(log_context& in, offset_t base);

  offset_t base() const { return base_; }
  offset_t end() const { return end_.offset; }
  std::uint64_t size() const { return end_.position; }
  batch_place end_place() const { return end_; }
  timestamp_ms max_timestamp() const { return max_timestamp_; }
  timestamp_ms created() const { return created_; }
  bool empty() const { return end_.position == 0; }
  std::string path() const { return segment_file_path(in_->directory, base_, log_file::segment); }

  /// The file, opened when it is not. Errors: overloaded, io_error.
  result<file_ptr> opened();
  /// Takes notice of whole batches that were written behind the end.
  void note(byte_view run);
  /// Takes notice of one batch read from the file, in order, from where the index begins or behind.
  void note(batch_place place, const batch_header& header);

  /// The index of the whole segment, read or rebuilt where it is not in memory. Errors: io_error.
  result<segment_index*> index();
  /// The index of what begins at `from` or behind; cheaper when that is near the end.
  result<segment_index*> index_from(offset_t from);

  /// Builds the index anew from the file; says what it found. Errors: io_error.
  result<stretch> rebuild_index();
  /// Writes both index files. `data_end` is the end of what the file holds: end(), unless the
  /// segment is damaged there. Returns the files, to be synced. Errors: disk_full, io_error.
  result<std::vector<file_ptr>> write_index(offset_t data_end);
  /// True when write_index() has something to say that the files do not.
  bool index_changed() const { return index_changed_; }
  /// Drops what can be opened or read again.
  void release();

  /// Cuts the file and forgets what lay behind. Errors: io_error.
  result<void> truncate(batch_place end);
  /// Deletes the files of the segment, indexes first. Errors: io_error.
  result<void> remove_files();

 private:
  result<void> complete_index();
  /// The index files as far as they are intact and cover no more than is asked for.
  std::optional<segment_index> load_index(batch_place limit, batch_place& covered);
  segment_index& index_in_memory();

  log_context* in_;
  offset_t base_;
  batch_place end_;
  timestamp_ms max_timestamp_;
  timestamp_ms created_;
  file_ptr file_;
  std::unique_ptr<segment_index> index_;
  batch_place indexed_from_;  ///< index_ knows the batches from here to end_
  bool index_changed_ = false;
};

using segment_ptr = std::unique_ptr<segment>;

/// Deletes the index files of a segment, whether they are there or not. Errors: io_error.
result<void> remove_index_files(env& on, const std::string& directory, offset_t base);

/// Reads [from, to) and tells `into` of every intact batch. Where one is damaged it goes on behind
/// it if the chain from there leads exactly to `to`; otherwise the rest counts as damaged.
/// Errors: io_error.
result<stretch> index_stretch(const file& in, const epoch_cache& epochs, batch_place from,
                              batch_place to, segment_index& into);

/// Where reading can go on behind a damaged batch. `anchor` is a place behind it that is known for
/// certain; a nearer place is found when intact batches lead from there exactly to the anchor.
/// Errors: io_error.
result<batch_place> place_behind_damage(const file& in, const epoch_cache& epochs,
                                        batch_place damaged, batch_place anchor);

}  // namespace troupe
