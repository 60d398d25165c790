// What the broker says of itself, as metrics sampled while somebody scrapes.
#pragma once

#include "runtime/metrics/metric_samples.hpp"

namespace troupe {
class broker_client;
}

namespace troupe::http {

/// Adds readiness, disk, topics and partitions. On the loop of the client.
void sample_broker(broker_client& broker, metric_samples& to);

}  // namespace troupe::http
