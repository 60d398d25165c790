// A WebSocket that produces to one topic. Frames are sent to the partitions in the order they
// arrive, several at a time, and answered in that order.
#pragma once

#include "http/produce.hpp"
#include "http/websocket_session.hpp"

#include <deque>

namespace troupe::http {

class websocket_production final : public websocket_session {
 public:
  /// REQUIRES that the query has been checked.
  websocket_production(tcp_socket socket, websocket_upgrade upgrade, connection_services& services);

 private:
  /// A produce frame on its way: answered when its turn comes.
  struct pending {
    pending(std::string_view frame_id, std::size_t frame_bytes) : id(frame_id), size(frame_bytes) {}

    std::string id;  ///< as JSON
    std::size_t size;
    std::string answer;  ///< empty until it is known
  };

  task<result<void>> prepare() override;
  void on_open() override {}
  void on_frame(client_frame frame, std::unique_ptr<websocket_message>& message) override;
  bool may_read() const override;
  void on_stopping() override;
  void on_end() override {}

  task<void> produce(std::string_view records, std::unique_ptr<websocket_message> message,
                     pending& into);
  task<result<std::vector<record_result>>> send(std::string_view records);
  void answer_ready();

  std::string topic_;
  embedded_format format_;
  produce_options options_;
  sticky_partitioner sticky_;
  std::deque<pending> pending_;  // references stay valid while others come and go
  std::size_t pending_bytes_ = 0;
  bool stopping_ = false;
};

}  // namespace troupe::http
