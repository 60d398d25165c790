// The broker_client of one loop of this node.
#pragma once

#include "actors/local_tails.hpp"
#include "actors/node_state.hpp"
#include "actors/request_port.hpp"

namespace troupe {

/// Looks partitions up in the newest view and asks their actors. Used only on its loop's thread
/// (built before the loop runs, destroyed after it has ended).
class local_broker_client final : public broker_client {
 public:
  local_broker_client(caf::actor_system& system, loop& on, std::shared_ptr<node_state> node,
                      broker_actor broker, std::shared_ptr<tail_hub> hub);

  image_ptr metadata() override { return view().image; }
  node_id self() const override { return node_->self; }
  broker_status status() override { return node_->status(); }
  std::vector<partition_status> partitions() override;

  void produce(produce_request what, callback<void(produce_response)> then) override;
  void fetch(fetch_request what, callback<void(fetch_response)> then) override;
  void list_offsets(list_offsets_request what, callback<void(list_offsets_response)> then) override;
  void delete_records(delete_records_request what,
                      callback<void(delete_records_response)> then) override;

  void create_topic(create_topic_request what, callback<void(topic_response)> then) override;
  void delete_topic(delete_topic_request what, callback<void(topic_response)> then) override;
  void create_partitions(create_partitions_request what,
                         callback<void(topic_response)> then) override;
  void alter_topic(alter_topic_request what, callback<void(topic_response)> then) override;

  void attach_tail(const topic_partition& which, offset_t from, std::weak_ptr<tail_sink> sink,
                   callback<void(tail_position)> then) override;
  void detach_tail(const topic_partition& which, const tail_sink* sink) override;

  /// Answers everything outstanding, and all that is asked from now on, with shutting_down; lets
  /// go of all actors. On the loop's thread, or when it has ended. Idempotent.
  void close();

 private:
  const node_view& view();
  outcome missing(const topic_partition& which);
  template <class Request, class Response>
  void ask_partition(Request what, std::chrono::milliseconds timeout,
                     callback<void(Response)> then);
  template <class Request>
  void ask_broker(Request what, callback<void(topic_response)> then);

  std::shared_ptr<node_state> node_;
  broker_actor broker_;
  request_port port_;
  local_tails tails_;
  view_ptr view_;
  std::uint64_t version_ = 0;
  bool closed_ = false;
};

}  // namespace troupe
