// A cluster around the controller, reduced to what its decisions are about: processes that live,
// die, are cut off and come back, and the records that each replica has. After every step:
//
//   the invariants of health.hpp hold; leader epochs and partition epochs never go back, and change
//   together with what they count; whoever leads and is alive has all committed records, but after
//   elections that say that they may lose some.
//
// A record is committed when all in-sync replicas have it and they are enough (R7, R15). With
// flush=os a crash loses the end of a log, with fsync nothing; a new disk has nothing.
#pragma once

#include "tests/support/runtime/cluster_fixture.hpp"

namespace troupe::controller {

struct model_options {
  std::uint64_t seed = 0;
  int brokers = 5;
  int steps = 1'000;
  bool os_flush = true;    ///< topics with flush=os too
  bool lose_disks = true;  ///< disks are replaced and fail
  bool unclean = true;     ///< topics that allow unclean elections too
};

class cluster_model {
 public:
  explicit cluster_model(model_options how);

  /// Until a fault is found or all steps are made. The fault, or nothing.
  std::string run();
  /// Everything is repaired; the partitions that have no leader after a while.
  std::vector<topic_partition> heal();

  const controller_counters& counters() const { return counters_; }
  std::int64_t committed_records() const { return committed_records_; }

 private:
  using seconds = std::chrono::seconds;
  using milliseconds = std::chrono::milliseconds;

  struct process {
    bool running = false;
    bool cut = false;
    bool wants_shutdown = false;
    std::string incarnation;
    std::string directory;
    broker_epoch epoch = no_broker_epoch;        // of this process, once registered
    broker_epoch clean_epoch = no_broker_epoch;  // written after a complete flush
    mono_time heartbeat_due{};
  };
  struct stored {
    int id = 0;
    int epoch = 0;
    bool operator==(const stored&) const = default;
  };
  using log_content = std::vector<stored>;
  static std::size_t common_prefix(const log_content& a, const log_content& b);

  struct partition_model {
    std::map<node_id, log_content> logs;
    log_content committed;
    leader_epoch seen_epoch = no_epoch;
    std::int32_t seen_partition_epoch = -1;
    node_id seen_leader = no_node;
    leader_epoch acting_epoch = no_epoch;     // of the leader that acts
    std::size_t epoch_start = 0;              // its log when it began
    std::map<node_id, leader_epoch> fetched;  // in which leader epoch each replica fetched last
  };
  using partition_key = std::pair<std::string, std::int32_t>;  // topic id and number

  void step();
  void pass_time();
  void heartbeats();
  void kill(int id);
  void start(int id);
  void finish_shutdown(int id);
  void fail_disk(int id);
  void answer_questions();
  void change_topics();
  void alter();
  void reassign();
  void elect();
  void take_over();
  void move_records();
  void take_elections();
  std::string check();
  std::string check_partition(const topic_metadata& topic, const partition_metadata& now);
  std::string check_copies() const;

  bool acts(node_id id) const;
  alter_partition_request proposal(const topic_metadata& topic, const partition_metadata& now);
  std::optional<std::pair<topic_ptr, std::size_t>> any_partition();
  node_list some_brokers(std::size_t least, std::size_t most);
  const metadata_image& image() const { return core_->state().image(); }
  process& of(node_id id) { return processes_[value_of(id)]; }

  model_options options_;
  rng rng_;
  memory_log log_;
  mono_time now_{};
  controller_options how_;
  std::unique_ptr<active_controller> core_;
  std::map<int, process> processes_;
  std::map<partition_key, partition_model> partitions_;
  std::map<topic_partition, election_kind> lossy_;  // elections of this step that may lose records
  std::vector<alter_partition_request> old_requests_;
  controller_counters counters_;
  int next_record_ = 0;
  int next_name_ = 0;
  std::int64_t committed_records_ = 0;
};

}  // namespace troupe::controller
