#include "runtime/config/setting_value.hpp"

#include <fmt/format.h>

#include <charconv>

namespace troupe {

namespace {

struct suffix {
  std::string_view name;
  std::int64_t factor;
};

constexpr suffix byte_suffixes[] = {
    {"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}};
constexpr suffix time_suffixes[] = {
    {"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

std::span<const suffix> suffixes_of(setting_unit unit) {
  switch (unit) {
    case setting_unit::size: return byte_suffixes;
    case setting_unit::duration: return time_suffixes;
    case setting_unit::number: break;
  }
  return {};
}

std::optional<std::int64_t> factor_of(std::string_view name, setting_unit unit) {
  if (name.empty())
    return 1;
  for (const auto& known : suffixes_of(unit))
    if (known.name == name)
      return known.factor;
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text, setting_unit unit) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{})
    return std::nullopt;
  const auto factor = factor_of({stop, static_cast<std::size_t>(end - stop)}, unit);
  std::int64_t product = 0;
  if (!factor || __builtin_mul_overflow(number, *factor, &product))
    return std::nullopt;
  return product;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true")
    return true;
  if (text == "false")
    return false;
  return std::nullopt;
}

std::string range_text(std::int64_t min, std::int64_t max, setting_unit unit) {
  const auto* name = unit == setting_unit::size       ? " bytes"
                     : unit == setting_unit::duration ? " ms"
                                                      : "";
  return fmt::format("{}..{}{}", min, max, name);
}

std::string choices_text(std::span<const std::string_view> choices) {
  std::string text;
  std::size_t i = 0;
  for (auto choice : choices) {
    if (i != 0)
      text += i + 1 == choices.size() ? " or " : ", ";
    text += choice;
    ++i;
  }
  return text;
}

}  // namespace troupe
