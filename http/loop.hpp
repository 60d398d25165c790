// One loop of the gateway: what its connections share, and its clockwork.
#pragma once

#include "http/connection_set.hpp"
#include "http/gateway_config.hpp"
#include "http/gateway_metrics.hpp"
#include "http/poller.hpp"
#include "http/router.hpp"

namespace troupe::http {

/// What all loops of a gateway share. Thread-safe: constant, or atomic.
struct gateway_shared {
  gateway_shared(gateway_config settings, metric_sources sources);

  const gateway_config config;
  const router routes;
  const metric_sources metrics;
  admission inflight;
};

/// Used on its loop only, except for the constructor. Kept alive by its connections.
class loop : public std::enable_shared_from_this<loop> {
 public:
  loop(std::shared_ptr<gateway_shared> gateway, const loop_executor& executor,
       broker_client& broker, const clock& time);

  /// Starts the clockwork.
  void start();
  /// Serves an accepted, non-blocking socket. Without a permit it is told that the broker is full.
  void serve(int fd, connection_permit permit);
  /// Finishes connections, answers 503 to what is not complete shortly before the end of `grace`,
  /// cuts what is left after it, then calls `done` on this loop.
  void stop(std::chrono::milliseconds grace, std::function<void()> done);

  connection_services& services() { return services_; }
  /// Keeps the loop alive.
  std::shared_ptr<connection_set> connections() { return {shared_from_this(), &connections_}; }
  const router& routes() const { return gateway_->routes; }
  const std::shared_ptr<poller>& events() const { return events_; }

  /// "Date: Sun, 22 Nov 2026 14:56:34 GMT\r\n", at most a tick old.
  std::string_view date_header() const { return date_header_; }
  /// A new request id: short, and distinct within a cluster for all practical purposes.
  void make_request_id(std::string& into);

  /// Whether a failure may have a line in the log now; those that may not are counted.
  bool may_log_failure();

  /// Connections being told that there are too many; above a bound they are closed unheard.
  std::size_t refused = 0;

 private:
  void wait_tick();
  void on_tick();
  void look_at_metadata();
  void finish(std::function<void()> done);

  std::shared_ptr<gateway_shared> gateway_;
  rng random_;
  gateway_metrics metrics_;
  connection_services services_;
  connection_set connections_;
  std::shared_ptr<poller> events_;
  loop_timer tick_;
  loop_timer last_call_;
  loop_timer grace_;
  image_ptr image_;  ///< the connections have been told of
  std::string date_header_;
  timestamp_ms date_second_ = -1;
  std::string id_prefix_;
  std::uint64_t next_id_ = 0;
  std::size_t failure_lines_ = 0;  ///< wished for in this second
  bool stopped_ = false;
};

}  // namespace troupe::http
