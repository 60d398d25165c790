#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace troupe::app {

namespace {

CLI::Option* add_target(CLI::App& to, const option_spec& spec) {
  auto add = [&](auto target) -> CLI::Option* {
    using target_type = decltype(target);
    if constexpr (std::is_same_v<target_type, bool*>)
      return to.add_flag(spec.names, *target, spec.help);
    else if constexpr (std::is_same_v<target_type, named_value>)
      return to.add_option_function<std::string>(
          spec.names, [target](const std::string& x) { (*target.into)[target.name] = x; },
          spec.help);
    else
      return to.add_option(spec.names, *target, spec.help)->capture_default_str();
  };
  return std::visit(add, spec.target);
}

/// "N [500]": what the value is and its default. Numbers below their range mean "not given".
std::string value_text(const CLI::Option& option, const option_spec& spec) {
  auto shown = option.get_default_str();
  bool has_default = !shown.empty() && shown != "-1" && !spec.required;
  return spec.value_name + (has_default ? " [" + shown + "]" : "") +
         (spec.required ? " (required)" : "");
}

void add_option(CLI::App& to, const option_spec& spec) {
  auto* option = add_target(to, spec);
  option->required(spec.required)->group(spec.group);
  if (!spec.value_name.empty())
    option->option_text(value_text(*option, spec));
  if (!spec.variable.empty())
    option->envname(spec.variable);
  if (!spec.choices.empty())
    option->check(CLI::IsMember(spec.choices));
  if (spec.min != INT64_MIN || spec.max != INT64_MAX)
    option->check(CLI::Range(spec.min, spec.max));
  if (!std::holds_alternative<bool*>(spec.target) &&
      !std::holds_alternative<std::vector<std::string>*>(spec.target))
    option->take_last();
}

std::string group_help(const command& group, const std::string& path) {
  auto text = fmt::format("{}\n\nUsage: {} COMMAND [OPTIONS]\n\nCommands:\n", group.help, path);
  std::size_t width = 0;
  for (const auto& child : group.children)
    width = std::max(width, child.name.size());
  for (const auto& child : group.children)
    text += fmt::format("  {:{}}  {}\n", child.name, width, child.summary);
  text += fmt::format("\n'{} COMMAND --help' explains one command.\n", path);
  if (!group.examples.empty())
    text += "\n" + group.examples + "\n";
  return text;
}

int usage_error(const std::string& path, std::string_view what) {
  fmt::print(stderr, "{}: {}\nSee '{} --help'.\n", path, what, path);
  return exit_usage;
}

int run_leaf(const command& leaf, const std::string& path, std::vector<std::string> arguments) {
  CLI::App parser(leaf.help, path);
  parser.set_help_flag("--help,-h", "Print this page");
  parser.get_formatter()->column_width(34);
  parser.footer(leaf.examples);
  for (const auto& option : leaf.options)
    add_option(parser, option);
  if (!leaf.config_option.empty()) {
    parser.set_config(leaf.config_option, "", "TOML file with any of these options, without '--'")
        ->envname("TROUPE_CONFIG")
        ->option_text("FILE");
    // A misspelt setting must not be dropped in silence.
    parser.allow_config_extras(CLI::config_extras_mode::error);
  }
  std::reverse(arguments.begin(), arguments.end());
  try {
    parser.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", parser.help());
    return exit_ok;
  } catch (const CLI::ParseError& e) {
    return usage_error(path, e.what());
  }
  return leaf.run();
}

}  // namespace

int run_command_line(const command& root, const std::vector<std::string>& arguments) {
  const auto* at = &root;
  auto path = root.name;
  std::size_t next = 0;
  while (!at->run) {
    if (next == arguments.size() || arguments[next] == "--help" || arguments[next] == "-h") {
      bool asked = next < arguments.size();
      fmt::print(asked ? stdout : stderr, "{}", group_help(*at, path));
      return asked ? exit_ok : exit_usage;
    }
    auto wanted = arguments[next] == "--version" ? "version" : arguments[next];
    auto child = std::find_if(at->children.begin(), at->children.end(),
                              [&](const command& x) { return x.name == wanted; });
    if (child == at->children.end())
      return usage_error(path, fmt::format("there is no command '{}'", arguments[next]));
    at = &*child;
    path += " " + at->name;
    ++next;
  }
  return run_leaf(*at, path,
                  {arguments.begin() + static_cast<std::ptrdiff_t>(next), arguments.end()});
}

}  // namespace troupe::app
