// One replica of a replicated log, as a pure machine: messages and ticks go in, work comes out.
//
//   step(message)   tick()   propose(data)          the caller, again and again:
//          │          │           │                   1. work = ready()
//          ▼          ▼           ▼                   2. storage.persist(work): on disk, synced
//   ┌──────────────────────────────────┐              3. send work.messages
//   │               core               │──► ready()   4. apply work.installed, work.committed,
//   └──────────────────────────────────┘◄── advance()    answer work.reads
//                                                     5. advance()
//
// The order is the safety of it: nobody may hear of a vote, a term or an entry that a power loss
// can take back (rule R41). If step 2 fails the replica is out of service and is opened anew.
// Between ready() and advance() the other calls are allowed; what they cause is in the next
// ready_work. Messages may be lost in step 3 at will.
//
//                 no leader heard             majority would vote       majority votes
//   follower ──────────────────► pre_candidate ──────────────► candidate ───────────► leader
//      ▲  ▲                          │  timeout, refusal            │ timeout            │
//      │  └──────────────────────────┴──────────────────────────────┘                    │
//      └── higher term; no majority for election_ticks; own removal committed ───────────┘
//   A replica outside the voter set is a follower for ever (an observer) and asks for the log.
#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/raft/log_view.hpp"
#include "runtime/raft/options.hpp"
#include "runtime/raft/progress.hpp"
#include "runtime/raft/ready_work.hpp"

#include <map>
#include <set>

namespace troupe::raft {

enum class role : std::uint8_t { follower, pre_candidate, candidate, leader };
std::string_view to_string(role x);

/// Owned by one actor or test; no clock, no I/O, no threads. Same state, same seed, same inputs:
/// same outputs. Memory: the log since the last compaction (options::log_bytes), a window per peer,
/// nothing else that grows.
class core {
 public:
  core(options how, restored_log from, rng chance);

  // -- inputs -------------------------------------------------------------------

  /// Takes a message of any replica, in any order. What makes no sense is dropped.
  void step(message m);
  /// Time passes: one tick of options::election_ticks.
  void tick();

  /// Appends to the log of the leader. The entry is committed when an entry of the returned index
  /// *and term* is in ready_work::committed; another term at that index means it was not and never
  /// will be; until then the outcome is unknown. Errors: not_controller (leader() has the hint),
  /// overloaded, policy_violation (too large).
  result<position> propose(bytes data);
  /// One voter more or less, in force at once on the leader and when appended elsewhere (R44).
  /// A new voter must follow as an observer and be caught up. Errors: not_controller,
  /// leader_not_available (nothing of this term is committed yet), conflict (another change is
  /// under way, or the voter is not caught up), duplicate_voter, voter_not_found.
  result<position> add_voter(const replica_id& who);
  result<position> remove_voter(const replica_id& who);
  /// Hands leadership to a voter, or to the most advanced one; proposals are refused until it has
  /// happened or election_ticks are over. Errors: not_controller, voter_not_found, conflict.
  result<void> transfer_leadership(std::optional<node_id> to);
  /// Asks from which applied index on a read is linearizable; the answer is in ready_work::reads
  /// after a round trip to a majority. Errors: not_controller, leader_not_available, overloaded.
  result<void> read_index(std::uint64_t context);
  /// Campaigns as if no leader had been heard; for tests and operators.
  void campaign();

  // -- outputs ------------------------------------------------------------------

  /// False: ready() would return nothing to do.
  bool has_ready() const;
  /// REQUIRES that the previous one was advanced.
  ready_work ready();
  /// What ready() returned is on disk, sent and applied.
  void advance();

  // -- snapshots of the state machine -------------------------------------------

  /// Where a snapshot taken now stands: after the last entry that was advanced over.
  snapshot_info snapshot_point() const;
  /// The snapshot is on disk (storage::save_snapshot): the log before it may be forgotten, but for
  /// trailing_bytes. REQUIRES that it is not above snapshot_point().
  void compact(const snapshot_info& taken);

  // -- looking ------------------------------------------------------------------

  const replica_id& self() const { return self_; }
  raft::role role() const { return role_; }
  term_t term() const { return state_.term; }
  const std::optional<replica_id>& vote() const { return state_.vote; }
  /// Who leads this term, as far as known.
  const std::optional<replica_id>& leader() const { return leader_; }
  bool is_leader() const { return role_ == raft::role::leader; }
  /// Has a vote, by the newest set in its log.
  bool is_voter() const { return voters().contains(self_); }
  /// Does not vote nor lead until it is repaired (S5).
  const std::optional<raft::damage>& damage() const { return damage_; }
  index_t commit() const { return commit_; }
  index_t applied() const { return applied_; }
  const log_view& log() const { return log_; }
  const voter_set& voters() const { return voters_.latest(); }
  const snapshot_info& snapshot() const { return snapshot_; }
  /// Per peer, on a leader.
  const std::map<replica_id, progress>& peers() const { return peers_; }

