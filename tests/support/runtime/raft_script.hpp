// Runs a cluster of replicas by commands and writes down what happens, in words. A test is one
// text: lines that begin with "> " are commands, the others are what must happen.
//
//   > cluster 1 2 3          voters that all begin with the same voter set
//   > node 4                 an empty replica that asks the others for the log
//   > timeout 1              1 has not heard a leader for long
//   > lead 1                 the same, and all messages are delivered; told in one line
//   > tick 2 5               five ticks of node 2 (of all: `tick 5`)
//   > propose 1 x            also: add 1 4, remove 1 3, transfer 1 2, read 1
//   > deliver                all messages, and those they cause, until there are none
//   > deliver 1 2            those from 1 to 2 that are under way now
//   > drop                   all that are under way (or: drop 1 2)
//   > cut 1 2                nothing gets from 1 to 2 any more
//   > isolate 1, heal        cut both ways and from all; no cut is left
//   > kill 3, crash 3        the process ends; with loss of what is not synced. > start 3
//   > wipe 3, damage 3 5     an empty disk; entry 5 rots
//   > snapshot 1             of what 1 has applied
//   > log 2, show 2          what is in its log; who and what it is
#pragma once

#include "tests/support/runtime/raft_node.hpp"

#include <deque>
#include <map>

namespace troupe::test {

class raft_script {
 public:
  explicit raft_script(raft::options how = small_options());

  /// A cluster small enough to read: 10 ticks of election, 1 of heartbeat, chunks of 16 bytes.
  static raft::options small_options();

  /// Runs the commands of `text` and returns it with what really happened.
  std::string play(const std::string& text);

  raft_node& at(int node) { return *nodes_.at(node); }

 private:
  struct snap {
    raft::role role{};
    raft::term_t term{};
    std::optional<raft::replica_id> vote;
    std::optional<raft::replica_id> leader;
    std::vector<raft::position> log;
    raft::voter_set voters;
    raft::index_t commit = 0;
    bool damaged = false;
  };
  using words = std::vector<std::string>;

  void command(const words& w);
  void make_cluster(const words& w);
  void make_node(int id);
  void start(int id);
  void rot(int id, raft::index_t index);
  void ask(const words& w);
  void deliver(int from, int to);
  void deliver_all();
  void drop(int from, int to);
  template <class F>
  void act(int id, F&& what);
  void carry_out(int id);
  snap look(int id) const;
  void tell(int id, const snap& before, const snap& after);
  void tell_office(int id, const snap& before, const snap& after);
  void tell_log(int id, const snap& before, const snap& after);
  void tell_applied(int id);
  void say(std::string line);
  std::string name(const raft::replica_id& x) const;
  std::string describe(const raft::entry& x) const;

  raft::options options_;
  std::map<int, std::unique_ptr<raft_node>> nodes_;
  std::deque<raft::message> under_way_;
  std::map<std::pair<int, int>, bool> cut_;
  std::string out_;
  bool quiet_ = false;
};

}  // namespace troupe::test
