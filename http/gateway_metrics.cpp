#include "http/gateway_metrics.hpp"

#include "http/broker_metrics.hpp"
#include "runtime/metrics/metrics.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <utility>

namespace troupe::http {

namespace {

std::string_view method_label(verb method) {
  return method == verb::unknown ? "other" : boost::beast::http::to_string(method);
}

}  // namespace

/// Counted since the last flush, of one route.
struct gateway_metrics::route_counts {
  struct by_code {
    verb method;
    unsigned code;
    prometheus::Counter* total;
    std::uint64_t count = 0;
  };

  std::string route;
  std::vector<by_code> codes;
  prometheus::Histogram* durations = nullptr;
  std::vector<double> buckets;
  double seconds = 0;
  bool changed = false;
};

gateway_metrics::gateway_metrics(metric_sources sources, std::span<const route> routes,
                                 const admission& inflight)
    : sources_(std::move(sources)),
      inflight_(inflight),
      changes_{{
          {metric::http_requests_in_flight, 0},
          {metric::http_connections, 0},
          {metric::http_connections_refused, 0},
          {metric::http_received_bytes, 0},
          {metric::http_sent_bytes, 0},
          {metric::websocket_connections, 0},
          {metric::websocket_subscriptions, 0},
          {metric::websocket_stalled_subscribers, 0},
          {metric::websocket_frames_sent, 0},
          {metric::websocket_frames_received, 0},
      }},
      bounds_(buckets_of(metric::http_request_duration)) {
  for (const auto& x : routes)
    add_route(x.pattern);
  add_route("none");
  flush_changes(true);
}

gateway_metrics::~gateway_metrics() = default;

void gateway_metrics::add_route(std::string_view pattern) {
  auto counts = std::make_unique<route_counts>();
  counts->route = pattern;
  counts->buckets.resize(bounds_.size() + 1);
  routes_.push_back(std::move(counts));
}

void gateway_metrics::request_done(std::size_t index, verb method, unsigned status,
                                   mono_duration took, std::size_t bytes_in,
                                   std::size_t bytes_out) {
  auto& counts = *routes_[std::min(index, routes_.size() - 1)];
  auto same = [=](const auto& x) { return x.code == status && x.method == method; };
  auto code = std::find_if(counts.codes.begin(), counts.codes.end(), same);
  if (code == counts.codes.end()) {
    auto& total = counter_of(*sources_.registry, metric::http_requests,
                             {method_label(method), counts.route, std::to_string(status)});
    code = counts.codes.insert(code, {method, status, &total});
  }
  ++code->count;
  double seconds = std::chrono::duration<double>(took).count();
  auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), seconds);
  ++counts.buckets[static_cast<std::size_t>(bucket - bounds_.begin())];
  counts.seconds += seconds;
  counts.changed = true;
  change(kind::received, static_cast<std::int64_t>(bytes_in));
  change(kind::sent, static_cast<std::int64_t>(bytes_out));
  change(kind::in_flight, -1);
}

void gateway_metrics::flush() {
  flush_changes(false);
  for (auto& x : routes_) {
    if (!std::exchange(x->changed, false))
      continue;
    for (auto& code : x->codes)
      code.total->Increment(static_cast<double>(std::exchange(code.count, 0)));
    if (x->durations == nullptr)
      x->durations = &histogram_of(*sources_.registry, metric::http_request_duration, {x->route});
    x->durations->ObserveMultiple(x->buckets, std::exchange(x->seconds, 0));
    std::fill(x->buckets.begin(), x->buckets.end(), 0);
  }
}

/// `all`: also what has not changed, so that it is there with 0 from the start.
void gateway_metrics::flush_changes(bool all) {
  for (auto& x : changes_) {
    if (x.by == 0 && !all)
      continue;
    auto by = static_cast<double>(std::exchange(x.by, 0));
    if (info_of(x.of).kind == metric_kind::counter)
      counter_of(*sources_.registry, x.of).Increment(by);
    else
      gauge_of(*sources_.registry, x.of).Increment(by);
  }
}

std::string gateway_metrics::text(broker_client& broker) {
  flush();
  auto gateway = [&](metric_samples& to) {
    sample_broker(broker, to);
    to.add(metric::http_in_flight_bytes, static_cast<double>(inflight_.bytes()));
  };
  auto sources = sources_.sampled;
  sources.push_back(sources_.registry);
  sources.push_back(std::make_shared<sampled_metrics>(gateway));
  return metrics_text(sources);
}

}  // namespace troupe::http
