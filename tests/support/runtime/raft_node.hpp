// One replica as a broker will run it: core, storage on a simulated disk, a state machine.
#pragma once

#include "runtime/env/sim_env.hpp"
#include "runtime/raft/core.hpp"
#include "runtime/raft/storage.hpp"

#include <string>

namespace troupe::test {

/// Remembers every value it was told, in order.
struct value_machine {
  raft::index_t index = raft::no_index;
  std::string values;  ///< separated by spaces

  void apply(const raft::entry& x);
  bytes encode() const;
  void restore(raft::index_t at, byte_view from);
};

class raft_node {
 public:
  static constexpr const char* directory = "data/raft";

  raft_node(node_id id, raft::options how, std::uint64_t seed);

  node_id id() const { return id_; }
  /// Opens the disk and starts over from what is there. The error says why it does not start.
  result<void> start();
  /// Makes the disk ready without a core: for founding a cluster. Returns who it is.
  raft::replica_id prepare();
  void found(const raft::voter_set& voters);
  /// The process ends; with `power`, unsynced data is lost, kept or torn.
  void stop(bool power);
  bool running() const { return core_.has_value(); }
  /// Empties the disk: the node comes back as another replica.
  void wipe();

  raft::core& core() { return *core_; }
  const raft::core& core() const { return *core_; }
  raft::storage& files() { return *files_; }
  sim_env& disk() { return *disk_; }
  const value_machine& machine() const { return machine_; }
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// Takes the work there is. False when there is none or some is outstanding.
  bool begin();
  bool busy() const { return work_.has_value(); }
  const raft::ready_work& outstanding() const { return *work_; }
  /// Carries it out: what is to be sent, in order. After an error the node is out of service.
  result<std::vector<raft::message>> finish();
  /// A snapshot of what is applied. False when there is nothing new or the disk refuses.
  bool take_snapshot();

  std::vector<raft::read_answer> reads;  ///< answered, since the last look
  std::vector<raft::entry> applied_now;  ///< by the last finish()
  bool restored_now = false;             ///< the last finish() installed a snapshot

 private:
  node_id id_;
  raft::options options_;
  rng rng_;
  std::unique_ptr<sim_env> disk_;
  std::unique_ptr<raft::storage> files_;
  std::optional<raft::core> core_;
  std::optional<raft::restored_log> prepared_;
  std::optional<raft::ready_work> work_;
  value_machine machine_;
  std::vector<std::string> remarks_;
};

}  // namespace troupe::test
