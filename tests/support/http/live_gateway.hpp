// A whole broker with its gateway, in this process, on a free port of 127.0.0.1 and a directory of
// its own that goes when it does.
#pragma once

#include "actors/node.hpp"
#include "http/gateway.hpp"

#include <filesystem>
#include <future>
#include <memory>
#include <string>

namespace troupe::testing {

/// A directory with a name nobody else has, deleted with all that is in it.
class scratch_directory {
 public:
  scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  ~scratch_directory();

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Started when made, stopped when destroyed; throws where that fails. Owned by the test's thread.
class live_gateway {
 public:
  /// `time` is the gateway's; the node goes by the machine's.
  explicit live_gateway(http::gateway_config config = {}, const clock& time = system_clock(),
                        std::uint16_t port = 0);
  ~live_gateway();

  std::uint16_t port() const { return gateway_->port(); }
  std::string host() const;
  std::string cluster_id() const { return cluster_id_; }
  /// Begins to stop the gateway, not the node; ready when it has stopped.
  std::future<void> stop(std::chrono::milliseconds grace);

 private:
  scratch_directory directory_;
  std::shared_ptr<prometheus::Registry> metrics_;
  std::unique_ptr<node> node_;
  std::unique_ptr<http::gateway> gateway_;
  std::string cluster_id_;
  bool stopping_ = false;
};

/// One for all tests that need nothing special: made on first use, stopped after the last test.
live_gateway& shared_gateway();

}  // namespace troupe::testing
