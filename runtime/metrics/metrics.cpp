#include "runtime/metrics/metrics.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/metrics/labels.hpp"

#include <array>

namespace troupe {

namespace {

constexpr auto table = std::to_array<metric_info>({
#define TROUPE_METRIC_ROW(id, name, kind, labels, unit, help) \
  {metric::id, name, metric_kind::kind, labels, unit, help},
    TROUPE_METRICS(TROUPE_METRIC_ROW)
#undef TROUPE_METRIC_ROW
});

constexpr double seconds_buckets[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                      0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                      1,      2.5,     5,      10,    30,     60};
constexpr double count_buckets[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 2'000, 5'000};

// Registering the same name again finds the family that is there.
template <class Builder>
auto& family_of(prometheus::Registry& in, metric x, metric_kind kind, Builder builder) {
  const auto& info = info_of(x);
  troupe_assert(info.kind == kind, "{} is a {}", info.name, to_string(info.kind));
  return builder.Name(std::string{info.name}).Help(std::string{info.help}).Register(in);
}

}  // namespace

std::string_view to_string(metric_kind x) {
  constexpr std::string_view names[] = {"counter", "gauge", "histogram"};
  return names[static_cast<std::size_t>(x)];
}

std::span<const metric_info> metric_table() { return table; }

const metric_info& info_of(metric x) { return table[static_cast<std::size_t>(x)]; }

prometheus::Labels named_labels(metric x, label_values values) {
  prometheus::Labels labels;
  auto names = info_of(x).labels;
  for (auto value : values) {
    troupe_assert(!names.empty(), "{} has fewer labels", info_of(x).name);
    const auto comma = std::min(names.find(','), names.size());
    labels.emplace(names.substr(0, comma), value);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  troupe_assert(names.empty(), "{} has more labels", info_of(x).name);
  return labels;
}

prometheus::Counter& counter_of(prometheus::Registry& in, metric x, label_values labels) {
  auto& family = family_of(in, x, metric_kind::counter, prometheus::BuildCounter());
  return family.Add(named_labels(x, labels));
}

prometheus::Gauge& gauge_of(prometheus::Registry& in, metric x, label_values labels) {
  auto& family = family_of(in, x, metric_kind::gauge, prometheus::BuildGauge());
  return family.Add(named_labels(x, labels));
}

prometheus::Histogram& histogram_of(prometheus::Registry& in, metric x, label_values labels) {
  auto& family = family_of(in, x, metric_kind::histogram, prometheus::BuildHistogram());
  const auto bounds = buckets_of(x);
  return family.Add(named_labels(x, labels),
                    prometheus::Histogram::BucketBoundaries{bounds.begin(), bounds.end()});
}

std::span<const double> buckets_of(metric x) {
  if (info_of(x).unit == "seconds")
    return seconds_buckets;
  return count_buckets;
}

void remove_series(prometheus::Registry& in, metric x, prometheus::Counter& series) {
  family_of(in, x, metric_kind::counter, prometheus::BuildCounter()).Remove(&series);
}

}  // namespace troupe
