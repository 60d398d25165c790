#include "http/websocket_flush.hpp"

namespace troupe::http {

namespace {

/// System calls before the rest of the loop has its turn.
constexpr std::size_t flushes_per_turn = 32;

}  // namespace

asio::execution_context::id flush_round::id;

flush_round::flush_round(asio::execution_context& context)
    : asio::execution_context::service(context), loop_(static_cast<asio::io_context&>(context)) {}

void flush_round::add(frame_stream& stream, std::shared_ptr<void> alive) {
  due_.push_back({&stream, std::move(alive)});
  if (posted_)
    return;
  posted_ = true;
  asio::post(loop_, [this] { run(); });
}

void flush_round::run() {
  posted_ = false;
  std::size_t end = std::min(due_.size(), next_ + flushes_per_turn);
  while (next_ != end) {
    // Moved out first: flushing may add streams, and the last holder may go.
    entry one = std::move(due_[next_++]);
    one.stream->flush();
  }
  if (next_ == due_.size()) {
    due_.clear();
    next_ = 0;
  } else if (!posted_) {
    posted_ = true;
    asio::post(loop_, [this] { run(); });
  }
}

void flush_round::shutdown() {
  auto left = std::exchange(due_, {});
  next_ = 0;
}

}  // namespace troupe::http
