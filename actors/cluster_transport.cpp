#include "actors/cluster_transport.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

namespace troupe {

void cluster_transport::load(caf::actor_system_config& config) {
  config.load<caf::io::middleman>();
}

cluster_transport::cluster_transport(caf::actor_system& system, boost::asio::io_context& on,
                                     std::shared_ptr<const tls_context> tls)
    : system_(system),
      context_(on),
      tls_(std::move(tls)),
      broker_(system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"))) {}

result<void> cluster_transport::listen(const host_port& at, const node_gate_actor& gate,
                                       listener_options use) {
  use.at = at;
  use.tls = tls_;
  auto published = caf::actor_cast<caf::strong_actor_ptr>(gate);
  auto interface = system_.message_types(gate);
  use.on_accepted = [&system = system_, broker = broker_, port = at.port, published,
                     interface](std::shared_ptr<wire> connection) {
    auto scribe = make_scribe(system, std::move(connection));
    caf::anon_send(broker, caf::publish_atom_v, std::move(scribe), port, published, interface);
  };
  auto opened = cluster_listener::open(context_, std::move(use));
  if (!opened)
    return opened.error();
  listener_ = std::move(*opened);
  return {};
}

void cluster_transport::dial(const host_port& to, std::chrono::milliseconds timeout, bool knock,
                             std::function<void(dialled)> then) {
  troupe::dial(context_, {to, timeout, tls_, knock}, std::move(then));
}

void cluster_transport::stop() {
  if (listener_ != nullptr)
    listener_->stop();
  broker_ = nullptr;
}

}  // namespace troupe
