// How a replica behaves, and its limits.
#pragma once

#include "runtime/base/limits.hpp"
#include "runtime/raft/types.hpp"

#include <vector>

namespace troupe::raft {

struct options {
  /// Whom a replica without voters asks for the leader; `any_directory` will do.
  std::vector<replica_id> contacts;

  /// A follower campaigns after this many ticks, up to twice as many, without a leader; a leader
  /// without a majority steps down after as many. REQUIRES heartbeat_ticks < election_ticks.
  int election_ticks = 10;
  int heartbeat_ticks = 2;

  /// One entry. Above: policy_violation.
  std::size_t entry_bytes = limits::raft_entry_bytes_max;
  /// Entries of one append_request; one entry always fits.
  std::size_t message_bytes = limits::raft_message_bytes;
  /// One snapshot_chunk.
  std::size_t chunk_bytes = limits::raft_chunk_bytes;
  /// Sent to one peer and not acknowledged. Above: it is sent nothing more.
  std::size_t inflight_messages = limits::raft_inflight_messages;
  std::size_t inflight_bytes = limits::raft_inflight_bytes;
  /// Proposed and not committed. Above: overloaded.
  std::size_t uncommitted_bytes = limits::raft_uncommitted_bytes;
  /// The log since the last compaction, which is in memory. Above: a leader answers overloaded, a
  /// follower takes no entries.
  std::size_t log_bytes = limits::raft_log_bytes;
  /// Entries kept behind a snapshot for followers that are a little late.
  std::size_t trailing_bytes = limits::raft_trailing_bytes;
  /// Committed entries of one ready_work; one always fits.
  std::size_t committed_bytes = limits::raft_message_bytes;
  /// Replicas that follow without a vote. Above: their messages are dropped.
  std::size_t observers = limits::raft_observers_max;
  /// Reads that wait for their confirmation. Above: overloaded.
  std::size_t reads = limits::raft_reads_max;
  /// How many entries behind an observer may be to become a voter.
  index_t catch_up_entries = 100;
};

}  // namespace troupe::raft
