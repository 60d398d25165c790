// The door to files. The log, the metadata store and everything else that is durable reaches the
// disk only through `env`; tests replace it by a disk that loses, tears and refuses.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/types.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// An open file. Reads and writes name their position, so one handle serves many readers.
/// Reading and syncing are safe from any thread; writes and truncation belong to one owner.
class file {
 public:
  virtual ~file() = default;

  /// Reads up to `into.size()` bytes at `position`; fewer only at the end of the file.
  virtual result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const = 0;
  /// Writes all of `parts`, one after the other, from `position`. On error an unknown prefix may
  /// have been written.
  virtual result<void> write_at(std::uint64_t position, std::span<const byte_view> parts) = 0;
  virtual result<void> truncate(std::uint64_t size) = 0;
  /// fdatasync. After an error the state of the unsynced bytes is unknown for ever: the caller
  /// must stop using the file and never call this again for it (storage rule S8).
  virtual result<void> sync() = 0;
  virtual result<std::uint64_t> size() const = 0;
};

using file_ptr = std::shared_ptr<file>;

enum class open_mode {
  read_only,   ///< fails when absent
  read_write,  ///< fails when absent
  create,      ///< creates when absent, read and write
};

/// Held as long as the directory is ours; released by the destructor.
class directory_lock {
 public:
  virtual ~directory_lock() = default;
};

struct disk_space {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

/// Thread-safe. Paths are relative to nothing: the caller joins them. Errors: io_error with the
/// operation, the path and the system's words; disk_full for ENOSPC and EDQUOT; not_found for
/// ENOENT; overloaded when the process or the machine has no file handle left. A sync that fails
/// answers io_error whatever the reason: even for want of space, the data is gone.
class env {
 public:
  virtual ~env() = default;

  virtual result<file_ptr> open(const std::string& path, open_mode mode) = 0;
  /// Names (not paths) of the entries, sorted; not_found when the directory is absent.
  virtual result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual result<bool> exists(const std::string& path) = 0;
  /// Succeeds when it is there already.
  virtual result<void> create_directory(const std::string& path) = 0;
  virtual result<void> remove_file(const std::string& path) = 0;
  /// Removes a directory with all that is in it.
  virtual result<void> remove_all(const std::string& path) = 0;
  virtual result<void> rename(const std::string& from, const std::string& to) = 0;
  /// Makes the creations, renames and removals in `directory` durable.
  virtual result<void> sync_directory(const std::string& directory) = 0;
  /// Makes everything written to the file system of `directory` durable, in one call (syncfs).
  virtual result<void> sync_filesystem(const std::string& directory) = 0;
  virtual result<disk_space> space(const std::string& directory) = 0;
  /// directory_in_use when another process (or holder) has it.
  virtual result<std::unique_ptr<directory_lock>> lock_directory(const std::string& path) = 0;
};

/// The machine's files.
env& posix_env();

/// Reads a whole file; not_found when absent, damaged_data when it is larger than `limit`.
result<bytes> read_file(env& on, const std::string& path, std::size_t limit);
/// Replaces a file so that a crash leaves the old content or the new, never a mixture: writes
/// beside it (the path and this suffix), syncs, renames, syncs the directory.
inline constexpr std::string_view temporary_suffix = ".tmp";
result<void> write_file_atomically(env& on, const std::string& path, byte_view content);

}  // namespace troupe
