// What the loads have in common: threads with a loop each, and the measured time.
#pragma once

#include "app/bench_load.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>

namespace troupe::app {

/// Shared by the connections of one thread.
struct load_thread {
  boost::asio::io_context loop{1};
  load_result result;
  std::chrono::steady_clock::time_point measured_from;
  std::chrono::steady_clock::time_point end;

  bool over() const { return std::chrono::steady_clock::now() >= end; }
  bool measures(std::chrono::steady_clock::time_point at) const { return at >= measured_from; }
  void failed(std::string what);
};

using load_session = std::function<boost::asio::awaitable<void>(load_thread&, std::int64_t)>;

/// Runs `connections` sessions spread over the threads until the time is over; shows progress.
/// Fails when nothing at all succeeded.
attempt<load_result> run_sessions(const load_options& options, const load_session& session);

}  // namespace troupe::app
