// The commands of the program as data: names, help, options and what runs. The parser, the help
// pages and the shell completion are all made from these tables.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::app {

/// What the program ends with. Scripts rely on these; docs/cli.md lists them.
enum exit_code : int {
  exit_ok = 0,
  exit_failed = 1,       ///< the command ran and did not succeed
  exit_usage = 2,        ///< the command line or a setting is wrong; nothing was done
  exit_unreachable = 3,  ///< no server answers
};

/// Settings collected by name, for tables that are defined elsewhere.
struct named_value {
  std::map<std::string, std::string>* into = nullptr;
  std::string name;
};

/// Where the value of an option goes; outlives the parsing. A bool is a flag, a vector may be given
/// several times.
using option_target = std::variant<bool*, std::string*, std::int64_t*, double*,
                                   std::vector<std::string>*, named_value>;

/// What a shell offers as the value of an option, besides its choices.
enum class completes : std::uint8_t { words, files, directories, segments };

struct option_spec {
  std::string names;  ///< "--topic,-t", or "topic" for a positional one
  option_target target;
  std::string help;             ///< one sentence; with the unit where there is one
  std::string value_name = {};  ///< "HOST:PORT"; empty for flags
  bool required = false;
  std::int64_t min = INT64_MIN;  ///< of numbers
  std::int64_t max = INT64_MAX;
  std::vector<std::string> choices = {};  ///< when not empty, the only values allowed
  std::string variable = {};              ///< environment variable that is asked without the flag
  std::string group = "Options";
  /// What is wrong with a value, or nothing.
  std::function<std::string(const std::string&)> check = {};
  completes completion = completes::words;
};

/// The words that stand for an option, "--topic" and "-t"; none for a positional one.
std::vector<std::string> words_of(const option_spec& option);

struct command {
  std::string name;
  std::string summary;   ///< one line, for the list of commands
  std::string help;      ///< paragraphs, for its own page
  std::string examples;  ///< footer of its own page
  std::vector<option_spec> options = {};
  std::function<int()> run = {};  ///< null when it only has children
  std::vector<command> children = {};
  /// Name of the option that reads the other options from a TOML file; empty for none.
  std::string config_option = {};
  /// Environment variables that begin with it are settings of this command, and unknown ones are
  /// refused. Empty: they are nobody's business.
  std::string variable_prefix = {};
  /// Those of others with the same prefix; a `*` at the end stands for anything.
  std::vector<std::string> foreign_variables = {};
};

/// Parses `arguments` (without the program's name) and runs what they ask for. An option is set by
/// its flag, else by its environment variable, else by the configuration file. Help goes to stdout,
/// errors to stderr with what to do. Returns an exit code.
int run_command_line(const command& root, const std::vector<std::string>& arguments);

/// The shell's completion script for `root`, or nothing for an unknown shell.
std::string completion_script(const command& root, std::string_view shell);

}  // namespace troupe::app
