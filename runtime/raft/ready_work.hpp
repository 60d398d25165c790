// What a core asks its caller to do, and what storage gives it at the start.
#pragma once

#include "runtime/raft/messages.hpp"

namespace troupe::raft {

/// Answer to core::read_index: read once everything up to `index` is applied; without an index
/// leadership was lost and the reader asks again elsewhere.
struct read_answer {
  std::uint64_t context = 0;
  std::optional<index_t> index;
};

/// In the order in which it is carried out; see core.hpp. A value: it may go to another thread.
struct ready_work {
  // -- 2. storage::persist ------------------------------------------------------
  std::optional<hard_state> state;
  /// Parts of a snapshot that is arriving, in order.
  std::vector<snapshot_chunk> chunks;
  /// The snapshot that arrived whole: it replaces the log.
  std::optional<snapshot_info> installed;
  /// Take the place of whatever the log has from the first one's index on.
  std::vector<entry> entries;
  /// The damage is mended: forget it.
  bool repaired = false;

  // -- 3. send ------------------------------------------------------------------
  std::vector<message> messages;

  // -- 4. apply -----------------------------------------------------------------
  /// All kinds, without a gap; the state machine takes those of kind data.
  std::vector<entry> committed;
  std::vector<read_answer> reads;

  bool must_persist() const {
    return state || installed || repaired || !chunks.empty() || !entries.empty();
  }
  bool empty() const {
    return !must_persist() && messages.empty() && committed.empty() && reads.empty();
  }
};

/// What was on disk. Entries follow `base` without a gap; `base` is not above the snapshot.
struct restored_log {
  replica_id self;
  hard_state state;
  snapshot_info snapshot;  ///< index 0: none
  position base;
  std::vector<entry> entries;
  std::optional<raft::damage> damage;
};

}  // namespace troupe::raft
