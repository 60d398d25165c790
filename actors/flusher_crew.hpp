// The threads that help the flusher to sync several files at the same time.
#pragma once

#include "runtime/env/env.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe {

/// Syncs files side by side. A device takes about as long to flush several files at once as one of
/// them, because the journal commits and the cache flushes of the file system are shared; one
/// after the other each waits for its own. Owned by the flusher; sleeps while there is nothing
/// to sync, and has no threads until there are two files to sync for the first time.
class flusher_crew {
 public:
  /// `helpers` threads besides the caller; 0 syncs one file after the other.
  explicit flusher_crew(std::size_t helpers) : helpers_(helpers) {}
  ~flusher_crew();
  flusher_crew(const flusher_crew&) = delete;
  flusher_crew& operator=(const flusher_crew&) = delete;

  /// Calls sync() once for each file; returns when all calls have. After the first failure no
  /// further one begins (S8): the caller must treat all files as failed, since which of the others
  /// were synced is not told.
  result<void> sync(std::vector<file_ptr> files);

 private:
  void start();
  void help();
  /// Syncs files until none is left to take. `held` is locked on entry and on return.
  void work(std::unique_lock<std::mutex>& held);

  const std::size_t helpers_;
  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  std::vector<file_ptr> files_;  // of the present round
  std::size_t taken_ = 0;        // files of the round that somebody has begun
  std::size_t done_ = 0;         // files of the round whose sync has returned
  std::uint64_t round_ = 0;
  result<void> outcome_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace troupe
