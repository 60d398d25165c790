// The configuration file: settings as `name = value`, in TOML.
//
//   file  := line*
//   line  := blank* [ key blank* "=" blank* value ] blank* [ "#" any* ]
//   key   := bare | string            bare: letters, digits, - and _
//   value := string | number | "true" | "false"
//
// Sections, arrays and strings over several lines are TOML as well, but no setting needs them: they
// are refused with a message.
#pragma once

#include "app/failure.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::app {

struct config_entry {
  std::string key;
  std::string value;     ///< of a string its content, of anything else its text
  std::size_t line = 0;  ///< from 1
};

/// Fails with exit_usage, naming file and line, when the file cannot be read, is no TOML of the
/// kind above, or sets a key twice.
attempt<std::vector<config_entry>> read_config_file(const std::string& path);

/// One line of it; no key: the line holds nothing. The failure's message is without file and line.
attempt<config_entry> parse_config_line(std::string_view line);

}  // namespace troupe::app
