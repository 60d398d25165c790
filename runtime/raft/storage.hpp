// The disk of one replica.
//
//   DIR/state                          identity, term, vote           runtime/raft/state_file.hpp
//   DIR/durable                        how far the log is synced      runtime/log/durable_mark.hpp
//   DIR/00000000000000000001.raft      entries from that index on     runtime/raft/segment.hpp
//   DIR/00000000000000000420.snapshot  the state machine after 420 runtime/raft/snapshot_file.hpp
//   DIR/incoming.tmp                   a snapshot that is arriving
//   DIR/*.damaged                      set aside by a recovery, never read again
//
// Recovery: what is bad above the durable mark is a torn tail, never acknowledged, and is cut. What
// is bad or missing below it is damage: the good entries before it stay, the rest is set aside, and
// the replica says so in its state until its core is repaired by a leader (rule S5).
#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/env/env.hpp"
#include "runtime/log/durable_mark.hpp"
#include "runtime/raft/ready_work.hpp"
#include "runtime/raft/segment.hpp"
#include "runtime/raft/snapshot_file.hpp"
#include "runtime/raft/state_file.hpp"

namespace troupe::raft {

struct storage_options {
  /// A segment that is longer is closed and the next one begun.
  std::uint64_t segment_bytes = 8u << 20;
};

/// Owned by whoever may block: an actor of its own or the test. Not thread-safe. After a failed
/// write or sync it is poisoned: everything answers storage_error, nothing is synced again (S8).
class storage {
 public:
  struct opened {
    std::unique_ptr<storage> files;
    restored_log log;
    /// What recovery cut, set aside or found damaged: one sentence each, for the broker's log.
    std::vector<std::string> remarks;
  };

  /// Opens what is in `directory`, whose lock the caller holds, or begins there as an empty replica
  /// with a new directory id: it has no voters and follows. Errors: damaged_data (term and vote are
  /// lost: this replica must be removed from the voters, its directory emptied, and be added as a
  /// new one), unsupported_format, invalid_config (another node's directory), io_error.
  static result<opened> open(env& on, const std::string& directory, node_id self, rng& ids,
                             storage_options how = {});

  /// Makes an empty replica the first of a cluster: writes the voter set as entry 1 of term 1.
  /// Every replica that does so must be given the same set; those that do not receive it from those
  /// that do. Returns the log to begin with. Errors: conflict (it is not empty), io_error.
  result<restored_log> found_cluster(const voter_set& voters);

  /// Everything of `work` that must be on disk, synced, in its order. The same work may be given
  /// again after disk_full, which leaves the log as it was. Errors: disk_full, storage_error.
  result<void> persist(const ready_work& work);
  /// Reads the bytes of an outgoing chunk. Errors: not_found when a newer snapshot has taken its
  /// place (drop the message), damaged_data, storage_error.
  result<void> fill(snapshot_chunk& chunk) const;

  /// Writes a snapshot of the state machine at core::snapshot_point(), synced. Returns what
  /// core::compact wants. Errors: disk_full (nothing has changed), storage_error.
  result<snapshot_info> save_snapshot(const snapshot_info& at, byte_view content);
  /// Forgets whole segments before `keep_from`, which is core::log().first() after a compaction.
  /// Errors: storage_error.
  result<void> forget_before(index_t keep_from);
  /// The state machine of the newest snapshot. Errors: not_found, damaged_data, io_error.
  result<bytes> read_snapshot() const;

  const replica_id& self() const { return state_.self; }
  const snapshot_info& snapshot() const { return snapshot_; }
  bool poisoned() const { return poisoned_; }
  std::uint64_t bytes_on_disk() const;

 private:
  friend class recovery;

  storage(env& on, std::string directory, storage_options how)
      : env_(on), directory_(std::move(directory)), options_(how) {}

  error poison(const error& cause);
  error poisoned_before() const;
  result<void> write_state(const stored_state& to);
  result<void> append(std::span<const entry> entries);
  result<void> cut_from(index_t from);
  result<void> roll();
  result<void> sync_log();
  result<void> lower_mark(index_t to);
  result<void> take_chunk(const snapshot_chunk& chunk);
  result<void> install(const snapshot_info& info);
  result<void> remove(const std::string& name);
  result<void> adopt_snapshot(const snapshot_info& info);
  std::string path(std::string_view name) const;
  link end() const;

  env& env_;
  std::string directory_;
  storage_options options_;
  stored_state state_;
  state_file state_file_;
  durable_mark_file mark_file_;
  index_t durable_ = no_index;  ///< as in the mark
  std::vector<segment> segments_;
  snapshot_info snapshot_;
  file_ptr incoming_;
  bool names_changed_ = false;
  bool poisoned_ = false;
};

}  // namespace troupe::raft
