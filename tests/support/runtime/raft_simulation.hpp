// A cluster of replicas on simulated disks and an unreliable network, driven by a seed. What can go
// wrong is drawn per seed: loss, doubling, delay and reordering of messages, one-way and complete
// cuts, slow disks, failing operations, full disks, crashes with and without loss of unsynced data,
// rot below the durable mark, lost disks; meanwhile values are proposed and read, voters come and
// go, leadership is handed over and snapshots are taken. At the end everything heals and the
// replicas must agree within a bound.
#pragma once

#include "tests/support/runtime/raft_checks.hpp"

#include <set>

namespace troupe::test {

class raft_simulation {
 public:
  struct figures {
    std::uint64_t events = 0;
    std::uint64_t acknowledged = 0;  ///< proposals known to be committed
    std::uint64_t reads = 0;
    std::uint64_t crashes = 0;
    std::uint64_t cuts = 0;
    std::uint64_t voter_changes = 0;
    std::uint64_t snapshots_installed = 0;
    std::uint64_t damaged = 0;
    std::uint64_t repaired = 0;
    std::uint64_t wiped = 0;
    std::uint64_t disk_errors = 0;
    std::uint64_t leaders = 0;

    void add(const figures& x);
  };

  explicit raft_simulation(std::uint64_t seed);

  /// The first violation, or nothing.
  std::string run();
  const figures& counted() const { return figures_; }
  /// Of everything that happened, in order: equal for equal seeds.
  std::uint64_t trace() const { return trace_; }

 private:
  /// Chances in a thousand, per message or per tick.
  struct faults {
    std::uint64_t loss, doubled, late, cut, heal, crash, kill, start, slow, io_error, disk_full,
        damage, wipe, change, transfer, snapshot, propose, read;
  };
  struct on_the_way {
    std::uint64_t due = 0;
    raft::message what;
  };
  struct pending_read {
    raft::index_t at_least = 0;
  };

  static faults draw(rng& chance);
  void make_cluster();
  bool chance(std::uint64_t in_thousand) { return rng_.below(1'000) < in_thousand; }
  raft_node& pick() { return *nodes_[rng_.below(nodes_.size())]; }
  raft_node* pick_leader();
  bool failed() const { return !checks_.violation().empty(); }

  void pass_time(bool quiet);
  void deliver_due();
  void use_cluster();
  void change_voters(raft_node& leader);
  void break_something();
  void break_links();
  void stop(raft_node& node, bool power);
  void start(raft_node& node);
  void damage(raft_node& node);
  void wipe(raft_node& node);
  bool may_lose(const raft::replica_id& who) const;
  bool survives(const raft::voter_set& voters, const raft::replica_id* without) const;

  void after(raft_node& node);
  void finish(raft_node& node);
  void snapshot(raft_node& node);
  void send(raft::message m);
  void answer_reads(raft_node& node);
  void note_applied(raft_node& node);
  bool heal_and_converge();
  bool converged() const;
  std::string status() const;
  void mix(std::uint64_t x);

  rng rng_;
  faults faults_;
  raft_checks checks_;
  figures figures_;
  std::vector<std::unique_ptr<raft_node>> nodes_;
  std::vector<on_the_way> network_;
  std::set<std::pair<int, int>> cut_;
  std::map<int, std::uint64_t> disk_done_;  ///< node -> when its outstanding work is on disk
  std::map<int, raft::voter_set> voters_seen_;
  std::map<int, raft::replica_id> who_;
  std::set<raft::replica_id> impaired_;  ///< damaged and not repaired, or lost
  std::map<std::uint64_t, pending_read> reads_;
  std::map<raft::position, std::string> proposed_;
  std::uint64_t now_ = 0;
  std::uint64_t next_value_ = 0;
  std::uint64_t trace_ = 0;
  bool healing_ = false;
};

}  // namespace troupe::test
