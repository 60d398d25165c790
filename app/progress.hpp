// A progress line on stderr, on a terminal only.
#pragma once

#include "app/units.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace troupe::app {

/// add() may be called from every thread; everything else belongs to one.
class progress {
 public:
  /// `total` 0: not known, a count and a rate are shown instead of a bar.
  progress(std::string what, std::uint64_t total);
  /// Clears the line.
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  void add(std::uint64_t count) { done_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }
  /// Draws, at most ten times a second.
  void show();

 private:
  std::string what_;
  std::uint64_t total_;
  std::atomic<std::uint64_t> done_{0};
  stopwatch time_;
  std::chrono::nanoseconds shown_{-1'000'000'000};
  bool terminal_;
};

/// The text of the line; a function of its own so that it can be tested.
std::string progress_line(const std::string& what, std::uint64_t done, std::uint64_t total,
                          std::chrono::nanoseconds elapsed, std::size_t columns);

}  // namespace troupe::app
