#include "runtime/metrics/metrics.hpp"

#include "runtime/metrics/metric_samples.hpp"
#include "runtime/metrics/process_metrics.hpp"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <set>

namespace troupe {
namespace {

std::string text_of(const prometheus::Registry& registry) {
  return prometheus::TextSerializer{}.Serialize(registry.Collect());
}

std::string text_of(metric_samples& samples) {
  return prometheus::TextSerializer{}.Serialize(samples.take());
}

// https://prometheus.io/docs/practices/naming: counters end in _total, units are base units.
TEST(MetricTable, FollowsTheConventionsOfPrometheus) {
  std::set<std::string_view> names;
  for (const auto& row : metric_table()) {
    const std::string name{row.name};
    EXPECT_TRUE(names.insert(row.name).second) << name;
    EXPECT_TRUE(name.starts_with("troupe_") || name.starts_with("process_")) << name;
    EXPECT_EQ(name.ends_with("_total"), row.kind == metric_kind::counter) << name;
    EXPECT_TRUE(row.unit.empty() || name.find(row.unit) != std::string::npos) << name;
    EXPECT_EQ(row.labels.find_first_not_of("abcdefghijklmnopqrstuvwxyz_,"), row.labels.npos);
    EXPECT_FALSE(row.help.empty() || row.help.ends_with('.')) << name;
    EXPECT_EQ(&info_of(row.id), &row);
  }
}

TEST(Metrics, SeriesOfTheTableAppearInTheText) {
  prometheus::Registry registry;
  counter_of(registry, metric::produced_records, {"orders"}).Increment(3);
  gauge_of(registry, metric::http_connections).Set(2);
  histogram_of(registry, metric::flush_duration).Observe(0.003);
  const auto text = text_of(registry);
  EXPECT_NE(text.find("troupe_produced_records_total{topic=\"orders\"} 3"), std::string::npos);
  EXPECT_NE(text.find("troupe_http_connections 2"), std::string::npos);
  EXPECT_NE(text.find("troupe_flush_duration_seconds_bucket{le=\"0.005\"} 1"), std::string::npos);
  EXPECT_NE(text.find("# HELP troupe_flush_duration_seconds Time of one group commit"),
            std::string::npos);
}

TEST(Metrics, SameLabelsAreTheSameSeries) {
  prometheus::Registry registry;
  auto& first = counter_of(registry, metric::http_requests, {"GET", "/topics", "200"});
  auto& again = counter_of(registry, metric::http_requests, {"GET", "/topics", "200"});
  auto& other = counter_of(registry, metric::http_requests, {"GET", "/topics", "404"});
  EXPECT_EQ(&first, &again);
  EXPECT_NE(&first, &other);
}

TEST(Metrics, RemovedSeriesIsGone) {
  prometheus::Registry registry;
  auto& series = counter_of(registry, metric::produced_bytes, {"old"});
  remove_series(registry, metric::produced_bytes, series);
  EXPECT_EQ(text_of(registry).find("old"), std::string::npos);
}

TEST(MetricsDeathTest, WrongKindOrLabelsAbort) {
  prometheus::Registry registry;
  EXPECT_DEATH(gauge_of(registry, metric::produced_records, {"t"}), "is a counter");
  EXPECT_DEATH(counter_of(registry, metric::produced_records), "has more labels");
  EXPECT_DEATH(counter_of(registry, metric::produced_records, {"t", "u"}), "has fewer labels");
}

TEST(MetricSamples, PartitionThatNeverHeldARecordHasNoSeries) {
  metric_samples samples;
  sample_partition(samples, {"idle", partition_id{0}}, {});
  EXPECT_TRUE(samples.take().empty());
}

TEST(MetricSamples, PartitionSaysItsFigures) {
  metric_samples samples;
  sample_partition(samples, {"orders", partition_id{3}}, {5, 40, 42, 9'000, 2});
  const auto text = text_of(samples);
  for (const auto* line : {"troupe_partition_log_start_offset{partition=\"3\",topic=\"orders\"} 5",
                           "troupe_partition_high_watermark{partition=\"3\",topic=\"orders\"} 40",
                           "troupe_partition_log_end_offset{partition=\"3\",topic=\"orders\"} 42",
                           "troupe_partition_size_bytes{partition=\"3\",topic=\"orders\"} 9000",
                           "troupe_partition_segments{partition=\"3\",topic=\"orders\"} 2"})
    EXPECT_NE(text.find(line), std::string::npos) << line << '\n' << text;
}

TEST(MetricSamples, EverySourceIsInOneText) {
  auto registry = std::make_shared<prometheus::Registry>();
  gauge_of(*registry, metric::http_connections).Set(1);
  auto sampled =
      std::make_shared<sampled_metrics>([](metric_samples& to) { to.add(metric::disk_full, 1); });
  const std::shared_ptr<prometheus::Collectable> sources[] = {registry, sampled};
  const auto text = metrics_text(sources);
  EXPECT_NE(text.find("troupe_http_connections 1"), std::string::npos);
  EXPECT_NE(text.find("troupe_disk_full 1"), std::string::npos);
}

TEST(ProcessMetrics, ComeFromTheKernel) {
  manual_clock time;
  metric_samples samples;
  process_metrics{time}.sample(posix_env(), samples);
  const auto families = samples.take();
  ASSERT_EQ(families.size(), 6u);
  for (const auto& family : families) {
    const auto& series = family.metric.at(0);
    EXPECT_GT(series.gauge.value + series.counter.value, 0) << family.name;
  }
}

}  // namespace
}  // namespace troupe
