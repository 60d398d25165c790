#include "app/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::app {

namespace {

struct page {
  std::string path;  ///< "troupe topic create"
  const command* what;
};

void collect(const command& at, const std::string& path, std::vector<page>& into) {
  into.push_back({path, &at});
  for (const auto& child : at.children)
    collect(child, path + " " + child.name, into);
}

bool takes_value(const option_spec& option) {
  return !std::holds_alternative<bool*>(option.target);
}

std::string words_after(const command& at) {
  std::string words;
  for (const auto& child : at.children)
    words += child.name + " ";
  for (const auto& option : at.options) {
    for (const auto& word : words_of(option))
      words += word + " ";
    if (words_of(option).empty())
      for (const auto& choice : option.choices)
        words += choice + " ";
  }
  if (!at.config_option.empty())
    words += at.config_option + " ";
  return words + "--help";
}

/// What the function _troupe is to look for on the disk, as the value of its variable `paths`.
const char* paths_of(completes what) {
  switch (what) {
    case completes::words: return "none";
    case completes::files: return "files";
    case completes::directories: return "directories";
    case completes::segments: return "segments";
  }
  return "none";
}

/// The case of one command: its words, and the paths its positional options take.
std::string bash_command(const page& at) {
  auto paths = completes::words;
  for (const auto& option : at.what->options)
    if (words_of(option).empty() && option.completion != completes::words)
      paths = option.completion;
  return fmt::format("    '{}') offers='{}' paths={} ;;\n", at.path, words_after(*at.what),
                     paths_of(paths));
}

/// One case per option with a value: what may follow it, and nothing else.
std::string bash_values(const page& at) {
  std::string cases;
  auto add = [&](const std::string& word, const std::string& choices, completes what) {
    cases += fmt::format("    '{} {}') offers='{}' paths={} ;;\n", at.path, word, choices,
                         paths_of(what));
  };
  for (const auto& option : at.what->options)
    for (const auto& word : words_of(option))
      if (takes_value(option))
        add(word, fmt::format("{}", fmt::join(option.choices, " ")), option.completion);
  if (!at.what->config_option.empty())
    add(at.what->config_option, "", completes::files);
  return cases;
}

std::string bash_script(const std::vector<page>& pages) {
  std::string commands;
  std::string values;
  for (const auto& at : pages) {
    commands += bash_command(at);
    values += bash_values(at);
  }
  return fmt::format(R"(# bash completion of troupe: source <(troupe completion bash)
_troupe() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path=troupe offers='' paths=none i
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
  [[ "$paths" == none || "$current" == -* ]] && return
  # Names with blanks stay whole, and a directory gets its slash.
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  case "$paths" in
    files) COMPREPLY+=($(compgen -f -- "$current")) ;;
    directories) COMPREPLY+=($(compgen -d -- "$current")) ;;
    segments) COMPREPLY+=($(compgen -d -- "$current") $(compgen -f -X '!*.log' -- "$current")) ;;
  esac
}}
complete -F _troupe troupe
)",
                     commands, values);
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

/// The rest of a fish line: what the option takes, and its description.
std::string fish_value(const option_spec& option) {
  std::string line;
  if (option.completion == completes::directories)
    line = " -x -a '(__fish_complete_directories)'";
  else if (option.completion == completes::words)
    line = " -x";
  else
    line = " -r";
  if (!option.choices.empty())
    line += fmt::format(" -a '{}'", fmt::join(option.choices, " "));
  return line;
}

std::string fish_option(const std::string& condition, const option_spec& option) {
  auto words = words_of(option);
  auto line = fmt::format("complete -c troupe -n '{}'", condition);
  if (words.empty()) {
    if (option.choices.empty() && option.completion == completes::words)
      return {};
    line +=
        option.choices.empty() ? " -F" : fmt::format(" -f -a '{}'", fmt::join(option.choices, " "));
    return line + fmt::format(" -d '{}'\n", escape_fish(option.help));
  }
  for (const auto& word : words)
    line += word.starts_with("--") ? " -l " + word.substr(2) : " -s " + word.substr(1);
  if (takes_value(option))
    line += fish_value(option);
  return line + fmt::format(" -d '{}'\n", escape_fish(option.help));
}

std::string fish_script(const std::vector<page>& pages) {
  std::string out =
      "# fish completion of troupe: troupe completion fish | source\n"
      "complete -c troupe -f\n";
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
    if (!at->config_option.empty())
      out += fmt::format("complete -c troupe -n '{}' -l {} -r\n", condition,
                         at->config_option.substr(2));
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
