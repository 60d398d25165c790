// A broker that is ended and started again on the same directory while producers go on.
#pragma once

#include "app/admin_client.hpp"
#include "tests/support/e2e/history.hpp"
#include "tests/support/e2e/program.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace troupe::test {

struct broker_under_fire : testing::Test {
  std::string directory;
  std::vector<std::string> options;  ///< of the broker, besides the usual ones
  std::vector<numbering_producer> producers;
  std::atomic<bool> stopped{false};

  /// Makes the topic in `data_dir`. Small segments, so that rolling is hit too.
  void begin(const std::string& data_dir) {
    directory = data_dir;
    for (int i = 0; i < 4; ++i)
      producers.emplace_back("producer-" + std::to_string(i), "t", 1 + i * 3, 200);
    broker_process broker(directory, options);
    app::http_client http(broker.server());
    ASSERT_TRUE(app::admin_client(http).create({"t", 3, -1, {{"segment.bytes", "1048576"}}}));
    EXPECT_EQ(broker.stop().code, 0);
  }

  /// Starts the broker, lets the producers run, and calls `end` after `time`. It may set `stopped`:
  /// what is acknowledged from then on does not count.
  template <class End>
  void one_life(std::chrono::milliseconds time, End end) {
    broker_process broker(directory, options);
    stopped = false;
    std::vector<std::thread> threads;
    for (auto& producer : producers)
      threads.emplace_back([&] { producer.run(broker.server(), stopped); });
    std::this_thread::sleep_for(time);
    end(broker);
    stopped = true;
    for (auto& thread : threads)
      thread.join();
  }

  std::size_t acknowledged() const {
    std::size_t sum = 0;
    for (const auto& producer : producers)
      sum += producer.acknowledged().size();
    return sum;
  }

  /// What is wrong with the log, as sentences.
  std::vector<std::string> differences() {
    broker_process broker(directory, options);
    return check_history(read_topic(broker.server(), "t"), producers);
  }
};

}  // namespace troupe::test
