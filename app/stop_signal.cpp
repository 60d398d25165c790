#include "app/stop_signal.hpp"

#include <csignal>

namespace troupe::app {

namespace {

volatile std::sig_atomic_t requested = 0;

void on_signal(int) {
  requested = 1;
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  // The second signal finds the default action again.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() {
  return requested != 0;
}

}  // namespace troupe::app
