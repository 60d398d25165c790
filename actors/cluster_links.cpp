#include "actors/cluster_links.hpp"

#include "actors/link.hpp"
#include "actors/node_gate.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

namespace troupe {

namespace {

/// Finds the link to a node, or starts one. Thread-safe. Held by the gate.
class link_set {
 public:
  link_set(cluster_options options, std::shared_ptr<cluster_transport> transport)
      : options_(std::move(options)),
        transport_(std::move(transport)),
        table_(std::make_shared<peer_table>()) {}

  result<link_actor> find_or_start(node_id peer, std::optional<host_port> address) {
    std::lock_guard guard{mutex_};
    if (stopped_)
      return error{errc::shutting_down};
    if (auto i = links_.find(peer); i != links_.end()) {
      if (address)
        caf::anon_send(i->second, peer_address{*address});
      return i->second;
    }
    if (links_.size() >= limits::peers_max)
      return error{errc::policy_violation,
                   fmt::format("There are {} nodes already.", links_.size())};
    return links_[peer] = start(peer, std::move(address));
  }

  void stop() {
    std::lock_guard guard{mutex_};
    stopped_ = true;
    for (auto& [peer, each] : links_)
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    links_.clear();
    table_->clear();
    options_.broker = nullptr;
    options_.observers.clear();
    transport_ = nullptr;
  }

  std::shared_ptr<const peer_table> table() const { return table_; }

 private:
  link_actor start(node_id peer, std::optional<host_port> address) {
    auto seed = options_.seed + static_cast<std::uint64_t>(value_of(peer)) + 1;
    link_options use{
        options_.self, peer,   std::move(address), options_.timing, seed,
        transport_,    table_, options_.node,      options_.broker, options_.observers};
    return transport_->system().spawn<link>(std::move(use));
  }

  std::mutex mutex_;
  bool stopped_ = false;
  cluster_options options_;
  std::shared_ptr<cluster_transport> transport_;
  std::shared_ptr<peer_table> table_;
  std::map<node_id, link_actor> links_;
};

class live_links final : public cluster_links {
 public:
  live_links(std::shared_ptr<cluster_transport> transport, std::shared_ptr<link_set> links,
             node_gate_actor gate)
      : transport_(std::move(transport)), links_(std::move(links)), gate_(std::move(gate)) {}
  ~live_links() override { live_links::stop(); }

  std::uint16_t port() const override { return transport_->listener().port(); }
  std::shared_ptr<const peer_table> peers() const override { return links_->table(); }
  void add(node_id peer, host_port where) override {
    (void)links_->find_or_start(peer, std::move(where));
  }
  std::uint64_t turned_away() const override { return transport_->listener().turned_away(); }
  std::string last_reason() const override { return transport_->listener().last_reason(); }

  void stop() override {
    if (!gate_)
      return;
    caf::anon_send_exit(gate_, caf::exit_reason::user_shutdown);
    gate_ = nullptr;
    links_->stop();
    transport_->stop();
  }

 private:
  std::shared_ptr<cluster_transport> transport_;
  std::shared_ptr<link_set> links_;
  node_gate_actor gate_;
};

}  // namespace

void cluster_links::prepare(caf::actor_system_config& config) { cluster_transport::load(config); }

result<std::unique_ptr<cluster_links>> cluster_links::start(caf::actor_system& system,
                                                            boost::asio::io_context& on,
                                                            cluster_options options) {
  std::shared_ptr<const tls_context> tls;
  if (options.tls) {
    auto loaded = tls_context::load(*options.tls);
    if (!loaded)
      return loaded.error();
    tls = std::move(*loaded);
  }
  auto transport = std::make_shared<cluster_transport>(system, on, std::move(tls));
  auto links = std::make_shared<link_set>(options, transport);
  auto gate = system.spawn<node_gate>(options.self, transport, [links](node_id peer) {
    return links->find_or_start(peer, std::nullopt);
  });
  listener_options use;
  use.stranger_timeout = options.stranger_timeout;
  if (auto open = transport->listen(options.listen, gate, std::move(use)); !open) {
    caf::anon_send_exit(gate, caf::exit_reason::user_shutdown);
    links->stop();
    return open.error();
  }
  for (const auto& [peer, where] : options.peers)
    (void)links->find_or_start(peer, where);
  return std::unique_ptr<cluster_links>{
      std::make_unique<live_links>(std::move(transport), std::move(links), std::move(gate))};
}

}  // namespace troupe
