#include "http/parse_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace troupe::http {

namespace {

const std::string* find(const query_list& query, std::string_view name) {
  for (const auto& [key, value] : query)
    if (key == name)
      return &value;
  return nullptr;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || at != text.data() + text.size())
    return std::nullopt;
  return value;
}

result<void> check_query(const query_list& query, std::span<const std::string_view> known) {
  for (std::size_t i = 0; i < query.size(); ++i) {
    const auto& name = query[i].first;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string list = known.empty() ? "there are none here"
                                       : fmt::format("known are {}", fmt::join(known, ", "));
      return error{errc::invalid_parameter,
                   fmt::format("Unknown query parameter '{}'; {}.", name, list)};
    }
    for (std::size_t j = 0; j < i; ++j)
      if (query[j].first == name)
        return error{errc::invalid_parameter,
                     fmt::format("The query parameter '{}' is given twice.", name)};
  }
  return {};
}

result<std::int64_t> query_integer(const query_list& query, std::string_view name,
                                   std::int64_t absent, std::int64_t min, std::int64_t max) {
  const auto* text = find(query, name);
  if (text == nullptr)
    return absent;
  auto value = parse_integer(*text);
  if (value && *value >= min && *value <= max)
    return *value;
  return error{
      errc::invalid_parameter,
      fmt::format("{} must be an integer between {} and {}, not '{}'.", name, min, max, *text)};
}

result<bool> query_boolean(const query_list& query, std::string_view name, bool absent) {
  const auto* text = find(query, name);
  if (text == nullptr)
    return absent;
  if (*text == "true")
    return true;
  if (*text == "false")
    return false;
  return error{errc::invalid_parameter,
               fmt::format("{} must be true or false, not '{}'.", name, *text)};
}

}  // namespace troupe::http
