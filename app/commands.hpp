// One function per command of the program; each lives in a file of its own.
#pragma once

#include "app/command_line.hpp"

namespace troupe::app {

command serve_command();
command topic_command();
command produce_command();
command consume_command();
command log_command();
command bench_command();
command sample_command();
command version_command();

/// The whole program: `troupe` and everything below it.
command troupe_command();

}  // namespace troupe::app
