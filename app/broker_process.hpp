// A broker as this process: one node and its gateway, from start to orderly stop.
#pragma once

#include "app/failure.hpp"
#include "runtime/config/broker_config.hpp"

namespace troupe::app {

/// Starts, prints where it listens, and serves until SIGTERM or SIGINT; then refuses new work,
/// lets requests in flight finish, syncs and closes the logs. A second signal ends the process at
/// once, as a crash would. Fails when the data directory or the port cannot be had.
attempt<void> run_broker(const broker_config& config);

}  // namespace troupe::app
