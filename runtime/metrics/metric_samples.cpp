#include "runtime/metrics/metric_samples.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/metrics/labels.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>

namespace troupe {

void metric_samples::add(metric x, double value, label_values labels) {
  const auto& info = info_of(x);
  troupe_assert(info.kind != metric_kind::histogram, "{}", info.name);
  if (families_.empty())
    families_.resize(metric_table().size());
  auto& family = families_[static_cast<std::size_t>(x)];
  const bool counts = info.kind == metric_kind::counter;
  if (family.name.empty()) {
    family.name = info.name;
    family.help = info.help;
    family.type = counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  }
  auto& series = family.metric.emplace_back();
  for (auto& [name, text] : named_labels(x, labels))
    series.label.push_back({name, text});
  (counts ? series.counter.value : series.gauge.value) = value;
}

std::vector<prometheus::MetricFamily> metric_samples::take() {
  auto families = std::move(families_);
  families_.clear();
  std::erase_if(families, [](const auto& family) { return family.name.empty(); });
  return families;
}

void sample_partition(metric_samples& to, const topic_partition& which,
                      const partition_figures& figures) {
  if (figures.log_end == 0)
    return;
  const auto number = std::to_string(value_of(which.partition));
  const label_values labels{which.topic, number};
  to.add(metric::partition_high_watermark, static_cast<double>(figures.high_watermark), labels);
  to.add(metric::partition_log_end_offset, static_cast<double>(figures.log_end), labels);
  to.add(metric::partition_log_start_offset, static_cast<double>(figures.log_start), labels);
  to.add(metric::partition_size_bytes, static_cast<double>(figures.size_bytes), labels);
  to.add(metric::partition_segments, static_cast<double>(figures.segments), labels);
}

std::vector<prometheus::MetricFamily> sampled_metrics::Collect() const {
  metric_samples samples;
  ask_(samples);
  return samples.take();
}

std::string metrics_text(std::span<const std::shared_ptr<prometheus::Collectable>> sources) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& source : sources)
    std::ranges::move(source->Collect(), std::back_inserter(families));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace troupe
