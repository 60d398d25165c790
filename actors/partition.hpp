// The actor of one partition replica: the mailbox around a partition_log and a partition_leader.
#pragma once

#include "actors/node_state.hpp"
#include "actors/reply_to.hpp"
#include "actors/topic_counters.hpp"
#include "runtime/partition/leader.hpp"
#include "runtime/partition/slab.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <memory>
#include <optional>

namespace troupe {

class loop;

struct partition_options {
  std::shared_ptr<node_state> node;
  topic_ptr topic;
  partition_id id{};
  std::shared_ptr<partition_gauges> gauges;
  std::shared_ptr<topic_counters> counters;  ///< null: not counted
  flusher_actor flusher;
  broker_actor report_to;  ///< told once how opening went; let go then
};

/// Opens its log when it first runs. Handles a burst of messages, then writes once for all
/// produces of the burst, asks for one sync, and answers. An idle partition has no timer; one with
/// parked fetches has one delayed message for the earliest deadline.
///
/// A log that cannot be opened, written or synced leaves the actor alive: it answers
/// storage_error and serves what it can still read. It ends by close_partition only.
class partition final : public partition_actor::base {
 public:
  partition(caf::actor_config& config, partition_options options);
  ~partition() override;

  using super::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) override;
  const char* name() const override { return "partition"; }

 protected:
  behavior_type make_behavior() override;

 private:
  struct pending_produce {
    reply_to<produce_response> reply;
    offset_t base_offset = no_offset;
    timestamp_ms append_time = no_timestamp;
  };
  struct pending_fetch {
    reply_to<fetch_response> reply;
    fetch_request what;
  };

  void open();
  void on_produce(produce_request& what);
  void on_fetch(fetch_request& what);
  void on_fetch_tick();
  list_offsets_response on_list_offsets(const list_offsets_request& what);
  delete_records_response on_delete_records(const delete_records_request& what);
  void on_settings(partition_settings& what);
  void on_retention();
  void on_close(const close_partition& what);

  outcome refuse_produce(const produce_request& what) const;
  std::int32_t in_sync_replicas() const;
  fetch_response read(const fetch_request& what);
  void count_produced();
  bool should_park(const fetch_request& what, const fetch_response& found) const;
  void park(fetch_request& what, const fetch_response& found);
  void watch_deadlines();

  /// Ends the handling of a message: when the burst is over, does what it made necessary.
  void end_message();
  void step();
  void write();
  void begin_sync();
  void end_sync(const result<void>& how);
  void answer_produces();
  void answer_fetches();
  void try_close();
  void close_log();
  void refresh_gauges();
  void fail_storage(const error& why);
  outcome storage_outcome() const;
  leader_epoch epoch() const {
    return options_.topic->partitions[static_cast<std::size_t>(options_.id)].epoch;
  }
  topic_partition where() const { return {options_.topic->name, options_.id}; }

  partition_options options_;
  std::unique_ptr<partition_log> log_;      // null when it could not be opened, or was closed
  std::unique_ptr<partition_leader> core_;  // null when the log could not be opened
  slab<pending_produce> produces_;
  slab<pending_fetch> fetches_;
  std::atomic<loop*> home_{nullptr};  // where produces come from, for wakes from other threads
  mono_time tick_at_ = mono_time::max();
  bool dirty_ = false;
  bool closing_ = false;
  bool removed_ = false;  // closing, and the files will be deleted
  bool syncing_ = false;  // the flusher has a ticket of this log
  reply_to<partition_closed> closed_;
  std::size_t produced_bytes_ = 0;  // since the last step
  offset_t counted_end_ = 0;
  std::string failure_;  // why storage failed; empty while it works
  std::vector<produce_answer> produce_answers_;
  std::vector<fetch_answer> fetch_answers_;
};

}  // namespace troupe
