// Ctrl-C and SIGTERM as a flag that long commands look at.
#pragma once

namespace troupe::app {

/// From now on the first SIGINT or SIGTERM sets the flag, and a second one ends the process.
void watch_stop_signals();
/// Whether one has come.
bool stop_requested();

}  // namespace troupe::app
