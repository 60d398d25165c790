// The durable metadata of this broker: cluster id, node id, topics, deletions not yet finished.
//
//   DATA/metadata/snapshot        everything up to some change, replaced as a whole
//   DATA/metadata/<n>.journal     the changes since, appended one by one
//
// A change is written (append), made durable (begin_sync, the syncs, end_sync), and only then
// published and answered. A long journal is compacted beside the work: a snapshot of now, a new
// journal, then the old ones go. The formats are in metadata_format.hpp.
#pragma once

#include "runtime/env/env.hpp"
#include "runtime/log/partition_log.hpp"
#include "runtime/metadata/metadata_format.hpp"

#include <memory>
#include <optional>

namespace troupe {

/// A compaction to be carried out on a thread that may block.
struct metadata_compaction {
  env* on = nullptr;
  std::string directory;
  bytes snapshot;
  std::int64_t new_journal = 0;
  std::vector<std::string> obsolete;  ///< paths

  /// Errors: io_error, disk_full. Whatever happens, the store is whole.
  result<void> run() const;
};

/// Owned by one actor (the broker) or test; not thread-safe, except that a sync_ticket and a
/// compaction may be carried out on another thread meanwhile. After a failed write or sync the
/// store is poisoned: state() stays readable, everything else answers storage_error.
class metadata_store {
 public:
  struct options {
    /// Bytes of a journal after which a compaction is due, unless the snapshot is larger.
    std::size_t journal_bytes = 4u << 20;
  };

  /// Opens what is in `data_dir`, whose lock the caller holds, or begins there with a new cluster
  /// id. Changes that were not acknowledged may be there or not. Does blocking I/O. Errors:
  /// damaged_data, unsupported_format, invalid_config (another node's directory), io_error: the
  /// broker must not start, and the message says what to do.
  static result<std::unique_ptr<metadata_store>> open(env& on, const std::string& data_dir,
                                                      const broker_metadata& self, rng& ids,
                                                      options limits);
  static result<std::unique_ptr<metadata_store>> open(env& on, const std::string& data_dir,
                                                      const broker_metadata& self, rng& ids) {
    return open(on, data_dir, self, ids, options{});
  }

  /// With every change appended: what the next change is planned against.
  const metadata_state& state() const { return state_; }
  /// With every change that is durable: what may be published.
  const metadata_state& durable_state() const { return durable_; }
  /// What recovery cut from the end of a journal: one sentence each, for the broker's log.
  const std::vector<std::string>& remarks() const { return remarks_; }
  bool poisoned() const { return poisoned_; }

  /// Writes planned changes to the journal, in the page cache. Errors: disk_full (nothing is kept,
  /// the store goes on), storage_error; damaged_data when a change does not fit the state.
  result<void> append(std::span<const metadata_change> changes);

  /// What to sync now, or nothing when all is durable. One ticket at a time.
  std::optional<sync_ticket> begin_sync();
  void end_sync(const result<void>& outcome);

  /// A compaction, if one is due, everything is durable and none is under way.
  std::optional<metadata_compaction> begin_compaction();
  void end_compaction(const result<void>& outcome);

 private:
  struct journal {
    file_ptr handle;
    std::int64_t number = 0;
    std::uint64_t end = journal_header_size;
    std::uint64_t synced = journal_header_size;
    std::uint64_t marks = 0;
  };

  metadata_store(env& on, std::string directory, broker_metadata self, options limits)
      : env_(on), directory_(std::move(directory)), self_(std::move(self)), limits_(limits) {}

  result<void> recover(rng& ids);
  result<void> begin_anew(rng& ids);
  result<void> replay();
  result<std::size_t> replay_journal(std::int64_t number, std::vector<metadata_change>& into);
  result<void> compact_now();
  result<journal> open_journal(std::int64_t number) const;
  void adopt_next_journal();
  metadata_compaction make_compaction(std::int64_t first_journal);
  error poison(const error& cause);
  std::string journal_path(std::int64_t number) const;

  env& env_;
  std::string directory_;
  broker_metadata self_;
  options limits_;
  metadata_state state_;
  metadata_state durable_;
  std::int64_t next_sequence_ = 0;
  std::vector<std::int64_t> journals_;  // numbers of those on disk, ascending
  journal current_;
  std::optional<std::int64_t> next_journal_;  // made by a compaction, not yet in use
  std::size_t snapshot_bytes_ = 0;
  std::vector<std::string> remarks_;
  struct {
    bool running = false;
    std::uint64_t end = 0;
    metadata_state state;
  } sync_;
  std::optional<std::int64_t> compacting_to_;
  bool poisoned_ = false;
};

}  // namespace troupe
