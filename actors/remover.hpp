// Deletes what a deleted topic leaves behind.
#pragma once

#include "actors/node_state.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace troupe {

/// One per data directory, made by the broker at the first deletion. Runs detached: a file system
/// may take long to free large segments, and neither loops nor group commit nor other changes of
/// topics shall wait for that. Deletes one topic after the other, each file by itself, and stops
/// between two files when the node does.
class remover final : public remover_actor::base {
 public:
  remover(caf::actor_config& config, std::shared_ptr<node_state> node);

  const char* name() const override { return "remover"; }

 protected:
  behavior_type make_behavior() override;

 private:
  std::shared_ptr<node_state> node_;
};

}  // namespace troupe
