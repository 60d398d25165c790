#include "app/broker_process.hpp"

#include "actors/node.hpp"
#include "app/output.hpp"
#include "app/stop_signal.hpp"
#include "app/units.hpp"
#include "http/gateway.hpp"
#include "runtime/env/env.hpp"
#include "runtime/metrics/process_metrics.hpp"

#include <prometheus/registry.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <future>

namespace troupe::app {

namespace {

using std::chrono::milliseconds;

/// Every connection and every open segment is a descriptor; the usual soft limit of 1,024 is for
/// programs that still call select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

http::gateway_config gateway_settings(const broker_config& from) {
  http::gateway_config to;
  to.host = from.http.host;
  to.port = from.http.port;
  to.allowed_origins = from.allowed_origins;
  to.body_bytes_max = from.body_bytes_max;
  to.connections_max = from.connections_max;
  to.inflight_bytes_max = from.inflight_bytes_max;
  to.header_timeout = from.header_timeout;
  to.body_timeout = from.body_timeout;
  to.idle_timeout = from.idle_timeout;
  to.body_rate_min = from.body_rate_min;
  to.request_timeout = from.request_timeout;
  to.access_log = from.access_log;
  to.broker_settings = from.given;
  return to;
}

failure cannot_start(const error& why, const broker_config& config) {
  std::string advice;
  switch (why.code) {
    case errc::directory_in_use:
      advice = " Another broker runs on it; stop that one or choose another --data-dir.";
      break;
    case errc::unsupported_format:
      advice =
          " It was written by a newer version of troupe; run that version, or choose another "
          "--data-dir.";
      break;
    case errc::invalid_config: return {exit_usage, why.message};
    case errc::conflict: return {exit_failed, why.message};
    default:
      advice =
          " Check that it is a directory this user may write to, on a working disk with free "
          "space, or choose another --data-dir.";
  }
  return {exit_failed, fmt::format("cannot use the data directory '{}': {}.{}", config.data_dir,
                                   why.message, advice)};
}

failure cannot_listen(const error& why) {
  if (why.code == errc::invalid_parameter)
    return {exit_usage, why.message +
                            " Give --http an address of this machine, such as 127.0.0.1:8082, or "
                            "0.0.0.0:8082 for all of them."};
  return {exit_failed, why.message +
                           " Is the address one of this machine, and no other program on the port? "
                           "Choose another with --http HOST:PORT."};
}

void report_recovery(const node& broker, std::chrono::nanoseconds time) {
  const auto& found = broker.recovery();
  spdlog::info("opened {} partitions in {}", found.partitions, as_duration(time));
  if (found.torn_bytes > 0)
    spdlog::info("cut {} of records that were never acknowledged as durable",
                 as_size(static_cast<double>(found.torn_bytes)));
  if (found.damaged_bytes > 0 || found.failed > 0)
    spdlog::error("{} of damaged data is kept and not served; {} partitions cannot be opened",
                  as_size(static_cast<double>(found.damaged_bytes)), found.failed);
}

/// Lets requests in flight finish.
void stop_gateway(http::gateway& gateway, milliseconds grace) {
  std::promise<void> stopped;
  gateway.stop(grace, [&stopped] { stopped.set_value(); });
  stopped.get_future().wait();
}

attempt<void> stop(http::gateway& gateway, node& broker, milliseconds grace) {
  spdlog::info("stopping: requests in flight have {}", as_duration(grace));
  stopwatch time;
  stop_gateway(gateway, grace);
  // The logs get what is left, and at least as long as one sync may take.
  auto left = grace - std::chrono::duration_cast<milliseconds>(time.elapsed());
  auto stopped = broker.stop(std::max(left, milliseconds(1'000)));
  if (!stopped)
    return failure{exit_failed, fmt::format("the stop was not clean: {}. The next start recovers.",
                                            stopped.error().message)};
  spdlog::info("stopped in {}; everything is on disk", as_duration(time.elapsed()));
  return {};
}

/// What the broker says of its process and build.
std::shared_ptr<prometheus::Collectable> process_samples() {
  auto process = std::make_shared<process_metrics>(system_clock());
  return std::make_shared<sampled_metrics>([process](metric_samples& to) {
    process->sample(posix_env(), to);
    to.add(metric::build_info, 1, {TROUPE_VERSION});
  });
}

}  // namespace

attempt<void> run_broker(const broker_config& config) {
  raise_descriptor_limit();
  watch_stop_signals();
  stopwatch opening;
  auto metrics = std::make_shared<prometheus::Registry>();
  node_options options;
  options.config = config;
  options.metrics = metrics;
  auto broker = node::start(std::move(options));
  if (!broker)
    return cannot_start(broker.error(), config);
  report_recovery(**broker, opening.elapsed());

  std::vector<http::gateway_loop> loops;
  for (auto& loop : (*broker)->loops())
    loops.push_back({loop.context, loop.client});
  auto gateway = http::gateway::start(gateway_settings(config), loops,
                                      {metrics, {process_samples()}}, system_clock());
  if (!gateway) {
    (void)(*broker)->stop(config.shutdown_grace);
    return cannot_listen(gateway.error());
  }
  auto address = config.http;
  address.port = (*gateway)->port();
  print_out("troupe listens on http://{}, node {}, data in {}\n", to_string(address),
            value_of(config.id), config.data_dir);
  flush_out();
  wait_for_stop_signal();
  return stop(**gateway, **broker, config.shutdown_grace);
}

}  // namespace troupe::app
