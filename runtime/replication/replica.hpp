// One replica of a partition: its log, and the role the metadata gives it.
//
//   offline ──► leader ◄──► follower       by assign(), with every newer leader epoch
//
// It carries out what partition_leader and partition_follower decide; messages, syncs and time are
// the driver's. After any call the driver takes what was set free (take_*), what is to be sent
// (take_proposal, next_fetch) and what is to be synced (begin_sync).
#pragma once

#include "runtime/partition/leader.hpp"
#include "runtime/replication/follower.hpp"

namespace troupe {

struct replica_options {
  follower_options follower;
  leader_options leader;
  /// As the driver remembers it from before (a hint; R10). Never above what it was.
  offset_t high_watermark = 0;
};

/// Owned by one partition. REQUIRES that the log lives longer, and that everything done to it while
/// this exists goes through here. A log that fails leaves it failed(): nothing is fetched or
/// acknowledged any more.
class partition_replica {
 public:
  partition_replica(const replica_options& options, partition_log& log);

  // -- metadata -------------------------------------------------------------------

  /// The partition as the metadata has it now. Older than what is known: ignored.
  void assign(const partition_assignment& at, mono_time now);
  /// The broker has registered (again).
  void set_broker_epoch(std::int64_t epoch);
  void set_flush(flush_policy flush, mono_time now);

  /// Null while another leads, or nobody.
  partition_leader* leader() { return leader_ ? &*leader_ : nullptr; }
  const partition_leader* leader() const { return leader_ ? &*leader_ : nullptr; }
  const partition_follower& follower() const { return follower_; }
  leader_epoch epoch() const { return epoch_; }
  offset_t high_watermark() const;
  bool has_failed() const { return log_.poisoned(); }

  // -- leading ----------------------------------------------------------------------

  /// Appends one checked batch; it is kept until write(). Errors: not_leader_or_follower, those of
  /// partition_leader::admit, storage_error.
  result<appended> produce(bytes batch, required_acks acks, waiter who);
  /// Writes what was appended.
  void write(mono_time now);
  /// Answers a follower's fetch, or parks it under `who` and returns nothing.
  std::optional<replica_fetch_response> serve(const replica_fetch_request& what, waiter who,
                                              mono_time now);
  /// A parked one that was let go with `code`.
  replica_fetch_response serve_woken(const replica_fetch_request& what, errc code);
  epoch_end_response epoch_end_of(const epoch_end_request& what) const;
  std::optional<isr_proposal> take_proposal(mono_time now);
  void on_isr_answer(const isr_answer& what, mono_time now);

  // -- following ----------------------------------------------------------------------

  /// The fetch to send to follower().leader() now, if any.
  std::optional<replica_fetch_request> next_fetch(mono_time now);
  void on_fetched(replica_fetch_response what, mono_time now);
  void on_no_answer(mono_time now);

  // -- both -----------------------------------------------------------------------------

  /// What to sync now; one at a time.
  std::optional<sync_ticket> begin_sync();
  void end_sync(const result<void>& how, mono_time now);
  void expire(mono_time now);
  mono_time next_deadline() const;
  /// Deletes what is below `start`; followers hear of it with their next fetch. Errors:
  /// not_leader_or_follower, offset_out_of_range (above the high watermark), those of the log.
  result<void> delete_below(offset_t start);
  /// What retention lets go below the high watermark, on every replica. Returns the segments.
  result<std::size_t> apply_retention();

  /// Replaces the content of `into`, also by what earlier leader epochs left behind.
  void take_produces(std::vector<produce_answer>& into);
  void take_fetches(std::vector<fetch_answer>& into);
  void take_replica_fetches(std::vector<fetch_answer>& into);

 private:
  void lead(const partition_assignment& at, mono_time now);
  void resign();
  void carry_out(follower_step step, mono_time now);
  replica_fetch_response respond(const replica_fetch_request& what) const;
  /// The leader's view: its own epoch began where its log ended, with or without a write (R1).
  epoch_end end_offset_for(leader_epoch asked) const;
  void out_of_service();
  void follow_log_start();

  replica_options options_;
  partition_log& log_;
  leader_epoch epoch_ = no_epoch;
  std::optional<partition_leader> leader_;
  partition_follower follower_;

  // Of leaders that have resigned.
  std::vector<produce_answer> left_produces_;
  std::vector<fetch_answer> left_fetches_;
  std::vector<fetch_answer> left_replica_fetches_;
};

}  // namespace troupe
