// What this node knows of its links, for everybody to look up without sending a message.
#pragma once

#include "actors/messages.hpp"
#include "runtime/cluster/request_window.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe {

struct peer_ref {
  node_id id{};
  link_phase phase = link_phase::disconnected;
  std::uint64_t incarnation = 0;  ///< of the process it is up with, or was last
  /// Grows with every connection; with the id it names one.
  link_attempt session = 0;
  /// Where requests go. Null unless the link is up; gone in the moment the connection is.
  node_entry_actor entry;
  /// What is on its way; enter it before sending (see send_to_peer.hpp).
  std::shared_ptr<request_window> window;
  error why{errc::none};  ///< why it is not up
};

/// Sorted by id. Immutable.
struct peer_view {
  std::vector<peer_ref> peers;

  /// Null when the node is not known.
  const peer_ref* find(node_id which) const;
};

/// Thread-safe. One per node; outlives its links. Each link writes its own row.
class peer_table {
 public:
  peer_table();

  /// The newest view; its version grows with every change, so that a loop may keep a copy.
  std::shared_ptr<const peer_view> view() const { return view_.load(std::memory_order_acquire); }
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  void put(peer_ref row);
  void remove(node_id which);
  /// Drops the handles of all actors.
  void clear();

 private:
  template <class F>
  void change(F f);

  std::mutex mutex_;  // of writers
  std::atomic<std::shared_ptr<const peer_view>> view_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace troupe
