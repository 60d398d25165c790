// Every metric of the program, in one table. Code names a metric by its enumerator, so a name that
// is not in the table does not compile; documents and dashboards are checked against the table.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

// X(enumerator, name, kind, labels, unit, help)
//
// kind: counter and gauge are kept in the registry or sampled when somebody scrapes (never both);
// histogram is kept. labels: their names, separated by commas. unit: empty for plain counts.
#define TROUPE_METRICS(X)                                                                          \
  /* broker */                                                                                     \
  X(build_info, "troupe_build_info", gauge, "version", "", "1; the version is in the label")       \
  X(ready, "troupe_ready", gauge, "", "", "1 when the broker takes requests")                      \
  X(topics, "troupe_topics", gauge, "", "", "Topics of the cluster")                               \
  X(partitions, "troupe_partitions", gauge, "", "", "Partitions of all topics")                    \
  X(disk_free_bytes, "troupe_disk_free_bytes", gauge, "", "bytes",                                 \
    "Free space of the file system with the data directory")                                       \
  X(disk_total_bytes, "troupe_disk_total_bytes", gauge, "", "bytes",                               \
    "Size of the file system with the data directory")                                             \
  X(disk_full, "troupe_disk_full", gauge, "", "",                                                  \
    "1 while produce is refused because free space is below the reserve")                          \
  X(log_directory_offline, "troupe_log_directory_offline", gauge, "", "",                          \
    "1 when a write or sync has failed and the data directory is out of service")                  \
  /* records */                                                                                    \
  X(produced_records, "troupe_produced_records_total", counter, "topic", "",                       \
    "Records appended to the log")                                                                 \
  X(produced_bytes, "troupe_produced_bytes_total", counter, "topic", "bytes",                      \
    "Bytes of the batches appended to the log")                                                    \
  X(fetched_records, "troupe_fetched_records_total", counter, "topic", "",                         \
    "Offsets covered by the batches that were read from the log")                                  \
  X(fetched_bytes, "troupe_fetched_bytes_total", counter, "topic", "bytes",                        \
    "Bytes of the batches that were read from the log")                                            \
  /* partitions; only those that have ever held a record */                                        \
  X(partition_high_watermark, "troupe_partition_high_watermark", gauge, "topic,partition", "",     \
    "Offset below which records are visible to consumers")                                         \
  X(partition_log_end_offset, "troupe_partition_log_end_offset", gauge, "topic,partition", "",     \
    "Offset the next record gets")                                                                 \
  X(partition_log_start_offset, "troupe_partition_log_start_offset", gauge, "topic,partition", "", \
    "Offset of the oldest record kept")                                                            \
  X(partition_size_bytes, "troupe_partition_size_bytes", gauge, "topic,partition", "bytes",        \
    "Size of the segments on disk")                                                                \
  X(partition_segments, "troupe_partition_segments", gauge, "topic,partition", "",                 \
    "Segments on disk")                                                                            \
  /* flusher and recovery */                                                                       \
  X(flush_duration, "troupe_flush_duration_seconds", histogram, "", "seconds",                     \
    "Time of one group commit")                                                                    \
  X(flush_partitions, "troupe_flush_partitions", histogram, "", "",                                \
    "Partitions that share one group commit")                                                      \
  X(recovery_duration, "troupe_recovery_duration_seconds", gauge, "", "seconds",                   \
    "Time the last start took to open all logs")                                                   \
  X(recovery_scanned_bytes, "troupe_recovery_scanned_bytes", gauge, "", "bytes",                   \
    "Read and checked batch by batch at the last start")                                           \
  X(recovery_torn_bytes, "troupe_recovery_torn_bytes", gauge, "", "bytes",                         \
    "Cut from the ends of logs at the last start: never acknowledged as durable")                  \
  X(recovery_damaged_bytes, "troupe_recovery_damaged_bytes", gauge, "", "bytes",                   \
    "Found damaged at the last start below what was durable: kept, not served")                    \
  X(recovery_rebuilt_indexes, "troupe_recovery_rebuilt_indexes", gauge, "", "",                    \
    "Indexes made anew at the last start")                                                         \
  /* HTTP */                                                                                       \
  X(http_requests, "troupe_http_requests_total", counter, "method,route,code", "",                 \
    "HTTP requests answered")                                                                      \
  X(http_request_duration, "troupe_http_request_duration_seconds", histogram, "route", "seconds",  \
    "Time from the last byte of a request's head to the last byte of its answer")                  \
  X(http_requests_in_flight, "troupe_http_requests_in_flight", gauge, "", "",                      \
    "HTTP requests begun and not answered")                                                        \
  X(http_in_flight_bytes, "troupe_http_in_flight_bytes", gauge, "", "bytes",                       \
    "Bodies of requests and answers held at the moment")                                           \
  X(http_connections, "troupe_http_connections", gauge, "", "", "Open HTTP connections")           \
  X(http_connections_refused, "troupe_http_connections_refused_total", counter, "", "",            \
    "Connections above the limit")                                                                 \
  X(http_received_bytes, "troupe_http_received_bytes_total", counter, "", "bytes",                 \
    "Bytes of request bodies")                                                                     \
  X(http_sent_bytes, "troupe_http_sent_bytes_total", counter, "", "bytes",                         \
    "Bytes of answers, heads included")                                                            \
  /* WebSocket */                                                                                  \
  X(websocket_connections, "troupe_websocket_connections", gauge, "", "", "Open WebSockets")       \
  X(websocket_subscriptions, "troupe_websocket_subscriptions", gauge, "", "",                      \
    "Partitions read by WebSockets, counted once per socket")                                      \
  X(websocket_frames_sent, "troupe_websocket_frames_sent_total", counter, "", "",                  \
    "Frames sent to WebSockets")                                                                   \
  X(websocket_frames_received, "troupe_websocket_frames_received_total", counter, "", "",          \
    "Frames received from WebSockets")                                                             \
  X(websocket_stalled_subscribers, "troupe_websocket_stalled_subscribers", gauge, "", "",          \
    "Subscriptions whose client does not read as fast as records come")                            \
  /* process; the names Prometheus clients share */                                                \
  X(process_cpu_seconds, "process_cpu_seconds_total", counter, "", "seconds",                      \
    "CPU time of the process, user and system")                                                    \
  X(process_resident_bytes, "process_resident_memory_bytes", gauge, "", "bytes",                   \
    "Resident memory of the process")                                                              \
  X(process_virtual_bytes, "process_virtual_memory_bytes", gauge, "", "bytes",                     \
    "Virtual memory of the process")                                                               \
  X(process_open_fds, "process_open_fds", gauge, "", "", "Open file descriptors")                  \
  X(process_max_fds, "process_max_fds", gauge, "", "", "Most file descriptors that may be open")   \
  X(process_start_time, "process_start_time_seconds", gauge, "", "seconds",                        \
    "When the process started, since the Unix epoch")

