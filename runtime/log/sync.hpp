// Carrying out a sync ticket.
#pragma once

#include "runtime/log/partition_log.hpp"

namespace troupe {

/// Syncs the files, then the directories; stops at the first failure, which must be reported to
/// the log and never be tried again (S8). May run on another thread than the log's.
result<void> carry_out(env& on, const sync_ticket& ticket);

}  // namespace troupe
