#include "http/gateway_metrics.hpp"

#include <boost/beast/http/verb.hpp>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::http {

namespace {

/// Upper bounds of the duration histogram, in seconds.
const std::vector<double> duration_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                          0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5,
                                          5,      10,      30,     60};

std::string method_label(verb method) {
  return method == verb::unknown ? "other" : std::string{boost::beast::http::to_string(method)};
}

}  // namespace

struct gateway_metrics::families {
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Histogram>& durations;
  prometheus::Gauge& in_flight;
  prometheus::Gauge& connections;
  prometheus::Counter& refused;
  prometheus::Counter& received;
  prometheus::Counter& sent;

  explicit families(prometheus::Registry& in);
};

namespace {

template <class Builder>
auto& family(Builder builder, const char* name, const char* help, prometheus::Registry& in) {
  return builder.Name(name).Help(help).Register(in);
}

}  // namespace

gateway_metrics::families::families(prometheus::Registry& in)
    : requests(family(prometheus::BuildCounter(), "troupe_http_requests_total",
                      "HTTP requests answered", in)),
      durations(family(prometheus::BuildHistogram(), "troupe_http_request_duration_seconds",
                       "Time from the last byte of a request's head to the last byte of its answer",
                       in)),
      in_flight(family(prometheus::BuildGauge(), "troupe_http_requests_in_flight",
                       "HTTP requests begun and not answered", in)
                    .Add({})),
      connections(family(prometheus::BuildGauge(), "troupe_http_connections",
                         "Open HTTP connections", in)
                      .Add({})),
      refused(family(prometheus::BuildCounter(), "troupe_http_connections_refused_total",
                     "Connections above the limit", in)
                  .Add({})),
      received(family(prometheus::BuildCounter(), "troupe_http_received_bytes_total",
                      "Bytes of request bodies", in)
                   .Add({})),
      sent(family(prometheus::BuildCounter(), "troupe_http_sent_bytes_total",
                  "Bytes of answers, heads included", in)
               .Add({})) {}

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
  std::vector<double> buckets = std::vector<double>(duration_bounds.size() + 1);
  double seconds = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  bool changed = false;
};

gateway_metrics::gateway_metrics(std::shared_ptr<prometheus::Registry> registry,
                                 std::span<const route> routes)
    : registry_(std::move(registry)), families_(std::make_unique<families>(*registry_)) {
  auto add = [this](std::string_view pattern) {
    auto counts = std::make_unique<route_counts>();
    counts->route = pattern;
    counts->durations = &families_->durations.Add({{"route", counts->route}}, duration_bounds);
    routes_.push_back(std::move(counts));
  };
  for (const auto& x : routes)
    add(x.pattern);
  add("none");
}

gateway_metrics::~gateway_metrics() = default;

void gateway_metrics::request_done(std::size_t index, verb method, unsigned status,
                                   mono_duration took, std::size_t bytes_in,
                                   std::size_t bytes_out) {
  auto& counts = *routes_[std::min(index, routes_.size() - 1)];
  auto same = [=](const auto& x) { return x.code == status && x.method == method; };
  auto code = std::find_if(counts.codes.begin(), counts.codes.end(), same);
  if (code == counts.codes.end()) {
    auto& total = families_->requests.Add({{"method", method_label(method)},
                                           {"route", counts.route},
                                           {"code", std::to_string(status)}});
    code = counts.codes.insert(code, {method, status, &total});
  }
  ++code->count;
  double seconds = std::chrono::duration<double>(took).count();
  auto bucket = std::lower_bound(duration_bounds.begin(), duration_bounds.end(), seconds);
  ++counts.buckets[static_cast<std::size_t>(bucket - duration_bounds.begin())];
  counts.seconds += seconds;
  counts.bytes_in += bytes_in;
  counts.bytes_out += bytes_out;
  counts.changed = true;
  --in_flight_;
}

void gateway_metrics::flush() {
  for (auto& x : routes_) {
    if (!std::exchange(x->changed, false))
      continue;
    for (auto& code : x->codes)
      code.total->Increment(static_cast<double>(std::exchange(code.count, 0)));
    x->durations->ObserveMultiple(x->buckets, std::exchange(x->seconds, 0));
    std::fill(x->buckets.begin(), x->buckets.end(), 0);
    families_->received.Increment(static_cast<double>(std::exchange(x->bytes_in, 0)));
    families_->sent.Increment(static_cast<double>(std::exchange(x->bytes_out, 0)));
  }
  families_->in_flight.Increment(static_cast<double>(std::exchange(in_flight_, 0)));
  families_->connections.Increment(static_cast<double>(std::exchange(connections_, 0)));
  families_->refused.Increment(static_cast<double>(std::exchange(refused_, 0)));
}

std::string gateway_metrics::text() {
  flush();
  return prometheus::TextSerializer{}.Serialize(registry_->Collect());
}

}  // namespace troupe::http
