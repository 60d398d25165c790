// What is read at the moment somebody scrapes: sampling costs nothing until then, and an idle
// partition costs nothing at all.
#pragma once

#include "runtime/base/types.hpp"
#include "runtime/metrics/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <vector>

namespace troupe {

/// Collects values by metric. Owned by one thread, for the time of one scrape.
class metric_samples {
 public:
  /// REQUIRES a counter or gauge and the number of labels of the table. One call per series.
  void add(metric x, double value, label_values labels = {});
  /// In the order of the table.
  std::vector<prometheus::MetricFamily> take();

 private:
  std::vector<prometheus::MetricFamily> families_;  // by metric; without name: no sample yet
};

/// What there is to say of one partition.
struct partition_figures {
  offset_t log_start = 0;
  offset_t high_watermark = 0;
  offset_t log_end = 0;
  std::uint64_t size_bytes = 0;
  std::uint32_t segments = 0;
};

/// Adds nothing for a partition that never held a record.
void sample_partition(metric_samples& to, const topic_partition& which,
                      const partition_figures& figures);

/// A source of metrics for prometheus-cpp that asks `sampler` on every scrape. Thread-safe when
/// the sampler is.
class sampled_metrics final : public prometheus::Collectable {
 public:
  using sampler = std::function<void(metric_samples&)>;
  explicit sampled_metrics(sampler ask) : ask_(std::move(ask)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  sampler ask_;
};

/// Prometheus' text format of all sources together. REQUIRES that no two have the same metric.
std::string metrics_text(std::span<const std::shared_ptr<prometheus::Collectable>> sources);

}  // namespace troupe
