// The counters of one topic in the metrics registry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace prometheus {
class Counter;
class Registry;
}  // namespace prometheus

namespace troupe {

/// Shared by the partitions of a topic. Thread-safe. The series end with the last holder, so that
/// a deleted topic leaves nothing behind.
class topic_counters {
 public:
  /// Null when `metrics` is null.
  static std::shared_ptr<topic_counters> make(std::shared_ptr<prometheus::Registry> metrics,
                                              const std::string& topic);
  topic_counters(std::shared_ptr<prometheus::Registry> metrics, const std::string& topic);
  ~topic_counters();
  topic_counters(const topic_counters&) = delete;
  topic_counters& operator=(const topic_counters&) = delete;

  void produced(std::int64_t records, std::size_t bytes);
  void fetched(std::int64_t records, std::size_t bytes);

 private:
  std::shared_ptr<prometheus::Registry> metrics_;
  prometheus::Counter& produced_records_;
  prometheus::Counter& produced_bytes_;
  prometheus::Counter& fetched_records_;
  prometheus::Counter& fetched_bytes_;
};

}  // namespace troupe