enum class metric : std::uint8_t {
#define TROUPE_METRIC_VALUE(id, name, kind, labels, unit, help) id,
  TROUPE_METRICS(TROUPE_METRIC_VALUE)
#undef TROUPE_METRIC_VALUE
};

enum class metric_kind : std::uint8_t { counter, gauge, histogram };
std::string_view to_string(metric_kind x);

/// What the table says of one metric.
struct metric_info {
  metric id;
  std::string_view name;
  metric_kind kind;
  std::string_view labels;  ///< names, separated by commas
  std::string_view unit;
  std::string_view help;
};

std::span<const metric_info> metric_table();
const metric_info& info_of(metric x);

// -- metrics kept in a registry ---------------------------------------------------

/// Values of a metric's labels, in the order of the table.
using label_values = std::initializer_list<std::string_view>;

/// The one time series of `x` with these labels, made on the first call. REQUIRES the kind and the
/// number of labels of the table. Thread-safe; takes a lock, so hot paths keep the reference, which
/// stays good as long as the registry, unless it is removed.
prometheus::Counter& counter_of(prometheus::Registry& in, metric x, label_values labels = {});
prometheus::Gauge& gauge_of(prometheus::Registry& in, metric x, label_values labels = {});
prometheus::Histogram& histogram_of(prometheus::Registry& in, metric x, label_values labels = {});
/// Upper bounds of the buckets of a histogram, ascending.
std::span<const double> buckets_of(metric x);

/// Ends a time series (a topic was deleted); nobody may use the reference any more.
void remove_series(prometheus::Registry& in, metric x, prometheus::Counter& series);

}  // namespace troupe
