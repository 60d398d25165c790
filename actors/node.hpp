// A whole broker in this process, without gateways: loops, actors, data directory.
#pragma once

#include "actors/broker_client.hpp"
#include "runtime/config/broker_config.hpp"
#include "runtime/env/env.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}
namespace prometheus {
class Registry;
}

namespace troupe {

class cluster_links;

struct node_options {
  broker_config config;
  env* files = &posix_env();
  const clock* time = &system_clock();
  /// Where the node's metrics go; null: nowhere.
  std::shared_ptr<prometheus::Registry> metrics;
  /// Called, on some thread, when an actor has died whose death could lose state. Null: the
  /// process is ended.
  std::function<void(const std::string& why)> on_fatal;
};

/// A loop that runs, and the door to the broker for what runs on it.
struct node_loop {
  boost::asio::io_context* context = nullptr;
  broker_client* client = nullptr;
};

/// What opening the logs found.
struct node_recovery {
  std::size_t partitions = 0;
  std::size_t failed = 0;  ///< could not be opened; the others serve
  std::uint64_t scanned_bytes = 0;
  std::uint64_t rebuilt_indexes = 0;
  std::uint64_t torn_bytes = 0;
  std::uint64_t damaged_bytes = 0;
};

/// Owned by one thread, which is none of its loops. Contexts and clients live as long as the node;
/// after stop() the clients answer shutting_down and the contexts do not run.
class node {
 public:
  /// Locks the data directory, reads the metadata, recovers all logs, starts the loops. Errors:
  /// io_error, directory_in_use, unsupported_format, damaged_data, invalid_config; conflict when
  /// the cluster port cannot be opened.
  static result<std::unique_ptr<node>> start(node_options options);
  /// Stops, if that has not happened.
  virtual ~node() = default;

  /// One per loop, in the order of the loops.
  virtual std::vector<node_loop> loops() = 0;
  virtual const node_recovery& recovery() const = 0;
  /// The links to other nodes; null when `cluster-listen` is not set.
  virtual cluster_links* cluster() = 0;

  /// Refuses new requests, writes and syncs what was taken, closes the logs so that the next start
  /// need not recover, and ends loops and actors. What hangs on the contexts must have been told
  /// to stop before. The error says what is not clean: a log that failed, or `grace` that was too
  /// short. Idempotent.
  virtual result<void> stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace troupe
