#include "app/broker_process.hpp"
#include "app/commands.hpp"
#include "app/logging.hpp"
#include "app/options.hpp"

#include <fmt/format.h>

#include <memory>

namespace troupe::app {

namespace {

struct serve_options {
  std::map<std::string, std::string> settings;
  std::string log_format = "text";
};

int run(const serve_options& options) {
  auto config = make_broker_config(options.settings);
  if (!config)
    return report({exit_usage, config.error().message + " See 'troupe serve --help'."});
  start_logging(config->level, options.log_format == "json" ? log_format::json : log_format::text);
  auto served = run_broker(*config);
  return served ? exit_ok : report(served.error());
}

/// Where a setting belongs on the help page.
std::string group_of(std::string_view name) {
  if (name.find("timeout") != name.npos || name.starts_with("max-") || name.starts_with("min-"))
    return "Limits of requests";
  if (name.find("log") != name.npos)
    return "Log";
  return "Broker";
}

/// "trace, info or off" -> {"trace", "info", "off"}.
std::vector<std::string> words_in(std::string_view range) {
  std::vector<std::string> words;
  std::string word;
  for (char c : std::string(range) + " ") {
    if (c != ' ' && c != ',') {
      word += c;
    } else if (!word.empty() && word != "or") {
      words.push_back(std::exchange(word, {}));
    } else {
      word.clear();
    }
  }
  return words;
}

option_spec option_of(const broker_setting& setting, serve_options& into) {
  option_spec spec;
  spec.names = fmt::format("--{}", setting.name);
  spec.target = named_value{&into.settings, std::string(setting.name)};
  spec.help = fmt::format("{} ({})", setting.meaning, setting.range);
  spec.value_name = setting.type;
  for (auto& c : spec.value_name)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (!setting.default_value.empty())
    spec.value_name += fmt::format(" [{}]", setting.default_value);
  spec.variable = environment_name(setting.name);
  spec.group = group_of(setting.name);
  if (setting.type == "choice" || setting.type == "boolean")
    spec.choices = words_in(setting.range);
  else
    spec.check = [setting](const std::string& value) {
      broker_config scratch;
      bool good = set(scratch, setting.name, value).has_value();
      return good ? std::string()
                  : fmt::format("'{}' is not allowed; give {}", value, setting.range);
    };
  if (setting.type == "path")
    spec.completion = completes::directories;
  return spec;
}

}  // namespace

command serve_command() {
  auto o = std::make_shared<serve_options>();
  command it;
  it.name = "serve";
  it.summary = "Run a broker";
  it.help =
      "Runs a broker in the foreground. Each setting can be given as an option, as an environment\n"
      "variable or in a TOML file (--config); the option wins over the variable, the variable "
      "over\n"
      "the file. Sizes may be written as 16MiB, times as 30s; without a unit they are bytes and\n"
      "milliseconds. SIGTERM or Ctrl-C stops it orderly within 5 s; what was acknowledged is on\n"
      "disk either way.";
  it.examples =
      "Examples:\n"
      "  troupe serve --data-dir /var/lib/troupe --http 0.0.0.0:8082\n"
      "  TROUPE_DATA_DIR=./data troupe serve --log-format json\n"
      "  troupe serve --config troupe.toml        # data-dir = \"./data\" and so on\n"
      "\n"
      "Ends with 1 when the data directory is in use, damaged, of a newer format or not\n"
      "writable or the address is taken, and with 2 when a setting is wrong.";
  for (const auto& setting : broker_setting_table())
    it.options.push_back(option_of(setting, *o));
  auto format = choice_option("--log-format", o->log_format, "text for people, json for machines",
                              "FORMAT", {"text", "json"});
  format.variable = "TROUPE_LOG_FORMAT";
  format.group = "Log";
  it.options.push_back(format);
  it.config_option = "--config";
  it.variable_prefix = "TROUPE_";
  // The last three are what Kubernetes sets in every container beside a service called troupe.
  it.foreign_variables = {"TROUPE_SERVER", "TROUPE_SERVICE_*", "TROUPE_PORT", "TROUPE_PORT_*"};
  it.run = [o] { return run(*o); };
  return it;
}

}  // namespace troupe::app
