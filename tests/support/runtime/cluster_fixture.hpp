// A controller with a log in memory, and the words to talk about it: `up(1)`, `create(...)`,
// `crash(1)`, `part("t")`.
#pragma once

#include "runtime/controller/controller.hpp"
#include "runtime/controller/health.hpp"

#include <gtest/gtest.h>

#include <set>

namespace troupe::controller {

/// Keeps what was appended as bytes, as the real one does.
class memory_log final : public metadata_log {
 public:
  result<offset_t> append(const records& batch) override {
    if (refusal)
      return *refusal;
    batches.push_back(encode_records(batch));
    return static_cast<offset_t>(batches.size());
  }
  /// The state of a replica that reads all of it.
  cluster_state replay() const;

  std::vector<bytes> batches;  // the n-th is at offset n + 1
  std::optional<error> refusal;
};

/// "replicas 1, 2, 3 isr 1, 2 elr 3 leader 1": what two states differ in.
std::string describe(const cluster_state& state);

class cluster_fixture : public ::testing::Test {
 protected:
  using list = node_list;
  using seconds = std::chrono::seconds;
  using milliseconds = std::chrono::milliseconds;

  cluster_fixture() { take_over(); }
  /// After every test: the invariants, and the log replayed is the state.
  void TearDown() override;

  /// Another node becomes the active controller, with what is in the log.
  void take_over();

  // -- brokers
  register_broker_request registration(int id) const;
  register_broker_response register_broker(int id, broker_epoch previous = no_broker_epoch);
  broker_heartbeat_response heartbeat(int id);
  broker_heartbeat_response ask_shutdown(int id);
  /// Registered, caught up, unfenced.
  void up(int id);
  void up(std::initializer_list<int> ids) {
    for (int id : ids)
      up(id);
  }
  /// Its session runs out; the others go on with their heartbeats.
  void crash(int id);
  /// A new process on the same disk, after a crash; live at the end.
  void restart(int id);
  /// The same after a complete flush.
  void restart_cleanly(int id);
  void stop(int id);  ///< a controlled shutdown to its end
  /// Lets time pass; all live brokers but `silent` send heartbeats.
  void pass(mono_duration time, std::initializer_list<int> silent = {});

  // -- topics
  errc create(const std::string& name, std::vector<list> assignment,
              std::map<std::string, std::string> configs = {});
  errc set(const std::string& topic, const std::string& name, const std::string& value);
  const partition_metadata& part(const std::string& topic, int partition = 0) const;
  int leader(const std::string& topic, int partition = 0) const {
    return value_of(part(topic, partition).leader);
  }

  // -- leaders
  /// What the leader of the partition would send now.
  alter_partition_request proposal(const std::string& topic, const list& isr) const;
  errc alter(const std::string& topic, const list& isr);
  errc reassign(const std::string& topic, const list& replicas);
  errc cancel(const std::string& topic) { return reassign(topic, {}); }
  /// A broker says how far its log reaches.
  void tell_log(int id, const std::string& topic, int last_epoch, offset_t end);

  const broker_metadata& broker(int id) const;
  const metadata_image& image() const { return core->state().image(); }
  static list nodes(std::initializer_list<int> ids);

  memory_log log;
  manual_clock time;
  controller_options options;
  std::unique_ptr<active_controller> core;
  std::map<int, std::string> incarnations;
  std::map<int, std::string> directories;
  std::map<int, std::string> racks;
  std::set<int> silent;
  std::uint64_t takeovers = 0;
};

}  // namespace troupe::controller
