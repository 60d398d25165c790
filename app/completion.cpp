#include "app/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::app {

namespace {

/// "--topic,-t" -> {"--topic", "-t"}; positional options have no words to offer.
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

struct page {
  std::string path;  ///< "troupe topic create"
  const command* what;
};

void collect(const command& at, const std::string& path, std::vector<page>& into) {
  into.push_back({path, &at});
  for (const auto& child : at.children)
    collect(child, path + " " + child.name, into);
}

std::string words_after(const command& at) {
  std::string words;
  for (const auto& child : at.children)
    words += child.name + " ";
  for (const auto& option : at.options)
    for (const auto& word : words_of(option))
      words += word + " ";
  if (!at.config_option.empty())
    words += at.config_option + " ";
  return words + "--help";
}

/// One case per option with fixed values: what may follow it.
std::string bash_choices(const std::vector<page>& pages) {
  std::string cases;
  for (const auto& [path, at] : pages)
    for (const auto& option : at->options)
      for (const auto& word : words_of(option))
        if (!option.choices.empty())
          cases += fmt::format("    '{} {}') offers='{}' ;;\n", path, word,
                               fmt::join(option.choices, " "));
  return cases;
}

std::string bash_script(const std::vector<page>& pages) {
  std::string commands;
  for (const auto& [path, at] : pages)
    commands += fmt::format("    '{}') offers='{}' ;;\n", path, words_after(*at));
  return fmt::format(R"(# bash completion of troupe: source <(troupe completion bash)
_troupe() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path=troupe offers='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ "${{COMP_WORDS[i]}}" == -* ]] && break
    path="$path ${{COMP_WORDS[i]}}"
  done
  # Positional arguments are no part of the path: drop words until a command is known.
  while :; do
    case "$path" in
{}    esac
    [ -n "$offers" ] || [ "$path" = troupe ] && break
    path="${{path% *}}"
  done
  case "$path $previous" in
{}  esac
  COMPREPLY=($(compgen -W "$offers" -- "$current"))
  [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -F _troupe troupe
)",
                     commands, bash_choices(pages));
}

std::string escape_fish(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  return out;
}

std::string fish_option(const std::string& condition, const option_spec& option) {
  auto words = words_of(option);
  if (words.empty())
    return {};
  auto line = fmt::format("complete -c troupe -n '{}'", condition);
  for (const auto& word : words)
    line += word.starts_with("--") ? " -l " + word.substr(2) : " -s " + word.substr(1);
  if (!std::holds_alternative<bool*>(option.target))
    line += " -r";
  if (!option.choices.empty())
    line += fmt::format(" -f -a '{}'", fmt::join(option.choices, " "));
  return line + fmt::format(" -d '{}'\n", escape_fish(option.help));
}

std::string fish_script(const std::vector<page>& pages) {
  std::string out = "# fish completion of troupe: troupe completion fish | source\n";
  for (const auto& [path, at] : pages) {
    std::string condition;
    std::size_t begin = std::min(path.find(' '), path.size());
    if (path.size() == begin) {
      condition = "__fish_use_subcommand";
    } else {
      for (auto rest = path.substr(begin + 1); !rest.empty();) {
        auto end = std::min(rest.find(' '), rest.size());
        condition += (condition.empty() ? "" : "; and ") +
                     fmt::format("__fish_seen_subcommand_from {}", rest.substr(0, end));
        rest = rest.substr(std::min(end + 1, rest.size()));
      }
    }
    for (const auto& child : at->children)
      out += fmt::format("complete -c troupe -f -n '{}' -a {} -d '{}'\n", condition, child.name,
                         escape_fish(child.summary));
    for (const auto& option : at->options)
      out += fish_option(condition, option);
  }
  return out;
}

}  // namespace

std::string completion_script(const command& root, std::string_view shell) {
  std::vector<page> pages;
  collect(root, root.name, pages);
  if (shell == "bash")
    return bash_script(pages);
  // zsh runs bash completions through its own compatibility function.
  if (shell == "zsh")
    return "#compdef troupe\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(pages);
  if (shell == "fish")
    return fish_script(pages);
  return {};
}

}  // namespace troupe::app
