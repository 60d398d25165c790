// An env whose operations wait until the test lets them through, and whose free space it sets.
#pragma once

#include "runtime/env/env.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace troupe::testing {

/// Files of another env. Thread-safe.
class gated_env final : public env {
 public:
  explicit gated_env(env& inner) : inner_(inner) {}

  /// From now on syncs wait.
  void close_gate();
  void open_gate();
  enum class held { nothing, removals, directory_syncs };
  /// From now on operations of this kind on paths with `part` in them wait; others no more.
  void hold(held what, std::string part = {});
  /// Operations held at the moment.
  int held_now() const;
  /// Syncs that wait at the moment.
  int waiting() const;
  /// Syncs of files that have been let through.
  int syncs() const { return syncs_.load(); }
  int filesystem_syncs() const { return filesystem_syncs_.load(); }
  /// The next write throws: a mistake of ours in the middle of a handler.
  void throw_at_next_write() { throw_at_write_.store(true); }
  void set_free_bytes(std::uint64_t x) { free_bytes_.store(x); }

  result<file_ptr> open(const std::string& path, open_mode mode) override;
  result<std::vector<std::string>> list(const std::string& directory) override {
    return inner_.list(directory);
  }
  result<bool> exists(const std::string& path) override { return inner_.exists(path); }
  result<void> create_directory(const std::string& path) override {
    return inner_.create_directory(path);
  }
  result<void> remove_file(const std::string& path) override;
  result<void> remove_all(const std::string& path) override;
  result<void> rename(const std::string& from, const std::string& to) override {
    return inner_.rename(from, to);
  }
  result<void> sync_directory(const std::string& directory) override;
  result<void> sync_filesystem(const std::string& directory) override;
  result<disk_space> space(const std::string& directory) override;
  result<std::unique_ptr<directory_lock>> lock_directory(const std::string& path) override {
    return inner_.lock_directory(path);
  }

 private:
  class gated_file;
  void pass(std::atomic<int>& counter);
  void await_release(held kind, const std::string& path);

  env& inner_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int waiting_ = 0;
  held holds_ = held::nothing;
  std::string held_part_;
  int held_now_ = 0;
  std::atomic<int> syncs_{0};
  std::atomic<int> filesystem_syncs_{0};
  std::atomic<bool> throw_at_write_{false};
  std::atomic<std::uint64_t> free_bytes_{1ull << 40};
};

}  // namespace troupe::testing
