#include "app/commands.hpp"
#include "app/output.hpp"

#include <csignal>

int main(int argc, char** argv) {
  using namespace troupe::app;
  guard_standard_streams();
  // A reader that goes away (`troupe consume | head`) is an error of write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  return finish_output(run_command_line(troupe_command(), arguments));
}
