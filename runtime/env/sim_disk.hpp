// The state behind sim_env: inodes with synced and unsynced content, a name space with synced and
// unsynced entries. For the files sim_*.cpp.
#pragma once

#include "runtime/env/sim_env.hpp"

#include <array>
#include <mutex>
#include <set>

namespace troupe::sim {

/// One file's content. Invariant: outside the dirty ranges and below both sizes, `content` equals
/// `durable`, unless a sync failed (what it should have written is then clean and lost).
struct inode {
  struct range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  bytes content;  ///< what reads see
  bytes durable;  ///< what survives a power loss
  std::vector<range> dirty;
  bool sync_failed = false;

  void write(std::size_t position, byte_view data);
  void resize(std::size_t size);
  void sync();
  /// The sync that fails: everything counts as clean and none of it is durable.
  void lose_dirty();
  void crash(rng& chance);
  void replace(bytes with);

 private:
  void mark_dirty(std::size_t begin, std::size_t end);
  std::size_t size_after_crash(rng& chance) const;
};

using inode_ptr = std::shared_ptr<inode>;

/// The entries of all directories.
struct name_space {
  std::map<std::string, inode_ptr> files;
  std::set<std::string> directories;

  void remove_tree(const std::string& path);
  /// Drops what has no directory above it any more.
  void drop_orphans();
};

/// One change of a directory, until it is synced.
struct name_change {
  enum class kind : std::uint8_t { create, make_directory, remove, remove_tree, rename };

  kind what{};
  std::string directory;  ///< whose sync makes it durable
  std::string path;
  std::string target;  ///< of a rename
  inode_ptr node;

  void apply(name_space& to) const;
};

/// Guarded by its mutex. `begin` counts an operation and says whether it shall fail.
class disk {
 public:
  std::mutex mutex;
  name_space now;
  name_space durable;
  std::vector<name_change> unsynced;
  std::map<std::string, std::uint64_t> locks;  ///< path -> holder
  std::uint64_t generation = 0;                ///< counts power losses
  std::uint64_t capacity = UINT64_MAX;
  std::uint64_t syncs_after_failure = 0;
  std::size_t open_files = 0;

  std::optional<error> begin(disk_operation kind, const std::string& path);
  void change(name_change made);
  void sync_directory(const std::string& directory);
  void crash(rng& chance);
  std::uint64_t used() const;
  bool has_directory(const std::string& path) const;

  void fail(std::optional<disk_operation> kind, std::uint64_t n, errc code);
  void fail_nothing() { failure_.reset(); }
  bool failed() const { return failed_; }
  std::uint64_t operations() const { return total_; }
  std::uint64_t operations(disk_operation kind) const {
    return counts_[static_cast<std::size_t>(kind)];
  }

 private:
  struct planned_failure {
    std::optional<disk_operation> kind;
    std::uint64_t left = 0;
    errc code = errc::io_error;
  };

  std::optional<planned_failure> failure_;
  bool failed_ = false;
  std::uint64_t total_ = 0;
  std::array<std::uint64_t, disk_operation_count> counts_{};
};

using disk_ptr = std::shared_ptr<disk>;

/// REQUIRES that the caller holds the disk's mutex.
file_ptr make_file(disk_ptr on, inode_ptr node, std::string path);

/// "a/b" of "a/b/c".
std::string parent_of(const std::string& path);

}  // namespace troupe::sim
