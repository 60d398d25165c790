#include "actors/topic_counters.hpp"

#include "runtime/metrics/metrics.hpp"

namespace troupe {

std::shared_ptr<topic_counters> topic_counters::make(std::shared_ptr<prometheus::Registry> metrics,
                                                     const std::string& topic) {
  if (metrics == nullptr)
    return nullptr;
  return std::make_shared<topic_counters>(std::move(metrics), topic);
}

topic_counters::topic_counters(std::shared_ptr<prometheus::Registry> metrics,
                               const std::string& topic)
    : metrics_(std::move(metrics)),
      produced_records_(counter_of(*metrics_, metric::produced_records, {topic})),
      produced_bytes_(counter_of(*metrics_, metric::produced_bytes, {topic})),
      fetched_records_(counter_of(*metrics_, metric::fetched_records, {topic})),
      fetched_bytes_(counter_of(*metrics_, metric::fetched_bytes, {topic})) {}

topic_counters::~topic_counters() {
  remove_series(*metrics_, metric::produced_records, produced_records_);
  remove_series(*metrics_, metric::produced_bytes, produced_bytes_);
  remove_series(*metrics_, metric::fetched_records, fetched_records_);
  remove_series(*metrics_, metric::fetched_bytes, fetched_bytes_);
}

void topic_counters::produced(std::int64_t records, std::size_t size) {
  produced_records_.Increment(static_cast<double>(records));
  produced_bytes_.Increment(static_cast<double>(size));
}

void topic_counters::fetched(std::int64_t records, std::size_t size) {
  fetched_records_.Increment(static_cast<double>(records));
  fetched_bytes_.Increment(static_cast<double>(size));
}

}  // namespace troupe
