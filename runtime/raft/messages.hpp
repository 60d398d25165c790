// What replicas say to each other. Any message may be lost, doubled, delayed and reordered.
#pragma once

#include "runtime/raft/voters.hpp"

#include <variant>
#include <vector>

namespace troupe::raft {

/// A snapshot by name. `voters` is the set in force at `index`.
struct snapshot_info {
  index_t index = no_index;
  term_t term = no_term;
  voter_set voters;
  std::uint64_t size = 0;  ///< bytes of the state machine
  std::uint32_t crc = 0;   ///< CRC-32C of them

  position at() const { return {index, term}; }
  bool operator==(const snapshot_info&) const = default;
};

struct vote_request {
  bool pre = false;       ///< asks whether it would be granted; changes nothing (rule R43)
  bool transfer = false;  ///< the leader asked for this election: its lease does not count
  position last;          ///< of the candidate's log
};
struct vote_reply {
  bool pre = false;
  bool granted = false;
};

struct append_request {
  position previous;
  std::vector<entry> entries;  ///< follow `previous` without a gap
  index_t commit = no_index;
};
/// Accepted: the log equals the leader's up to `index`, on disk. Rejected: `index` is where the
/// request began, and the logs can be equal at `hint` at most.
struct append_reply {
  bool rejected = false;
  index_t index = no_index;
  position hint;
};

/// Keeps the leader in office, confirms reads, and carries the commit index.
struct heartbeat {
  index_t commit = no_index;  ///< never above what this follower is known to hold
  std::uint64_t round = 0;
};
struct heartbeat_reply {
  std::uint64_t round = 0;  ///< as in the heartbeat
};

/// A part of a snapshot. On its way out of the core `data` is null and storage::fill reads it.
struct snapshot_chunk {
  snapshot_info info;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  shared_bytes data;
};
struct snapshot_reply {
  index_t index = no_index;       ///< of the snapshot
  std::uint64_t next_offset = 0;  ///< wanted next
  bool installed = false;         ///< all of it is in force, on disk
};

/// The leader hands over: campaign at once.
struct timeout_now {};

/// "Send me the log": from a replica that hears no leader and does not vote.
struct follow {
  index_t last = no_index;
};
struct leader_hint {
  replica_id leader;
};

using message_body =
    std::variant<vote_request, vote_reply, append_request, append_reply, heartbeat, heartbeat_reply,
                 snapshot_chunk, snapshot_reply, timeout_now, follow, leader_hint>;

struct message {
  replica_id from;
  replica_id to;  ///< dropped by every other replica, so that a new disk is not taken for the old
  term_t term = no_term;  ///< of the sender; of a pre-vote and its grant, the term it is about
  message_body body;
};

}  // namespace troupe::raft
