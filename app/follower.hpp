// A subscription that outlives its connection.
#pragma once

#include "app/subscription.hpp"

#include <functional>
#include <map>
#include <optional>

namespace troupe::app {

/// Remembers the next offset of every partition and, when the connection is lost, connects again
/// and goes on there: every record once, in order. Owned by one thread.
class follower {
 public:
  struct options {
    server_url server;
    subscription_options what;
    bool reconnect = true;
    /// Asked while it waits for the broker; true ends the waiting.
    std::function<bool()> enough = [] { return false; };
  };

  /// `start`: where partitions begin that are known already, for a loss before their first record.
  follower(options chosen, std::map<std::int32_t, offset_t> start)
      : options_(std::move(chosen)), next_(std::move(start)) {}

  /// The first connection; it is not tried twice.
  attempt<void> open();
  /// As of a subscription. A lost connection is reported on stderr and made again, with growing
  /// pauses, for as long as it takes; it is a failure only without `reconnect`.
  attempt<void> poll(std::chrono::milliseconds wait, const subscription_events& events);
  void close();

 private:
  attempt<void> connect_again(const failure& why);
  attempt<void> resume();

  options options_;
  std::map<std::int32_t, offset_t> next_;  // by partition; what is below was handed on
  std::optional<subscription> current_;
};

}  // namespace troupe::app
