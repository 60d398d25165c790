#include "app/option_sources.hpp"

#include "app/config_file.hpp"
#include "app/nearest.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace troupe::app {

namespace {

/// The value of a variable; an empty one counts as none.
std::string environment(const std::string& name) {
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

/// "--max-body" -> "max-body": the name of an option in the configuration file.
std::string key_of(const option_spec& spec) {
  for (const auto& word : words_of(spec))
    if (word.starts_with("--"))
      return word.substr(2);
  return {};
}

/// As if the command line had said so; `where` and `name` are for the message.
attempt<void> set_option(CLI::Option& option, const std::string& value, const std::string& where,
                         const std::string& name) {
  try {
    option.add_result(value);
    option.run_callback();
    return {};
  } catch (const CLI::ConversionError&) {
    return failure{exit_usage,
                   fmt::format("{}{}: '{}' is not a value of this kind", where, name, value)};
  } catch (const CLI::ParseError& e) {
    std::string_view what = e.what();
    auto prefix = option.get_name() + ": ";
    if (what.starts_with(prefix))
      what.remove_prefix(prefix.size());
    return failure{exit_usage, fmt::format("{}{}: {}", where, name, what)};
  }
}

CLI::Option* option_of(CLI::App& parser, const option_spec& spec) {
  return parser.get_option("--" + key_of(spec));
}

attempt<void> apply_environment(CLI::App& parser, const command& leaf) {
  for (const auto& spec : leaf.options) {
    auto value = environment(spec.variable);
    if (value.empty())
      continue;
    auto* option = option_of(parser, spec);
    if (option->count() > 0)
      continue;
    if (auto done = set_option(*option, value, "environment variable ", spec.variable); !done)
      return done;
  }
  return {};
}

bool is_foreign(const command& leaf, std::string_view name) {
  return std::ranges::any_of(leaf.foreign_variables, [&](std::string_view known) {
    return known.ends_with('*') ? name.starts_with(known.substr(0, known.size() - 1))
                                : name == known;
  });
}

/// A misspelt setting must not be dropped in silence, so nothing with the prefix may be unknown.
attempt<void> check_variables(const command& leaf) {
  if (leaf.variable_prefix.empty())
    return {};
  std::vector<std::string> known{config_variable};
  for (const auto& spec : leaf.options)
    if (!spec.variable.empty())
      known.push_back(spec.variable);
  for (char** at = environ; *at != nullptr; ++at) {
    std::string_view entry = *at;
    auto name = entry.substr(0, entry.find('='));
    if (!name.starts_with(leaf.variable_prefix) || is_foreign(leaf, name) ||
        std::ranges::find(known, name) != known.end())
      continue;
    return failure{exit_usage, fmt::format("environment variable {} is no setting.{}", name,
                                           did_you_mean(name, known))};
  }
  return {};
}

attempt<void> apply_file(CLI::App& parser, const command& leaf, const std::string& path) {
  auto entries = read_config_file(path);
  if (!entries)
    return entries.error();
  std::vector<std::string> known;
  for (const auto& spec : leaf.options)
    known.push_back(key_of(spec));
  for (const auto& entry : *entries) {
    auto where = fmt::format("{}:{}: ", path, entry.line);
    auto spec = std::ranges::find(leaf.options, entry.key, key_of);
    if (entry.key.empty() || spec == leaf.options.end())
      return failure{exit_usage, fmt::format("{}there is no setting '{}'.{}", where, entry.key,
                                             did_you_mean(entry.key, known))};
    auto* option = option_of(parser, *spec);
    if (option->count() > 0)
      continue;
    if (auto done = set_option(*option, entry.value, where, entry.key); !done)
      return done;
  }
  return {};
}

}  // namespace

attempt<void> apply_sources(CLI::App& parser, const command& leaf, std::string config_path) {
  if (auto known = check_variables(leaf); !known)
    return known;
  if (auto done = apply_environment(parser, leaf); !done)
    return done;
  if (leaf.config_option.empty())
    return {};
  bool by_variable = config_path.empty();
  if (by_variable)
    config_path = environment(config_variable);
  if (config_path.empty())
    return {};
  auto done = apply_file(parser, leaf, config_path);
  if (!done && by_variable)
    return failure{exit_usage,
                   fmt::format("{} (named by {})", done.error().message, config_variable)};
  return done;
}

}  // namespace troupe::app
