// The actor of a node: owns its metadata and its partitions.
#pragma once

#include "actors/node_state.hpp"
#include "actors/reply_to.hpp"
#include "runtime/config/broker_config.hpp"
#include "runtime/metadata/metadata_store.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <unordered_map>
#include <vector>

namespace prometheus {
class Registry;
}

namespace troupe {

class topic_counters;

struct broker_options {
  std::shared_ptr<node_state> node;
  std::shared_ptr<metadata_store> store;
  broker_config config;
  flusher_actor flusher;
  supervisor_actor supervisor;
  std::shared_ptr<prometheus::Registry> metrics;  ///< null: nothing is counted
  std::uint64_t seed = 0;                         ///< of topic ids
};

/// Runs detached, for it waits for the disk: a change of metadata is written and synced, then the
/// new view is published, then the request is answered. Creations of one burst share one sync.
/// Looks at the free space of the disk every second, and at retention now and then.
class broker final : public broker_actor::base {
 public:
  broker(caf::actor_config& config, broker_options options);
  ~broker() override;

  const char* name() const override { return "broker"; }
  void on_exit() override;

 protected:
  behavior_type make_behavior() override;

 private:
  using reply = reply_to<topic_response>;
  struct planned_creation {
    reply who;
    topic_created what;
  };

  void recover();
  void on_opened(const partition_opened& what);
  void finish_recovery();

  void on_create(const create_topic_request& what);
  void commit_creations();
  void on_delete(const delete_topic_request& what);
  void remove_files(const topic_ptr& topic, bool closed, reply who);
  void finish_deletion(const topic_metadata& topic, const result<void>& removed, reply& who);
  void on_create_partitions(const create_partitions_request& what);
  void on_alter(const alter_topic_request& what);
  void on_stop();
  void close_next();
  void on_closed(const outcome& how);

  void on_tick();
  void watch_disk();
  void apply_retention();

  result<void> commit(std::span<const metadata_change> changes);
  partition_ref start_partition(const topic_ptr& topic, std::int32_t index, bool report);
  std::shared_ptr<topic_counters> counters_of(const std::string& topic);
  void open_topic(node_view& view, const topic_ptr& topic, bool report);
  std::shared_ptr<node_view> next_view() const;
  void answer(reply& who, const result<void>& how);

  broker_options options_;
  rng ids_;
  remover_actor remover_;  // null until the first deletion
  std::vector<planned_creation> creations_;
  std::unordered_map<std::string, std::shared_ptr<topic_counters>> counters_;  // by topic
  recovery_done recovery_;
  std::size_t recovering_ = 0;
  reply_to<recovery_done> recovery_waiter_;
  reply_to<broker_stopped> stop_waiter_;
  broker_stopped stopped_;
  std::vector<partition_actor> to_close_;
  std::size_t closing_ = 0;
  mono_time next_retention_{};
};

}  // namespace troupe
