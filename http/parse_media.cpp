#include "http/parse_media.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

constexpr std::string_view plain_json = "application/json";
constexpr std::string_view control_type = "application/vnd.kafka.v2+json";
constexpr auto embedded_formats =
    std::to_array({embedded_format::json, embedded_format::binary, embedded_format::text});

std::string_view trim(std::string_view text) {
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

/// Cuts `rest` at the next `separator` and returns what was before it, trimmed.
std::string_view take_until(std::string_view& rest, char separator) {
  auto at = rest.find(separator);
  auto head = trim(rest.substr(0, at));
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return head;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  // Nearly all send them in small letters.
  return a == b || std::equal(a.begin(), a.end(), b.begin(),
                              [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<embedded_format> format_of(std::string_view type) {
  for (auto format : embedded_formats)
    if (same(type, media_type(format)))
      return format;
  if (same(type, plain_json))
    return embedded_format::json;
  return std::nullopt;
}

std::string known_types() {
  return fmt::format("{}, {}, {} or {}", media_type(embedded_format::json),
                     media_type(embedded_format::binary), media_type(embedded_format::text),
                     plain_json);
}

/// "0.8" in thousandths; what is malformed counts as 1.
int weight_of(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1'))
    return 1000;
  int weight = (text[0] - '0') * 1000;
  int unit = 100;
  for (std::size_t i = 2; i < text.size() && unit != 0; ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9')
      return 1000;
    weight += (text[i] - '0') * unit;
  }
  return std::min(weight, 1000);
}

std::optional<answer_format> answer_for(std::string_view type) {
  if (same(type, plain_json))
    return answer_format{embedded_format::json, plain_json};
  if (auto format = format_of(type))
    return answer_format{*format, media_type(*format)};
  if (type == "*/*" || same(type, "application/*") || same(type, control_type))
    return answer_format{embedded_format::binary, media_type(embedded_format::binary)};
  return std::nullopt;
}

}  // namespace

result<embedded_format> parse_content_type(std::string_view header) {
  std::string_view rest = header;
  auto format = format_of(take_until(rest, ';'));
  if (!format)
    return error{
        errc::unsupported_media_type,
        fmt::format("{}; send {}.",
                    header.empty() ? "The request has no Content-Type"
                                   : fmt::format("Content-Type '{}' is not supported", header),
                    known_types())};
  while (!rest.empty()) {
    std::string_view value = take_until(rest, ';');
    std::string_view name = take_until(value, '=');
    if (same(name, "charset") && !same(value, "utf-8") && !same(value, "\"utf-8\""))
      return error{errc::unsupported_media_type,
                   fmt::format("The charset '{}' is not supported; send UTF-8.", value)};
  }
  return *format;
}

result<answer_format> parse_accept(std::string_view header) {
  if (trim(header).empty())
    return *answer_for("*/*");
  std::optional<answer_format> best;
  int best_weight = 0;
  for (std::string_view rest = header; !rest.empty();) {
    std::string_view parameters = take_until(rest, ',');
    std::string_view type = take_until(parameters, ';');
    int weight = 1000;
    while (!parameters.empty()) {
      std::string_view value = take_until(parameters, ';');
      if (same(take_until(value, '='), "q"))
        weight = weight_of(value);
    }
    auto answer = answer_for(type);
    if (!answer || weight <= best_weight)
      continue;
    best = answer;
    best_weight = weight;
  }
  if (best)
    return *best;
  return error{
      errc::not_acceptable,
      fmt::format("Accept '{}' names no format of records; ask for {}.", header, known_types())};
}

}  // namespace troupe::http
