#include "actors/supervisor.hpp"

#include <caf/exit_reason.hpp>
#include <caf/system_messages.hpp>

namespace troupe {

supervisor::supervisor(caf::actor_config& config, fatal_handler on_fatal)
    : supervisor_actor::base(config), on_fatal_(std::move(on_fatal)) {
  set_down_handler([this](caf::down_msg& x) { on_down(x); });
}

supervisor::behavior_type supervisor::make_behavior() {
  return {
      [this](watch_request& what) {
        watched_.insert_or_assign(what.who->id(), std::move(what.name));
        monitor(what.who);
      },
  };
}

void supervisor::on_down(const caf::down_msg& x) {
  auto i = watched_.find(x.source.id());
  if (i == watched_.end())
    return;
  auto who = std::move(i->second);
  watched_.erase(i);
  bool orderly = !x.reason || x.reason == caf::exit_reason::normal ||
                 x.reason == caf::exit_reason::user_shutdown;
  if (!orderly)
    on_fatal_(who + " ended unexpectedly (" + to_string(x.reason) + ")");
}

}  // namespace troupe
