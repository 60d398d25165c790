// One node of a cluster without a broker: its own actor system, links and port, and one partition
// that answers, all in the test's process.
#pragma once

#include "actors/cluster_links.hpp"
#include "actors/loop_pool.hpp"
#include "actors/node_state.hpp"
#include "actors/request_port.hpp"
#include "runtime/env/sim_env.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::testing {

/// Keeps what a link tells of its peers.
class peer_log {
 public:
  struct entry {
    peer_event what;
    std::chrono::steady_clock::time_point at;
  };
  void add(peer_event x);
  std::vector<entry> all() const;
  bool has(peer_event::kind what) const;
  std::optional<entry> last(peer_event::kind what) const;
  std::size_t count(peer_event::kind what) const;

 private:
  mutable std::mutex mutex_;
  std::vector<entry> entries_;
};

struct link_node_options {
  int id = 1;
  std::string cluster_id = "blue";
  std::uint16_t port = 0;
  std::map<int, std::uint16_t> peers;
  std::optional<tls_files> tls;
  link_timing timing;
  std::uint16_t version = protocol_version_newest;
  std::chrono::milliseconds stranger_timeout{limits::peer_stranger_timeout_ms};
};

/// Owned by the test's thread. Throws when it cannot start.
class link_node {
 public:
  explicit link_node(link_node_options use);
  ~link_node();
  link_node(const link_node&) = delete;
  link_node& operator=(const link_node&) = delete;

  std::uint16_t port() const { return links_->port(); }
  cluster_links& links() { return *links_; }
  caf::actor_system& system() { return *system_; }
  boost::asio::io_context& context() { return loops_.context(0); }
  peer_log& events() { return *log_; }

  /// A copy of the row; without phase `up` when there is none.
  peer_ref peer(int id) const;
  bool is_up(int id) const { return peer(id).phase == link_phase::up; }
  errc why(int id) const { return peer(id).why.code; }

  /// Sends a batch of `size` bytes to the partition of `peer`, through the window and the link.
  std::future<produce_response> produce(int peer, std::size_t size = 100,
                                        const std::string& topic = "t");
  /// Requests the partition has been asked.
  int served() const { return served_->load(); }
  /// The partition keeps its answers to itself from now on.
  void stall() { stalled_->store(true); }

 private:
  loop_pool loops_{2};
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  sim_env files_;
  std::shared_ptr<node_state> state_;
  std::shared_ptr<peer_log> log_;
  std::shared_ptr<std::atomic<int>> served_ = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<bool>> stalled_ = std::make_shared<std::atomic<bool>>(false);
  std::vector<caf::strong_actor_ptr> actors_;
  std::unique_ptr<request_port> port_;
  std::unique_ptr<cluster_links> links_;
};

/// A free port of loopback. Another process may take it, with little likelihood.
std::uint16_t free_port();

/// Relays bytes between a port of its own and another one, until it is told to swallow them.
class relay {
 public:
  explicit relay(std::uint16_t to);
  ~relay();
  std::uint16_t port() const { return port_; }
  /// From now on bytes are read and dropped, in both directions; nothing is closed.
  void swallow();

 private:
  struct pair;
  class worker;
  std::uint16_t port_ = 0;
  std::unique_ptr<worker> worker_;
};

/// A port of loopback that accepts nothing more: connecting to it gets no answer.
class black_hole {
 public:
  black_hole();
  ~black_hole();
  std::uint16_t port() const { return port_; }

 private:
  std::vector<int> sockets_;
  std::uint16_t port_ = 0;
};

}  // namespace troupe::testing