 private:
  struct pending_read {
    std::uint64_t context = 0;
    index_t index = no_index;
    std::uint64_t round = 0;
  };
  struct incoming_snapshot {
    snapshot_info info;
    std::uint64_t received = 0;
    std::uint32_t crc = 0;
  };
  struct handover {
    replica_id to;
    int ticks = 0;
    bool sent = false;
  };

  // core.cpp
  bool is_for_us(const message& m) const;
  bool accept_newer_term(const message& m);
  void answer_older_term(const message& m);
  void send(const replica_id& to, message_body body);
  void send(const replica_id& to, term_t about, message_body body);
  error not_leading() const;
  void move_commit(index_t to);
  void check_repair();

  // election.cpp
  bool may_campaign() const;
  bool in_lease() const;
  void become_follower(term_t term, std::optional<replica_id> leader);
  void become_candidate(bool pre, bool transfer);
  void become_leader();
  void count_votes();
  void hear_leader(const replica_id& from);
  void on(const message& m, const vote_request& x);
  void on(const message& m, const vote_reply& x);
  void on(const message& m, const timeout_now& x);
  bool may_vote_for(const message& m, const vote_request& x) const;
  void tick_follower();
  void restart_election_timer();

  // replication.cpp
  result<position> append_own(entry_kind kind, shared_bytes data);
  void append_to_log(entry x);
  bool commits_own_term() const;
  void on(const message& m, const append_request& x);
  void take_entries(const append_request& x);
  void tell_loss(const replica_id& leader);
  void on(const message& m, const append_reply& x);
  void on(const message& m, const heartbeat& x);
  void on(const message& m, const heartbeat_reply& x);
  void maybe_commit();
  void send_appends();
  void send_entries(const replica_id& to, progress& p);
  void send_append(const replica_id& to, progress& p, std::vector<entry> entries);
  void send_heartbeats();
  void tick_leader();
  bool heard_by_majority();

  // reads.cpp
  void release_reads();
  void drop_reads();

  // snapshots.cpp
  void send_chunk(const replica_id& to, progress& p);
  void on(const message& m, const snapshot_chunk& x);
  void on(const message& m, const snapshot_reply& x);
  void reply_snapshot(const message& m, const snapshot_info& info);
  void install(const snapshot_info& info);

  // membership.cpp
  result<void> check_voter_change() const;
  void adopt_voters();
  const replica_id* most_advanced_voter() const;
  void leave_office_if_removed();
  void continue_handover();
  void ask_for_log();
  void on(const message& m, const follow& x);
  void on(const message& m, const leader_hint& x);

  const options options_;
  replica_id self_;
  rng rng_;

  // On disk, once a ready_work carried it there.
  hard_state state_;
  log_view log_;
  voter_history voters_;
  snapshot_info snapshot_;
  std::optional<raft::damage> damage_;

  // Invariant: applied_ <= applying_ <= delivered_ <= commit_ <= log_.last().
  index_t commit_ = no_index;
  index_t delivered_ = no_index;  ///< handed out by ready(), or in an installed snapshot
  index_t applying_ = no_index;   ///< as of the last ready()
  index_t applied_ = no_index;    ///< advanced over

  raft::role role_ = raft::role::follower;
  std::optional<replica_id> leader_;
  int elapsed_ = 0;             ///< ticks: without a leader, or since the last check of the quorum
  int timeout_ = 0;             ///< of this election, randomised
  std::size_t contact_ = 0;     ///< whom an observer asks next
  index_t matched_ = no_index;  ///< equals the log of this term's leader up to here
  std::optional<incoming_snapshot> incoming_;

  // Candidates.
  std::map<replica_id, bool> votes_;

  // Leaders.
  std::map<replica_id, progress> peers_;
  int heartbeat_elapsed_ = 0;
  std::uint64_t round_ = 0;
  std::size_t uncommitted_bytes_ = 0;
  std::vector<pending_read> reads_;
  std::optional<handover> handover_;

  // For the next ready_work.
  ready_work next_;
  hard_state persisted_;
  bool sends_due_ = false;  ///< peers may have something to be sent
  bool beats_due_ = false;  ///< a read waits for a round of heartbeats
  bool handed_out_ = false;
};

}  // namespace troupe::raft
