#include "http/broker_metrics.hpp"

#include "actors/broker_client.hpp"

namespace troupe::http {

void sample_broker(broker_client& broker, metric_samples& to) {
  auto status = broker.status();
  to.add(metric::ready, status.ready ? 1 : 0);
  to.add(metric::disk_full, status.disk_full ? 1 : 0);
  to.add(metric::log_directory_offline, status.failed ? 1 : 0);
  to.add(metric::disk_free_bytes, static_cast<double>(status.space.free_bytes));
  to.add(metric::disk_total_bytes, static_cast<double>(status.space.total_bytes));
  auto image = broker.metadata();
  std::size_t partitions = 0;
  for (const auto& [name, topic] : image->topics)
    partitions += topic->partitions.size();
  to.add(metric::topics, static_cast<double>(image->topics.size()));
  to.add(metric::partitions, static_cast<double>(partitions));
  for (const auto& x : broker.partitions())
    sample_partition(to, x.id,
                     {x.log_start, x.high_watermark, x.log_end, x.size_bytes, x.segments});
}

}  // namespace troupe::http
