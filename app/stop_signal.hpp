// Ctrl-C and SIGTERM, as a flag that long commands look at or as something to wait for.
#pragma once

namespace troupe::app {

/// From now on the first SIGINT or SIGTERM only sets the flag; a second one of the same kind ends
/// the process at once.
void watch_stop_signals();
/// Whether one has come.
bool stop_requested();
/// Returns when one has come. REQUIRES watch_stop_signals().
void wait_for_stop_signal();

}  // namespace troupe::app
