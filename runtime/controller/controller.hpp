// The active controller, as a plain class: requests of brokers and operators go in, batches for the
// metadata log and answers come out. One exists while a node leads the metadata quorum; its actor
//
//   begin(state, now)            on becoming leader, when all of its log is applied
//   any request                  ──► the batch goes to metadata_log::append at once;
//                                    the answer is sent when `after` is committed
//   tick(now)                    every 50 ms or so; then probes(), questions()
//   ~active_controller           on losing leadership; answers not sent become not_controller
//
// Decisions are made against what has been appended, committed or not: the next request sees the
// topic that the last one created. What is never committed never gets an answer either.
#pragma once

#include "runtime/controller/brokers.hpp"
#include "runtime/controller/crash_watch.hpp"
#include "runtime/controller/elections.hpp"
#include "runtime/controller/recovery.hpp"
#include "runtime/controller/topics.hpp"

namespace troupe::controller {

/// Where decisions are written.
class metadata_log {
 public:
  virtual ~metadata_log() = default;
  /// Appends one batch and returns its offset. Errors: not_controller, overloaded,
  /// policy_violation (too large): nothing was appended.
  virtual result<offset_t> append(const records& batch) = 0;
};

struct controller_options {
  cluster_defaults topics;
  session_options sessions;
  crash_options crashes;
  recovery_options recovery;
  balance_options balance;
  /// Between two automatic checks for preferred leaders; zero: none.
  mono_duration balance_every = std::chrono::minutes{5};
};

/// An answer, to be sent when all up to `after` is committed.
template <class Answer>
struct answer_later {
  Answer answer;
  offset_t after = no_offset;
};

/// Since this controller began, for the metrics.
struct controller_counters {
  std::map<election_kind, std::int64_t> elections;
  std::int64_t fenced_by_session = 0;
  std::int64_t fenced_by_crash = 0;
};

/// Owned by one actor or test; no clock, no threads.
class active_controller {
 public:
  active_controller(controller_options how, metadata_log& log, rng chance);

  /// `state` has all that is in the log of the new leader. Everybody gets a full session. A new
  /// cluster gets its id.
  void begin(cluster_state state, mono_time now);

  // -- brokers ------------------------------------------------------------------
  answer_later<register_broker_response> ask(const register_broker_request& what, mono_time now);
  answer_later<broker_heartbeat_response> ask(const broker_heartbeat_request& what, mono_time now);
  answer_later<alter_partition_response> ask(const alter_partition_request& what, mono_time now);
  answer_later<failed_replicas_response> ask(const failed_replicas_request& what, mono_time now);
  void tell(const suspect_broker_request& what) { crashes_.suspect(what.suspect); }
  void tell(const log_ends_response& what, mono_time now);

  // -- operators ----------------------------------------------------------------
  answer_later<topic_response> ask(const create_topic_request& what, mono_time now);
  answer_later<topic_response> ask(const delete_topic_request& what, mono_time now);
  answer_later<topic_response> ask(const create_partitions_request& what, mono_time now);
  answer_later<topic_response> ask(const alter_topic_request& what, mono_time now);
  answer_later<elect_leaders_response> ask(const elect_leaders_request& what, mono_time now);
  answer_later<alter_reassignments_response> ask(const alter_reassignments_request& what,
                                                 mono_time now);
  answer_later<list_reassignments_response> ask(const list_reassignments_request& what,
                                                mono_time now);
  answer_later<unregister_broker_response> ask(const unregister_broker_request& what,
                                               mono_time now);
  answer_later<alter_settings_response> ask(const alter_settings_request& what, mono_time now);

  // -- time ---------------------------------------------------------------------
  /// Fences whose session is over, recovers and balances leaders.
  void tick(mono_time now);
  /// Whom to connect to, to see whether it has crashed; tell crashes() what came of it.
  std::vector<node_id> probes(mono_time now) { return crashes_.probes(state_.image(), now); }
  std::vector<log_ends_question> questions(mono_time now);
  crash_watch& crashes() { return crashes_; }

  // -- looking ------------------------------------------------------------------
  /// With all that has been appended.
  const cluster_state& state() const { return state_; }
  const sessions& heard() const { return sessions_; }
  const controller_counters& counters() const { return counters_; }
  /// Elections since the last call, for the log of the broker.
  std::vector<election> take_elections() { return std::exchange(elections_, {}); }

 private:
  result<void> write(const changes& what);
  template <class Answer>
  answer_later<Answer> later(Answer answer) const {
    return {std::move(answer), state_.offset()};
  }
  template <class Answer>
  answer_later<Answer> done(const result<changes>& planned);
  template <class Answer>
  answer_later<Answer> done(decision<Answer> made);
  void fence(node_id broker, std::int64_t& counter);

  controller_options options_;
  metadata_log& log_;
  rng chance_;
  cluster_state state_;
  sessions sessions_;
  crash_watch crashes_;
  recovery recovery_;
  offset_t looked_ = no_offset;  // what recovery_ has seen
  mono_time looked_at_{};
  mono_time balanced_at_{};
  controller_counters counters_;
  std::vector<election> elections_;
};

}  // namespace troupe::controller
