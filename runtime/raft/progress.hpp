// What a leader knows of one peer, and what it may send it.
//
//              accepted                         needs what the log has forgotten
//    probe ────────────────► replicate        probe, replicate ─────────────► snapshot
//      ▲  one message in        │                  ▲                             │
//      │  flight                │ rejected         └──────── installed ──────────┘
//      └────────────────────────┘
#pragma once

#include "runtime/raft/messages.hpp"

#include <deque>

namespace troupe::raft {

/// Owned by the leader's core. Invariant: match < next.
class progress {
 public:
  enum class state : std::uint8_t { probe, replicate, snapshot };

  explicit progress(index_t next) : next_(next) {}

  index_t match() const { return match_; }
  index_t next() const { return next_; }
  state now() const { return state_; }

  /// May another append be sent? `bytes` is the window.
  bool has_room(std::size_t messages, std::size_t bytes) const;
  /// Entries up to `last` (or none) were sent.
  void sent(index_t last, std::size_t bytes, bool with_entries);
  /// The peer holds everything up to `index`. True when that is news.
  bool accept(index_t index);
  /// The peer rejected an append that began at `index`; `retry` is where the logs may be equal.
  /// False when the rejection is of an earlier time.
  bool reject(index_t index, index_t retry);
  /// A reply to a heartbeat: what was lost may be tried again.
  void try_again();
  void begin_snapshot(const snapshot_info& which);
  void restart();

  // Plain facts, kept by the core.
  bool poke = false;        ///< ask where it stands, whatever the window
  bool active = true;       ///< heard since the last check of the quorum
  int silent_checks = 0;    ///< checks in which it was not
  std::uint64_t round = 0;  ///< last heartbeat answered
  index_t commit_sent = no_index;
  snapshot_info snapshot;    ///< being sent
  std::uint64_t offset = 0;  ///< of the next chunk
  bool chunk_sent = false;   ///< and not answered
  int chunk_beats = 0;       ///< heartbeats answered since

 private:
  struct sent_append {
    index_t last = no_index;
    std::size_t bytes = 0;
  };

  index_t match_ = no_index;
  index_t next_ = 1;
  state state_ = state::probe;
  bool probing_ = false;  ///< a probe is on its way
  std::deque<sent_append> inflight_;
  std::size_t inflight_bytes_ = 0;
};

}  // namespace troupe::raft
