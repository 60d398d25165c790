// Group commit: makes the writes of many partitions durable together.
#pragma once

#include "actors/flusher_crew.hpp"
#include "actors/node_state.hpp"
#include "actors/reply_to.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace troupe {

/// Told how long each sync took and how many requests it served; called on the flusher's thread.
using flush_observer = std::function<void(mono_duration took, std::size_t requests)>;

/// One per data directory; blocks in fsync, so it runs detached. Requests that arrive while the
/// disk is busy are served together: each file once and a few side by side, or the whole file
/// system in one call when the files are many; then the directories.
///
/// After a failure nothing is known of the unsynced pages (storage rule S8): the data directory is
/// out of service, and every later request is answered with storage_error without a sync.
class flusher final : public flusher_actor::base {
 public:
  /// `helpers` threads sync beside its own where a round has several files.
  flusher(caf::actor_config& config, std::shared_ptr<node_state> node, flush_observer observer,
          std::size_t helpers = 3);

  const char* name() const override { return "flusher"; }

 protected:
  behavior_type make_behavior() override;

 private:
  struct waiting {
    reply_to<flush_response> reply;
    sync_ticket ticket;
  };

  void flush();
  result<void> sync_all();

  std::shared_ptr<node_state> node_;
  flush_observer observer_;
  std::vector<waiting> waiting_;
  flusher_crew crew_;
};

}  // namespace troupe
