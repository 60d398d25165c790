#include "app/commands.hpp"

#include <csignal>

int main(int argc, char** argv) {
  // A reader that goes away (`troupe consume | head`) is an error of write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  return troupe::app::run_command_line(troupe::app::troupe_command(), arguments);
}
