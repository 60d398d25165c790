// A disk in memory that behaves as badly as real ones may: what was not synced is lost, kept or
// torn when the power fails, any operation can be made to fail, space runs out, bits rot.
//
//                     what the program sees        what survives a power loss for certain
//   file content      the last writes              the content at the last successful sync
//   directory entry   the last create, rename,     the entries at the last successful
//                     remove                       sync_directory of that directory
//
// A failed sync behaves as on ext4: the pages count as clean afterwards, so a later sync succeeds
// and the data is gone at the next power loss.
#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/env/env.hpp"

#include <cstddef>
#include <map>
#include <optional>

namespace troupe {

namespace sim {
class disk;
}

/// What an operation of the simulated disk is, for counting and for failing.
enum class disk_operation : std::uint8_t {
  open,
  read,
  write,
  truncate,
  sync,
  size,
  list,
  exists,
  create_directory,
  remove,
  rename,
  sync_directory,
  sync_filesystem,
  space,
  lock,
};

inline constexpr std::size_t disk_operation_count = 15;
std::string_view to_string(disk_operation x);

/// Thread-safe, as every env. Its files die with a power loss: handles opened before answer
/// io_error afterwards.
class sim_env final : public env {
 public:
  /// The unit in which an unsynced write is lost or kept.
  static constexpr std::size_t sector_bytes = 512;

  sim_env();
  ~sim_env() override;

  // -- the env ------------------------------------------------------------------

  result<file_ptr> open(const std::string& path, open_mode mode) override;
  result<std::vector<std::string>> list(const std::string& directory) override;
  result<bool> exists(const std::string& path) override;
  result<void> create_directory(const std::string& path) override;
  result<void> remove_file(const std::string& path) override;
  result<void> remove_all(const std::string& path) override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> sync_directory(const std::string& directory) override;
  result<void> sync_filesystem(const std::string& directory) override;
  result<disk_space> space(const std::string& directory) override;
  result<std::unique_ptr<directory_lock>> lock_directory(const std::string& path) override;

  // -- faults -------------------------------------------------------------------

  /// The n-th operation from now (1 is the next one) fails with `code`, once. A write that fails
  /// has stored an unknown prefix, chosen from n.
  void fail_operation(std::uint64_t n, errc code = errc::io_error);
  /// Likewise, counting only operations of one kind.
  void fail_operation(disk_operation kind, std::uint64_t n, errc code = errc::io_error);
  void fail_nothing();
  /// Power loss: what was not synced is lost, kept or torn at random, per sector and per
  /// directory operation; every handle and lock dies.
  void crash(rng& chance);
  /// The process ends and another begins: what is in the page cache stays, and nobody knows any
  /// more which syncs failed.
  void restart_process();
  /// Bytes all files together may take; a write beyond that answers disk_full, with a prefix.
  void limit_space(std::uint64_t capacity);

  // -- damage: what is stored changes behind the program's back -------------------

  void flip_bit(const std::string& path, std::size_t byte, int bit);
  void cut_file(const std::string& path, std::size_t size);
  void put_file(const std::string& path, bytes content);
  void drop_file(const std::string& path);

  // -- looking ------------------------------------------------------------------

  /// REQUIRES that the file is there.
  bytes content(const std::string& path) const;
  /// Every file with its content, for putting back by restore(), synced.
  using image = std::map<std::string, bytes>;
  image save() const;
  void restore(const image& saved);
  /// Operations so far, and of one kind.
  std::uint64_t operations() const;
  std::uint64_t operations(disk_operation kind) const;
  /// True once a failure asked for has happened.
  bool failed() const;
  /// Syncs of a file whose sync had failed before: rule S8 wants none.
  std::uint64_t syncs_after_failure() const;
  /// Files opened and not closed yet.
  std::size_t open_files() const;

 private:
  std::shared_ptr<sim::disk> disk_;
};

}  // namespace troupe
