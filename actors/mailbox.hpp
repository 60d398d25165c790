// Looking at a mailbox from inside a handler.
#pragma once

#include <caf/scheduled_actor.hpp>

namespace troupe {

/// Is the message being handled the last one there is at the moment? What an actor does for a
/// burst of messages together, it does then. Only from a handler of `self`.
inline bool is_last_of_burst(caf::scheduled_actor& self) { return self.mailbox().empty(); }

}  // namespace troupe
