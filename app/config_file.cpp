#include "app/config_file.hpp"

#include "app/line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace troupe::app {

namespace {

constexpr std::string_view blanks = " \t\r";

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

std::string_view trim(std::string_view text) {
  auto begin = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

template <class... Args>
failure wrong(fmt::format_string<Args...> format, Args&&... args) {
  return {exit_usage, fmt::format(format, std::forward<Args>(args)...)};
}

void append_utf8(std::string& into, std::uint32_t c) {
  auto byte = [&](std::uint32_t x) { into += static_cast<char>(x); };
  if (c < 0x80)
    return byte(c);
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::uint32_t lead[] = {0, 0xc0, 0xe0, 0xf0};
  byte(lead[more] | c >> (6 * more));
  while (more-- > 0)
    byte(0x80 | (c >> (6 * more) & 0x3f));
}

/// What stands behind a backslash, `rest` without it; drops it from `rest`. False: no such escape.
bool take_escape(std::string_view& rest, std::string& into) {
  constexpr std::string_view names = "btnfr\"\\";
  constexpr std::string_view meanings = "\b\t\n\f\r\"\\";
  if (rest.empty())
    return false;
  auto name = rest.front();
  rest.remove_prefix(1);
  if (auto at = names.find(name); at != names.npos) {
    into += meanings[at];
    return true;
  }
  std::size_t digits = name == 'u' ? 4 : name == 'U' ? 8 : 0;
  std::uint32_t code = 0;
  auto text = rest.substr(0, digits);
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), code, 16);
  bool whole = digits > 0 && text.size() == digits && end == text.data() + text.size();
  if (ec != std::errc{} || !whole || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return false;
  rest.remove_prefix(digits);
  append_utf8(into, code);
  return true;
}

/// The string that begins with the quote at the start of `rest`; drops it from `rest`.
attempt<std::string> take_string(std::string_view& rest) {
  char quote = rest.front();
  if (rest.starts_with(R"(""")") || rest.starts_with("'''"))
    return wrong("a string over several lines is no value of a setting");
  rest.remove_prefix(1);
  std::string out;
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == quote)
      return out;
    if (c != '\\' || quote == '\'')
      out += c;
    else if (auto shown = rest.substr(0, 1); !take_escape(rest, out))
      return wrong("'\\{}' is no escape; write '\\\\' for a backslash, or use single quotes",
                   shown);
  }
  return wrong("the closing {} is missing", quote);
}

bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-'))
    text.remove_prefix(1);
  bool digits = !text.empty() && text.front() >= '0' && text.front() <= '9';
  return digits && std::ranges::all_of(
                       text, [](char c) { return (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

/// A value that is no string; `text` is the rest of the line.
attempt<std::string> plain_value(std::string_view key, std::string_view text) {
  text = trim(text.substr(0, text.find('#')));
  if (text.empty())
    return wrong("'{}' has no value", key);
  if (text.front() == '[' || text.front() == '{')
    return wrong("a list or table is no value of a setting");
  if (text != "true" && text != "false" && !is_number(text))
    return wrong("the value must be in quotes: {} = \"{}\"", key, text);
  std::string out(text);
  std::erase(out, '_');
  return out;
}

}  // namespace

attempt<config_entry> parse_config_line(std::string_view line) {
  config_entry entry;
  auto rest = trim(line);
  if (rest.empty() || rest.front() == '#')
    return entry;
  if (rest.front() == '[')
    return wrong("there are no sections; every setting stands by itself, as name = value");
  if (rest.front() == '"' || rest.front() == '\'') {
    auto key = take_string(rest);
    if (!key)
      return key.error();
    entry.key = *key;
  } else {
    // Dots are let through: the name is then reported as one that nobody knows.
    auto end = std::ranges::find_if_not(rest, [](char c) { return is_bare(c) || c == '.'; });
    entry.key = std::string(rest.begin(), end);
    rest.remove_prefix(entry.key.size());
  }
  rest = trim(rest);
  if (entry.key.empty() || !rest.starts_with('='))
    return wrong("this is not name = value: {}", trim(line));
  rest = trim(rest.substr(1));
  if (!rest.starts_with('"') && !rest.starts_with('\'')) {
    auto value = plain_value(entry.key, rest);
    if (!value)
      return value.error();
    entry.value = *value;
    return entry;
  }
  auto value = take_string(rest);
  if (!value)
    return value.error();
  entry.value = *value;
  rest = trim(rest);
  if (!rest.empty() && rest.front() != '#')
    return wrong("there is something behind the value of '{}': {}", entry.key, rest);
  return entry;
}

attempt<std::vector<config_entry>> read_config_file(const std::string& path) {
  auto input = line_reader::open(path);
  if (!input)
    return failure{exit_usage, input.error().message};
  std::vector<config_entry> entries;
  std::string_view line;
  for (;;) {
    auto state = input->next(line, std::chrono::milliseconds(1'000));
    if (!state)
      return failure{exit_usage, fmt::format("{}: {}", path, state.error().message)};
    if (*state == line_state::end)
      return entries;
    if (*state == line_state::nothing_yet)
      continue;
    auto entry = parse_config_line(line);
    auto at = fmt::format("{}:{}: ", path, input->line_number());
    if (!entry)
      return failure{exit_usage, at + entry.error().message};
    if (entry->key.empty())
      continue;
    auto before = std::ranges::find(entries, entry->key, &config_entry::key);
    if (before != entries.end())
      return failure{exit_usage, fmt::format("{}'{}' is set a second time; line {} sets it already",
                                             at, entry->key, before->line)};
    entry->line = static_cast<std::size_t>(input->line_number());
    entries.push_back(std::move(*entry));
  }
}

}  // namespace troupe::app
