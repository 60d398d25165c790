// Replicas of one partition, each with its own log on its own simulated disk, and a model of the
// controller. Nothing happens by itself: a script, or a seed, says which message arrives, which
// sync ends, who loses power. What must always hold is checked by checked().
//
// Nodes are numbered from 1; 0 is the controller.
#pragma once

#include "runtime/env/sim_env.hpp"
#include "runtime/replication/replica.hpp"
#include "tests/support/runtime/model_controller.hpp"

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>

namespace troupe::testing {

struct cluster_options {
  int nodes = 3;
  std::int32_t min_isr = 2;
  flush_policy flush = flush_policy::fsync;
  std::int32_t fetch_bytes = 1 << 20;
  /// Syncs end when end_sync() says so; else at once.
  bool slow_disks = false;
};

class replica_cluster {
 public:
  using payload =
      std::variant<replica_fetch_request, replica_fetch_response, isr_proposal, isr_answer>;
  struct message {
    int from = 0;
    int to = 0;
    std::int64_t broker_epoch = -1;  // of the sender's process
    payload what;
  };
  /// What became of one record that was sent to a leader.
  struct sent_record {
    std::string value;
    required_acks acks{};
    offset_t offset = no_offset;
    bool answered = false;
    errc code = errc::none;
    bool acked() const { return answered && code == errc::none; }
  };

  explicit replica_cluster(cluster_options options);
  ~replica_cluster();

  // -- the script -------------------------------------------------------------------
  /// The controller elects by hand, and everybody who is up hears of it.
  void elect(int node);
  /// The node applies the newest metadata.
  void hear(int node);
  void hear_all();
  /// One record; returns its number for sent().
  std::size_t produce(int node, const std::string& value, required_acks acks = required_acks::all);
  /// Deletes records, as far as the leader has them committed.
  void delete_below(int node, offset_t start);
  /// Delivers what is not held, until nothing moves.
  void run();
  /// Time passes, and run().
  void pass(std::chrono::milliseconds time);
  /// Messages of that way wait until release().
  void hold(int from, int to) { held_.insert({from, to}); }
  void release(int from, int to) { held_.erase({from, to}); }
  /// Messages of both ways are lost from now on.
  void cut(int a, int b) { cut_.insert({a, b}), cut_.insert({b, a}); }
  /// The node hears nobody and nobody hears it.
  void isolate(int node);
  void heal() { cut_.clear(); }
  /// Loses what is on its way.
  void lose(int from, int to);

  /// The process ends; its page cache stays.
  void kill(int node);
  void power_loss(int node, std::uint64_t seed = 1);
  /// Starts again and registers; unfenced at once.
  void start(int node);
  /// Power loss, and the disk is gone.
  void lose_disk(int node);

  // -- the seed -----------------------------------------------------------------------
  std::list<message>& in_flight() { return in_flight_; }
  /// Delivers that one (or loses it, when the way is cut).
  void deliver(std::list<message>::iterator which);
  /// The controller carries out the next proposal, and another one answers that it is not the
  /// active one.
  void fail_over_after_commit() { answer_instead_ = errc::not_controller; }
  bool is_syncing(int node) const { return at(node).ticket.has_value(); }
  void end_sync(int node);
  void advance(std::chrono::milliseconds time);
  /// Reads as a client would from that node, and checks what it gets.
  void consume(int node);

  // -- looking --------------------------------------------------------------------------
  bool is_up(int node) const { return at(node).replica != nullptr; }
  partition_replica& replica(int node) { return *at(node).replica; }
  const partition_log& log(int node) const { return *at(node).log; }
  /// From `start` on, or from where its log starts.
  std::vector<std::string> values(int node, offset_t start = 0) const;
  offset_t high_watermark(int node) const { return at(node).replica->high_watermark(); }
  const sent_record& sent(std::size_t number) const { return sent_[number]; }
  const std::vector<sent_record>& all_sent() const { return sent_; }
  offset_t true_high_watermark() const { return static_cast<offset_t>(truth_.size()); }
  std::string isr() const;
  sim_env& disk(int node) { return at(node).disk; }
  int nodes() const { return static_cast<int>(nodes_.size()); }

  /// What a client of the leader may be told: the high watermark, or offset_not_available.
  result<offset_t> latest_offset(int node);

  model_controller controller;
  manual_clock time;

  // -- what must hold -----------------------------------------------------------------
  /// Empty, or the first rule that does not hold. After every event.
  const std::string& broken_rule();
  /// The expensive part: logs agree below their high watermarks (I5), the truth is kept (I3).
  void check_logs();

 private:
  struct node_state {
    sim_env disk;
    std::unique_ptr<partition_log> log;
    std::unique_ptr<partition_replica> replica;
    std::int64_t broker_epoch = -1;
    std::size_t heard = 0;  // versions of the metadata
    std::optional<sync_ticket> ticket;
    std::map<waiter, std::size_t> produces;  // -> sent_
    std::map<waiter, message> fetches;
    leader_epoch checked_epoch = no_epoch;
  };

  node_state& at(int node) { return *nodes_[static_cast<std::size_t>(node - 1)]; }
  const node_state& at(int node) const { return *nodes_[static_cast<std::size_t>(node - 1)]; }
  void open(int node);
  void stop(int node);
  void settle(int node);
  void answer_waiting(int node);
  void send(int from, int to, payload what);
  void receive(message what);
  void fail(std::string what);
  void note_high_watermark(int node);
  void check_node(int node);
  void check_leader(int node);

  cluster_options options_;
  std::vector<std::unique_ptr<node_state>> nodes_;
  std::list<message> in_flight_;
  std::set<std::pair<int, int>> held_;
  std::set<std::pair<int, int>> cut_;
  std::vector<sent_record> sent_;
  waiter next_waiter_ = 0;

  std::vector<std::string> truth_;  // what any leader ever had below its high watermark
  leader_epoch offered_epoch_ = no_epoch;
  offset_t offered_ = 0;
  errc answer_instead_ = errc::none;
  std::string failure_;
};

}  // namespace troupe::testing
