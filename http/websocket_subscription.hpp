// A WebSocket that reads partitions: from the log while it is behind, from the shared tail once it
// has caught up, and back whenever it cannot take more.
#pragma once

#include "http/websocket_session.hpp"
#include "http/websocket_subscriber.hpp"

#include <deque>
#include <vector>

namespace troupe::http {

class websocket_subscription final : public websocket_session {
 public:
  /// REQUIRES that the query has been checked.
  websocket_subscription(tcp_socket socket, websocket_upgrade upgrade,
                         connection_services& services);

 private:
  /// The sink of one partition: the tail says nothing about whom it speaks of at its end.
  struct tail_port final : tail_sink {
    void on_tail(const std::shared_ptr<const tail_chunk>& chunk) override;
    void on_tail_end(const error& why) override;

    websocket_subscription* session = nullptr;
    partition_slot slot = 0;
  };

  /// What has been read from the log and not been sent.
  struct log_run {
    log_run(partition_slot of, const topic_partition& source, bytes read, offset_t from,
            shown_format format)
        : slot(of), batches(std::move(read)), cutter(source, batches, from, format) {}

    partition_slot slot;
    bytes batches;
    frame_cutter cutter;
  };

  task<result<void>> prepare() override;
  void on_open() override;
  void on_frame(client_frame frame, std::unique_ptr<websocket_message>& message) override;
  void on_stopping() override;
  void on_end() override;
  void on_stalled() override;
  void on_topics_changed() override;
  void on_drained() override;

  void on(const credit_frame& x);
  void on(const seek_frame& x);
  void on(const pause_frame& x);
  void on(const resume_frame& x);
  void on(const produce_frame& x);
  void on(const ack_frame& x);

  /// Does what can be done now: sends of the run, reads, joins.
  void pump();
  void serve_run();
  void drop_run();
  void start_read(const websocket_subscriber::step& step);
  void start_join(const websocket_subscriber::step& step);
  void on_read(partition_slot slot, fetch_response answer);
  void on_joined(partition_slot slot, const tail_position& answer);
  void on_chunk(partition_slot slot, const std::shared_ptr<const tail_chunk>& chunk);
  bool has_room();
  void fall_behind(partition_slot slot, offset_t end);
  void on_log_error(partition_slot slot, const error& why, offset_t log_start, offset_t end);
  /// Reports and goes on inside the log.
  void move_inside(partition_slot slot, offset_t log_start, offset_t end);
  void retry_later();
  void set_stalled(bool stalled);

  void seek_to_offset(partition_slot slot, offset_t to);
  void seek_to_time(partition_slot slot, timestamp_ms at);
  void forget_queued(partition_slot slot);
  void detach(partition_slot slot);
  /// The slots a frame means; empty after an error frame when one is not of this socket.
  std::vector<partition_slot> slots_of(const std::vector<partition_id>& named);
  void push_frame(const std::shared_ptr<const bytes>& data, const frame_entry& frame,
                  partition_slot slot, offset_t first);
  topic_partition named(partition_slot slot) const;
  task<result<websocket_subscriber::start>> resolve(partition_id which);

  subscribe_query query_;
  std::string topic_;
  tail_encoder encoder_;
  websocket_subscriber subscriber_;
  std::deque<tail_port> ports_;       // the tail knows them by address
  std::vector<std::uint32_t> seeks_;  // by slot: which seek by time is the newest
  std::unique_ptr<log_run> run_;
  held_bytes read_bytes_;  // of the run, or of the read under way
  loop_timer retry_;
  bool retry_armed_ = false;
  bool stalled_ = false;
};

}  // namespace troupe::http
