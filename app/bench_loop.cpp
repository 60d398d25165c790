#include "app/bench_loop.hpp"

#include "app/progress.hpp"
#include "app/stop_signal.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include <memory>
#include <thread>
#include <vector>

namespace troupe::app {

void load_result::merge(const load_result& other) {
  requests += other.requests;
  records += other.records;
  payload_bytes += other.payload_bytes;
  wire_bytes += other.wire_bytes;
  errors += other.errors;
  if (first_error.empty())
    first_error = other.first_error;
  latency.merge(other.latency);
}

void load_thread::failed(std::string what) {
  ++result.errors;
  if (result.first_error.empty())
    result.first_error = std::move(what);
}

std::uint64_t count_of(std::string_view text, std::string_view what) {
  std::uint64_t count = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

attempt<load_result> run_sessions(const load_options& options, const load_session& session) {
  using clock = std::chrono::steady_clock;
  std::vector<std::unique_ptr<load_thread>> threads;
  auto start = clock::now();
  for (std::int64_t i = 0; i < options.threads; ++i) {
    auto& added = *threads.emplace_back(std::make_unique<load_thread>());
    added.measured_from = start + std::chrono::seconds(options.warmup_s);
    added.end = added.measured_from + std::chrono::seconds(options.duration_s);
  }
  for (std::int64_t i = 0; i < options.connections; ++i) {
    auto& on = *threads[static_cast<std::size_t>(i % options.threads)];
    boost::asio::co_spawn(on.loop, session(on, i), boost::asio::detached);
  }
  std::vector<std::thread> running;
  running.reserve(threads.size());
  for (auto& thread : threads)
    running.emplace_back([&loop = thread->loop] { loop.run(); });
  {
    auto total = static_cast<std::uint64_t>(options.warmup_s + options.duration_s);
    progress bar("seconds", total);
    // A session that waits for the broker for ever must not keep the command.
    auto grace = std::chrono::seconds(2);
    while (clock::now() < threads[0]->end + grace && !stop_requested()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - start);
      bar.add(std::min(total, static_cast<std::uint64_t>(elapsed.count())) - bar.done());
      bar.show();
      bool all_done = true;
      for (auto& thread : threads)
        all_done = all_done && thread->loop.stopped();
      if (all_done)
        break;
    }
  }
  load_result sum;
  for (auto& thread : threads)
    thread->loop.stop();
  for (auto& thread : running)
    thread.join();
  for (auto& thread : threads)
    sum.merge(thread->result);
  sum.time = std::chrono::seconds(options.duration_s);
  if (sum.requests == 0)
    return failure{sum.errors > 0 ? exit_unreachable : exit_failed,
                   sum.errors > 0 ? sum.first_error : "nothing was measured in the time"};
  return sum;
}

}  // namespace troupe::app
