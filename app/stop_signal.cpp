#include "app/stop_signal.hpp"

#include <semaphore.h>

#include <cerrno>
#include <csignal>

namespace troupe::app {

namespace {

volatile std::sig_atomic_t requested = 0;
sem_t arrived;  // a semaphore may be posted from a signal handler

void on_signal(int) {
  requested = 1;
  sem_post(&arrived);
}

}  // namespace

void watch_stop_signals() {
  sem_init(&arrived, 0, 0);
  struct sigaction action {};
  action.sa_handler = on_signal;
  // The second signal finds the default action again.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() { return requested != 0; }

void wait_for_stop_signal() {
  while (sem_wait(&arrived) != 0 && errno == EINTR) {
  }
}

}  // namespace troupe::app
