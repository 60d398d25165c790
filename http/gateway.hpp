// The HTTP and WebSocket gateway: listens, accepts, serves.
#pragma once

#include "http/gateway_config.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/errors.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace troupe {
class broker_client;
}
namespace prometheus {
class Collectable;
class Registry;
}  // namespace prometheus

namespace troupe::http {

/// One loop the gateway may use: it is run by somebody else, and its client is used only there.
struct gateway_loop {
  boost::asio::io_context* context = nullptr;
  broker_client* client = nullptr;
};

/// Where the gateway counts, and what /metrics shows beside that and the broker's own status, which
/// the gateway samples itself.
struct metric_sources {
  std::shared_ptr<prometheus::Registry> registry;
  std::vector<std::shared_ptr<prometheus::Collectable>> sampled;

  metric_sources(std::shared_ptr<prometheus::Registry> kept,
                 std::vector<std::shared_ptr<prometheus::Collectable>> asked = {})
      : registry(std::move(kept)), sampled(std::move(asked)) {}
};

/// Thread-safe. Connections are spread over the loops round robin and stay where they are.
class gateway {
 public:
  /// Binds and listens, or says why not (io_error: address in use and the like).
  static result<std::unique_ptr<gateway>> start(gateway_config config,
                                                const std::vector<gateway_loop>& loops,
                                                metric_sources metrics, const clock& time);
  virtual ~gateway() = default;

  /// The port that was bound (useful with port 0).
  virtual std::uint16_t port() const = 0;
  /// Stops accepting, lets requests in flight finish, closes WebSockets with 1001, then calls
  /// `done` on some loop; after `grace` what is left is cut.
  virtual void stop(std::chrono::milliseconds grace, std::function<void()> done) = 0;
};

}  // namespace troupe::http
