// What the gateway counts. Each loop counts for itself without locks; a flush adds that up in the
// registry, so that a request costs no look-up and no shared cache line.
#pragma once

#include "http/admission.hpp"
#include "http/exchange.hpp"
#include "http/gateway.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/metrics/metrics.hpp"

#include <array>
#include <memory>
#include <span>

namespace troupe::http {

/// Used on its loop only.
class gateway_metrics {
 public:
  /// For requests that found no route.
  static constexpr std::size_t no_route = static_cast<std::size_t>(-1);

  /// `routes` in the order of the router's indexes.
  gateway_metrics(metric_sources sources, std::span<const route> routes, const admission& inflight);
  ~gateway_metrics();

  void request_started() { change(kind::in_flight, 1); }
  /// `index` as the router gives it, or no_route.
  void request_done(std::size_t index, verb method, unsigned status, mono_duration took,
                    std::size_t bytes_in, std::size_t bytes_out);

  void connection_opened() { change(kind::connections, 1); }
  void connection_closed() { change(kind::connections, -1); }
  void connection_refused() { change(kind::refused, 1); }

  void websockets_changed(std::int64_t by) { change(kind::websockets, by); }
  void subscriptions_changed(std::int64_t by) { change(kind::subscriptions, by); }
  void stalled_subscribers_changed(std::int64_t by) { change(kind::stalled, by); }
  void frames_sent(std::int64_t count) { change(kind::frames_sent, count); }
  void frames_received(std::int64_t count) { change(kind::frames_received, count); }

  /// Adds what was counted since the last flush to the registry.
  void flush();
  /// flush(), and all metrics of the process in Prometheus' text format. On the client's loop.
  std::string text(broker_client& broker);

 private:
  struct route_counts;
  /// Indexes of changes_.
  enum class kind : std::uint8_t {
    in_flight,
    connections,
    refused,
    received,
    sent,
    websockets,
    subscriptions,
    stalled,
    frames_sent,
    frames_received
  };
  struct pending_change {
    metric of;
    std::int64_t by;
  };

  void change(kind what, std::int64_t by) { changes_[static_cast<std::size_t>(what)].by += by; }
  void add_route(std::string_view pattern);
  void flush_changes(bool all);

  const metric_sources sources_;
  const admission& inflight_;
  std::array<pending_change, 10> changes_;
  std::span<const double> bounds_;
  std::vector<std::unique_ptr<route_counts>> routes_;  ///< the last: no_route
};

}  // namespace troupe::http
