// Leaders for partitions that have neither in-sync nor eligible replicas left (KIP-966, R19).
//
//   recovered   All replicas that were eligible until they lost unsynced data are live and have
//   said
//               how far their logs reach: the longest one leads. Nothing better can come, so this
//               happens by itself in every topic. Records may be lost, which is always reported.
//   unclean     Not all of them come back. Where the topic has unclean.leader.election.enable, the
//               longest log of the live replicas leads after a while: by itself, or when an
//               operator asks for it.
//
// "Longer" compares the last leader epoch first, then the end of the log.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/controller/plan.hpp"
#include "runtime/protocol/cluster_requests.hpp"

namespace troupe::controller {

struct recovery_options {
  /// How long an unclean election waits for eligible replicas to come back.
  mono_duration unclean_wait = std::chrono::seconds{10};
  /// How long live replicas whose answer is not required are waited for.
  mono_duration answer_wait = std::chrono::seconds{1};
  mono_duration ask_again = std::chrono::seconds{1};
};

/// Which logs to ask for.
struct log_ends_question {
  node_id broker{};
  log_ends_request what;
};

/// Soft state of the active controller: rounds of questions and answers. No clock of its own.
class recovery {
 public:
  explicit recovery(recovery_options how = {}) : options_(how) {}

  /// Begins rounds for partitions that need one and ends those that do not any more. Looks at every
  /// partition: to be called when the metadata has changed, once a second at most.
  void look(const metadata_image& image, mono_time now);
  /// An operator asks for an unclean election. Errors: unknown_topic, unknown_partition,
  /// election_not_needed (it has a leader), eligible_leaders_not_available (no replica is live, or
  /// the topic does not allow it).
  result<void> force(const metadata_image& image, const topic_partition& id, mono_time now);

  /// What to ask now; each question again after a while without an answer.
  std::vector<log_ends_question> questions(const metadata_image& image, mono_time now);
  /// Answers of earlier registrations and of brokers that still act upon an older leader epoch do
  /// not count.
  void answered(const metadata_image& image, const log_ends_response& what);

  /// The elections that can be made now. Their rounds end when look() sees the leader.
  changes plan(const cluster_state& state, mono_time now) const;

  bool idle() const { return rounds_.empty(); }

 private:
  struct heard_log {
    broker_epoch epoch = no_broker_epoch;
    leader_epoch known{0};
    leader_epoch last = no_epoch;
    offset_t end = 0;
  };
  struct round {
    std::string topic_id;
    mono_time begun{};
    std::optional<mono_time> forced;
    std::map<node_id, mono_time> asked;
    std::map<node_id, heard_log> logs;
  };
  struct choice {
    node_id leader{};
    election_kind kind{};
  };

  std::optional<choice> choose(const metadata_image& image, const topic_metadata& topic,
                               const partition_metadata& now, const round& x, mono_time at) const;
  static bool current(const metadata_image& image, const partition_metadata& partition,
                      node_id broker, const heard_log& log);

  recovery_options options_;
  std::map<topic_partition, round> rounds_;
};

}  // namespace troupe::controller
