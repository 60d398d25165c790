#include "actors/node.hpp"

#include "actors/broker.hpp"
#include "actors/cluster_links.hpp"
#include "actors/data_directory.hpp"
#include "actors/flusher.hpp"
#include "actors/local_broker_client.hpp"
#include "actors/loop_scheduler.hpp"
#include "actors/outcomes.hpp"
#include "actors/supervisor.hpp"
#include "runtime/metrics/metrics.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/logger.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <future>

namespace troupe {

namespace {

using namespace std::chrono_literals;

[[noreturn]] void end_process(const std::string& why) {
  spdlog::critical("{}; the process ends, the next start recovers the logs", why);
  spdlog::shutdown();
  std::abort();
}

std::size_t loops_wanted(const broker_config& config) {
  if (config.io_threads > 0)
    return config.io_threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

flush_observer observe_flushes(const std::shared_ptr<prometheus::Registry>& metrics) {
  if (metrics == nullptr)
    return {};
  auto& time = histogram_of(*metrics, metric::flush_duration);
  auto& partitions = histogram_of(*metrics, metric::flush_partitions);
  return [&time, &partitions, metrics](mono_duration took, std::size_t requests) {
    time.Observe(std::chrono::duration<double>(took).count());
    partitions.Observe(static_cast<double>(requests));
  };
}

/// The framework leaves a reference to the system's logger in every thread that spawned an actor,
/// and the destructor of the system waits for that reference to go.
void forget_system_in_this_thread() { caf::logger::set_current_actor_system(nullptr); }

class system_config : public caf::actor_system_config {
 public:
  system_config(loop_pool& loops, bool clustered) {
    add_message_types<caf::id_block::troupe>();
    loop_scheduler::load(*this, loops);
    if (clustered)
      cluster_links::prepare(*this);
  }
};

class local_node final : public node {
 public:
  explicit local_node(node_options options) : options_(std::move(options)) {}
  ~local_node() override { (void)local_node::stop(5s); }

  result<void> open();
  std::vector<node_loop> loops() override;
  const node_recovery& recovery() const override { return recovery_; }
  cluster_links* cluster() override { return links_.get(); }
  result<void> stop(std::chrono::milliseconds grace) override;

 private:
  result<void> open_directory();
  result<void> start_actors();
  result<void> await_recovered();
  result<void> start_links();
  result<void> stop_broker_actor(std::chrono::milliseconds grace);
  void publish_recovery(prometheus::Registry& to, mono_duration took) const;
  void close_clients();
  void end_actors();

  // In the order they are needed; the members below use those above.
  node_options options_;
  std::unique_ptr<directory_lock> lock_;
  std::shared_ptr<node_state> state_;
  std::shared_ptr<metadata_store> store_;
  std::unique_ptr<loop_pool> loops_;
  std::unique_ptr<system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<tail_hub> hub_;
  flusher_actor flusher_;
  supervisor_actor supervisor_;
  broker_actor broker_;
  std::unique_ptr<cluster_links> links_;
  std::vector<std::unique_ptr<local_broker_client>> clients_;
  node_recovery recovery_;
};

result<void> local_node::open() {
  state_ = std::make_shared<node_state>(options_.config.id, options_.config.data_dir,
                                        *options_.files, *options_.time);
  if (auto done = open_directory(); !done)
    return done;
  auto began = options_.time->now();
  if (auto done = start_actors(); !done)
    return done;
  auto done = await_recovered();
  if (done)
    done = start_links();
  forget_system_in_this_thread();
  if (done && options_.metrics)
    publish_recovery(*options_.metrics, options_.time->now() - began);
  return done;
}

result<void> local_node::open_directory() {
  auto opened = open_data_directory(*options_.files, options_.config);
  if (!opened)
    return opened.error();
  lock_ = std::move(opened->lock);
  store_ = std::move(opened->store);
  return {};
}

result<void> local_node::start_actors() {
  loops_ = std::make_unique<loop_pool>(loops_wanted(options_.config));
  loops_->start();
  config_ = std::make_unique<system_config>(*loops_, options_.config.cluster_listen.has_value());
  system_ = std::make_unique<caf::actor_system>(*config_);
  hub_ = std::make_shared<tail_hub>(*system_);
  auto fatal = options_.on_fatal ? options_.on_fatal : fatal_handler{end_process};
  supervisor_ = system_->spawn<supervisor>(std::move(fatal));
  flusher_ = system_->spawn<flusher, caf::detached>(state_, observe_flushes(options_.metrics));
  auto seed = rng::from_system().next();
  broker_ = system_->spawn<broker, caf::detached>(broker_options{
      state_, store_, options_.config, flusher_, supervisor_, options_.metrics, seed});
  store_ = nullptr;
  caf::anon_send(supervisor_,
                 watch_request{caf::actor_cast<caf::strong_actor_ptr>(flusher_), "flusher"});
  caf::anon_send(supervisor_,
                 watch_request{caf::actor_cast<caf::strong_actor_ptr>(broker_), "broker"});
  for (std::size_t i = 0; i < loops_->size(); ++i)
    clients_.push_back(
        std::make_unique<local_broker_client>(*system_, loops_->at(i), state_, broker_, hub_));
  return {};
}

result<void> local_node::await_recovered() {
  result<void> how;
  caf::scoped_actor self{*system_};
  self->request(broker_, caf::infinite, await_recovery{})
      .receive(
          [&](const recovery_done& x) {
            recovery_ = {x.partitions,      x.failed,     x.scanned_bytes,
                         x.rebuilt_indexes, x.torn_bytes, x.damaged_bytes};
          },
          [&](const caf::error&) {
            how = error{errc::storage_error, "the broker ended during recovery"};
          });
  return how;
}

result<void> local_node::start_links() {
  const auto& config = options_.config;
  if (!config.cluster_listen)
    return {};
  auto random = rng::from_system();
  cluster_options use;
  use.self = {config.id, random.next(), state_->view()->image->cluster_id};
  use.listen = *config.cluster_listen;
  use.peers = config.cluster_peers;
  use.tls = config.cluster_tls();
  use.node = state_;
  use.broker = broker_;
  use.seed = random.next();
  auto started = cluster_links::start(*system_, loops_->context(0), std::move(use));
  if (!started)
    return started.error();
  links_ = std::move(*started);
  return {};
}

void local_node::publish_recovery(prometheus::Registry& to, mono_duration took) const {
  auto set = [&](metric x, double value) { gauge_of(to, x).Set(value); };
  set(metric::recovery_duration, std::chrono::duration<double>(took).count());
  set(metric::recovery_scanned_bytes, static_cast<double>(recovery_.scanned_bytes));
  set(metric::recovery_torn_bytes, static_cast<double>(recovery_.torn_bytes));
  set(metric::recovery_damaged_bytes, static_cast<double>(recovery_.damaged_bytes));
  set(metric::recovery_rebuilt_indexes, static_cast<double>(recovery_.rebuilt_indexes));
}

std::vector<node_loop> local_node::loops() {
  std::vector<node_loop> all;
  for (std::size_t i = 0; i < clients_.size(); ++i)
    all.push_back({&loops_->context(i), clients_[i].get()});
  return all;
}

result<void> local_node::stop(std::chrono::milliseconds grace) {
  if (system_ == nullptr)
    return {};
  state_->stopping.store(true, std::memory_order_release);
  auto how = stop_broker_actor(grace);
  if (links_ != nullptr)
    links_->stop();
  close_clients();
  end_actors();
  system_.reset();
  loops_->stop();
  lock_.reset();
  return how;
}

result<void> local_node::stop_broker_actor(std::chrono::milliseconds grace) {
  result<void> how;
  caf::scoped_actor self{*system_};
  self->request(broker_, grace, stop_broker{})
      .receive([&](const broker_stopped& x) { how = as_result(x.result); },
               [&](const caf::error&) {
                 how = error{errc::log_closed, "the logs could not be closed in time"};
               });
  return how;
}

void local_node::close_clients() {
  hub_->stop();
  std::vector<std::promise<void>> closed(clients_.size());
  for (std::size_t i = 0; i < clients_.size(); ++i)
    boost::asio::post(loops_->context(i), [&closed, client = clients_[i].get(), i] {
      client->close();
      forget_system_in_this_thread();
      closed[i].set_value();
    });
  for (auto& each : closed)
    each.get_future().wait();
}

void local_node::end_actors() {
  auto view = state_->view();
  for (auto& [name, partitions] : view->topics)
    for (auto& each : *partitions)
      caf::anon_send_exit(each.actor, caf::exit_reason::user_shutdown);
  view = nullptr;
  state_->forget_actors();
  for (auto& each : {caf::actor_cast<caf::strong_actor_ptr>(broker_),
                     caf::actor_cast<caf::strong_actor_ptr>(flusher_),
                     caf::actor_cast<caf::strong_actor_ptr>(supervisor_)})
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  broker_ = nullptr;
  flusher_ = nullptr;
  supervisor_ = nullptr;
  hub_ = nullptr;
  links_ = nullptr;
}

}  // namespace

result<std::unique_ptr<node>> node::start(node_options options) {
  auto made = std::make_unique<local_node>(std::move(options));
  if (auto done = made->open(); !done)
    return done.error();
  return std::unique_ptr<node>{std::move(made)};
}

}  // namespace troupe
