// Watches the actors whose death would lose state.
#pragma once

#include "actors/messages.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <string>
#include <unordered_map>

namespace troupe {

/// What to do when state could be lost. The default of a node writes the words to the log and
/// aborts the process; recovery of the next start is the only safe way on.
using fatal_handler = std::function<void(const std::string& why)>;

/// Orderly ends (normal, user_shutdown) are nobody's business; every other one is fatal.
class supervisor final : public supervisor_actor::base {
 public:
  supervisor(caf::actor_config& config, fatal_handler on_fatal);

  const char* name() const override { return "supervisor"; }

 protected:
  behavior_type make_behavior() override;

 private:
  void on_down(const caf::down_msg& x);

  fatal_handler on_fatal_;
  std::unordered_map<caf::actor_id, std::string> watched_;
};

}  // namespace troupe
