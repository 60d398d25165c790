// The streams of one loop that have something to send, flushed when the loop comes round.
#pragma once

#include "http/websocket_stream.hpp"

#include <utility>
#include <vector>

namespace troupe::http {

/// One per loop; made by Asio when the first stream asks for it. Used on that loop only.
class flush_round final : public asio::execution_context::service {
 public:
  using key_type = flush_round;
  static asio::execution_context::id id;

  explicit flush_round(asio::execution_context& context);

  /// Flushes `stream` soon; `alive` keeps it until then.
  void add(frame_stream& stream, std::shared_ptr<void> alive);

 private:
  struct entry {
    frame_stream* stream;
    std::shared_ptr<void> alive;
  };

  void shutdown() override;
  void run();

  asio::io_context& loop_;
  std::vector<entry> due_;
  std::size_t next_ = 0;  // due_[0, next_) have been flushed
  bool posted_ = false;
};

}  // namespace troupe::http
