// Rules that can be broken on purpose, to show that the tests notice. Product code asks where the
// rule is kept:
//
//   if (log.matches(m.previous) || broken(rule::r4_log_matching)) ...
//
// Without -DTROUPE_MUTANTS=ON the answer is a constant no and costs nothing. With it, the variable
// TROUPE_MUTANT of the environment names the rule that is broken in this process, none by default;
// scripts/check-mutants goes through all.
#pragma once

#include <cstdint>
#include <string_view>

// X(name, what a broken one does)
#define TROUPE_RULES(X)                                                                         \
  X(r41_vote_not_on_disk, "a vote is answered before it is on disk")                            \
  X(r41_vote_twice, "a second candidate gets a vote in the same term")                          \
  X(r41_no_check_quorum, "a leader that no majority hears stays in office")                     \
  X(r42_commit_by_counting, "entries of earlier terms are committed by counting copies")        \
  X(r42_old_log_elected, "votes do not ask whether the candidate's log is up to date")          \
  X(r42_ack_before_disk, "a follower acknowledges entries that are not on disk")                \
  X(r42_no_conflict_check, "a follower appends without comparing the entry before")             \
  X(r42_keep_conflicting, "a follower keeps entries that differ from the leader's")             \
  X(r43_no_pre_vote, "a campaign raises the term without asking first")                         \
  X(r43_no_lease, "a voter that hears its leader grants votes to others")                       \
  X(r44_two_changes, "a voter change does not wait for the one before")                         \
  X(r44_change_before_own_commit, "a new leader changes voters before it has committed")        \
  X(r44_keep_voters_on_truncate, "a truncated voter change stays in force")                     \
  X(r44_any_directory_votes, "a wiped disk votes under its old name")                           \
  X(r44_removed_leader_counts, "a leader that is no voter counts itself")                       \
  X(r45_snapshot_over_committed, "an older snapshot replaces a longer log")                     \
  X(r45_snapshot_unchecked, "a snapshot is installed without its checksum being right")         \
  X(s5_damaged_votes, "a replica with a damaged log votes and campaigns")                       \
  X(s5_damage_is_torn_tail, "recovery cuts damage as if it had never been acknowledged")        \
  X(raft_read_without_round, "a read is answered without asking a majority")                    \
  X(raft_record_chain, "records of a log are not chained to the ones before")

namespace troupe {

enum class rule : std::uint16_t {
#define TROUPE_RULE_VALUE(name, effect) name,
  TROUPE_RULES(TROUPE_RULE_VALUE)
#undef TROUPE_RULE_VALUE
};

#ifdef TROUPE_MUTANTS
/// The rule this process breaks, by name; empty when none. Read once.
bool broken(rule x);
#else
constexpr bool broken(rule) { return false; }
#endif

}  // namespace troupe
