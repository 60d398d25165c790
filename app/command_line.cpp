#include "app/command_line.hpp"

#include "app/nearest.hpp"
#include "app/option_sources.hpp"
#include "app/output.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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

bool is_repeated(const option_spec& spec) {
  return std::holds_alternative<std::vector<std::string>*>(spec.target);
}

/// "N [500]": what the value is and its default. Numbers below their range mean "not given", and
/// what cannot be seen is told by the help.
std::string value_text(const CLI::Option& option, const option_spec& spec) {
  auto shown = option.get_default_str();
  bool visible = std::ranges::all_of(shown, [](unsigned char c) { return c >= ' '; });
  bool has_default =
      !shown.empty() && visible && shown != "-1" && !spec.required && !is_repeated(spec);
  return spec.value_name + (has_default ? " [" + shown + "]" : "") +
         (spec.required ? " (required)" : "");
}

CLI::Validator one_of(const std::vector<std::string>& choices) {
  auto check = [choices](std::string& value) {
    if (std::ranges::find(choices, value) != choices.end())
      return std::string();
    return fmt::format("'{}' is not allowed; give {}", value, fmt::join(choices, ", "));
  };
  return {check, "", ""};
}

CLI::Validator between(std::int64_t min, std::int64_t max) {
  auto check = [min, max](std::string& text) {
    std::int64_t value = 0;
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec == std::errc{} && end == text.data() + text.size() && value >= min && value <= max)
      return std::string();
    return max == INT64_MAX
               ? fmt::format("'{}' is not allowed; give a number from {} on", text, min)
               : fmt::format("'{}' is not allowed; give a number from {} to {}", text, min, max);
  };
  return {check, "", ""};
}

void add_option(CLI::App& to, const option_spec& spec) {
  auto* option = add_target(to, spec);
  option->required(spec.required)->group(spec.group);
  if (!spec.value_name.empty())
    option->option_text(value_text(*option, spec));
  if (!spec.variable.empty())
    option->description(fmt::format("{} [env: {}]", spec.help, spec.variable));
  if (spec.check)
    option->check(
        CLI::Validator([check = spec.check](std::string& value) { return check(value); }, "", ""));
  if (!spec.choices.empty())
    option->check(one_of(spec.choices));
  if (spec.min != INT64_MIN || spec.max != INT64_MAX)
    option->check(between(spec.min, spec.max));
  if (!std::holds_alternative<bool*>(spec.target) && !is_repeated(spec))
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

std::vector<std::string> names_of(const std::vector<command>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const auto& x : commands)
    names.push_back(x.name);
  return names;
}

int usage_error(const std::string& path, std::string_view what) {
  print_error("{}: {}\nSee '{} --help'.\n", path, what, path);
  return exit_usage;
}

int run_leaf(const command& leaf, const std::string& path, std::vector<std::string> arguments) {
  CLI::App parser(leaf.help, path);
  parser.set_help_flag("--help,-h", "Print this page");
  parser.get_formatter()->column_width(34);
  parser.footer(leaf.examples);
  for (const auto& option : leaf.options)
    add_option(parser, option);
  std::string config_path;
  if (!leaf.config_option.empty()) {
    option_spec config{leaf.config_option, &config_path,
                       "TOML file with any of these options, without '--'"};
    config.value_name = "FILE";
    add_option(parser, config);
    parser.get_option(leaf.config_option)
        ->description(fmt::format("{} [env: {}]", config.help, config_variable));
  }
  std::reverse(arguments.begin(), arguments.end());
  try {
    parser.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    print_out("{}", parser.help());
    return exit_ok;
  } catch (const CLI::ParseError& e) {
    return usage_error(path, e.what());
  }
  if (auto done = apply_sources(parser, leaf, config_path); !done)
    return usage_error(path, done.error().message);
  return leaf.run();
}

}  // namespace

std::vector<std::string> words_of(const option_spec& option) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin <= option.names.size()) {
    auto end = std::min(option.names.find(',', begin), option.names.size());
    auto word = option.names.substr(begin, end - begin);
    if (word.starts_with('-'))
      words.push_back(word);
    begin = end + 1;
  }
  return words;
}

int run_command_line(const command& root, const std::vector<std::string>& arguments) {
  const auto* at = &root;
  auto path = root.name;
  std::size_t next = 0;
  while (!at->run) {
    if (next == arguments.size() || arguments[next] == "--help" || arguments[next] == "-h") {
      bool asked = next < arguments.size();
      asked ? write_out(group_help(*at, path)) : write_error(group_help(*at, path));
      return asked ? exit_ok : exit_usage;
    }
    auto wanted = arguments[next] == "--version" ? "version" : arguments[next];
    auto child = std::find_if(at->children.begin(), at->children.end(),
                              [&](const command& x) { return x.name == wanted; });
    if (child == at->children.end())
      return usage_error(path, fmt::format("there is no command '{}'.{}", wanted,
                                           did_you_mean(wanted, names_of(at->children))));
    at = &*child;
    path += " " + at->name;
    ++next;
  }
  return run_leaf(*at, path,
                  {arguments.begin() + static_cast<std::ptrdiff_t>(next), arguments.end()});
}

}  // namespace troupe::app
