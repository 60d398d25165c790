// What the gateway counts. Each loop counts for itself without locks; a flush adds that up in the
// registry, so that a request costs no look-up and no shared cache line.
#pragma once

#include "http/exchange.hpp"
#include "runtime/base/clock.hpp"

#include <memory>
#include <span>

namespace prometheus {
class Registry;
}

namespace troupe::http {

/// Used on its loop only.
class gateway_metrics {
 public:
  /// For requests that found no route.
  static constexpr std::size_t no_route = static_cast<std::size_t>(-1);

  gateway_metrics(std::shared_ptr<prometheus::Registry> registry, std::span<const route> routes);
  ~gateway_metrics();

  void request_started() { ++in_flight_; }
  /// `index` as the router gives it, or no_route.
  void request_done(std::size_t index, verb method, unsigned status, mono_duration took,
                    std::size_t bytes_in, std::size_t bytes_out);
  void connection_opened() { ++connections_; }
  void connection_closed() { --connections_; }
  void connection_refused() { ++refused_; }

  /// Adds what was counted since the last flush to the registry.
  void flush();
  /// flush(), and the whole registry in Prometheus' text format.
  std::string text();

 private:
  struct route_counts;
  struct families;

  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<families> families_;
  std::vector<std::unique_ptr<route_counts>> routes_;  ///< the last: no_route
  std::int64_t in_flight_ = 0;    ///< change since the last flush
  std::int64_t connections_ = 0;  ///< likewise
  std::uint64_t refused_ = 0;
};

}  // namespace troupe::http
