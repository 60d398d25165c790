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
#define TROUPE_RULES(X)                                                                           \
  X(r1_epoch_begins_with_a_write, "a leader's epoch is unknown until its first record")           \
  X(r2_cut_at_high_watermark, "a new follower cuts its log at its own high watermark")            \
  X(r3_end_of_unknown_epoch, "the end of an epoch that is not the last is the log end")           \
  X(r4_any_leader_epoch, "a leader answers fetches of other leader epochs")                       \
  X(r4_logs_not_compared, "a leader does not compare the follower's log with its own")            \
  X(r4_diverging_fetch_counts, "a fetch that diverges counts as an acknowledgement")              \
  X(r5_any_response, "a follower takes answers to fetches of the past")                           \
  X(r7_leader_decides, "the high watermark does not wait for the in-sync replicas")               \
  X(r8_growth_does_not_count, "a replica being proposed does not hold the high watermark")        \
  X(r8_shrink_counts_at_once, "a shrink that is only proposed counts as done")                    \
  X(r9_readable_at_once, "a new leader shows a high watermark it has not confirmed")              \
  X(r11_any_offset, "a replica joins the in-sync replicas wherever its log ends")                 \
  X(r11_not_the_epoch_start, "a replica joins before it has reached the leader's epoch")          \
  X(r11_any_broker_epoch, "a replica joins on what an earlier process of it said")                \
  X(r13_stale_broker_epoch_accepted,                                                              \
    "an earlier process of a leader changes the in-sync replicas")                                \
  X(r13_old_leader_epoch_accepted, "a leader of the past changes the in-sync replicas")           \
  X(r13_old_partition_epoch_accepted, "a change meant for an older state of a partition is made") \
  X(r13_anybody_joins, "fenced or restarted brokers join the in-sync replicas")                   \
  X(r16_no_eligible_replicas, "who leaves too small an in-sync set is forgotten")                 \
  X(r17_any_replica_elected, "a replica that lacks records leads when no other is left")          \
  X(r17_dead_leader_stays, "a fenced leader keeps its partitions")                                \
  X(r18_unclean_stays_eligible, "a broker that lost unsynced data stays eligible")                \
  X(r19_recovery_does_not_wait, "the longest log is chosen before all have answered")             \
  X(r21_two_processes, "a second process replaces a broker that is alive")                        \
  X(r21_unfenced_at_once, "a broker serves before it has seen its own registration")              \
  X(r21_takeover_forgets_sessions, "a new controller fences whom it has not heard yet")           \
  X(r23_shutdown_before_others_know, "a broker stops before the others know the new leaders")     \
  X(i7_fenced_in_sync, "fenced brokers stay in sync")                                             \
  X(i7_eligible_beside_enough, "eligible replicas are kept beside enough in-sync ones")           \
  X(kip455_ends_before_in_sync, "a reassignment ends before the new replicas are in sync")        \
  X(crash_by_one_refusal, "one refused connection ends the session of a broker")                  \
  X(r14_any_answer, "an answer of the controller counts for whatever is proposed now")            \
  X(r14_roll_back_when_unknown, "a proposal without an answer is taken for refused")              \
  X(r15_advance_below_min_isr, "the high watermark advances with too few in-sync replicas")       \
  X(tr10_same_metadata_ends_proposal, "metadata that is not newer ends a proposal")               \
  X(durable_end_not_asked, "records in a follower's page cache count as acknowledged")            \
  X(min_isr_not_asked, "acks=all is admitted with too few in-sync replicas")                      \
  X(r41_vote_not_on_disk, "a vote is answered before it is on disk")                              \
  X(r41_vote_twice, "a second candidate gets a vote in the same term")                            \
  X(r41_no_check_quorum, "a leader that no majority hears stays in office")                       \
  X(r42_commit_by_counting, "entries of earlier terms are committed by counting copies")          \
  X(r42_old_log_elected, "votes do not ask whether the candidate's log is up to date")            \
  X(r42_ack_before_disk, "a follower acknowledges entries that are not on disk")                  \
  X(r42_no_conflict_check, "a follower appends without comparing the entry before")               \
  X(r42_keep_conflicting, "a follower keeps entries that differ from the leader's")               \
  X(r43_no_pre_vote, "a campaign raises the term without asking first")                           \
  X(r43_no_lease, "a voter that hears its leader grants votes to others")                         \
  X(r44_two_changes, "a voter change does not wait for the one before")                           \
  X(r44_change_before_own_commit, "a new leader changes voters before it has committed")          \
  X(r44_keep_voters_on_truncate, "a truncated voter change stays in force")                       \
  X(r44_any_directory_votes, "a wiped disk votes under its old name")                             \
  X(r44_removed_leader_counts, "a leader that is no voter counts itself")                         \
  X(r45_snapshot_over_committed, "an older snapshot replaces a longer log")                       \
  X(r45_snapshot_unchecked, "a snapshot is installed without its checksum being right")           \
  X(s5_damaged_votes, "a replica with a damaged log votes and campaigns")                         \
  X(s5_damage_is_torn_tail, "recovery cuts damage as if it had never been acknowledged")          \
  X(raft_read_without_round, "a read is answered without asking a majority")                      \
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
