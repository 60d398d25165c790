// Where the values of options come from besides the command line.
#pragma once

#include "app/failure.hpp"

namespace CLI {
class App;
}

namespace troupe::app {

/// Gives options that the command line has left out the values of the environment, and what that
/// leaves out those of the configuration file. `config_path` is the file that the command line
/// names; empty: the one of config_variable, if any.
///
/// Fails with exit_usage, saying where, for a value that is not allowed, a name that nobody knows,
/// and a file that cannot be read.
attempt<void> apply_sources(CLI::App& parser, const command& leaf, std::string config_path);

/// Names the configuration file where the command line does not.
inline constexpr const char* config_variable = "TROUPE_CONFIG";

}  // namespace troupe::app
