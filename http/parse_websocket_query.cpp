#include "http/parse_websocket.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace troupe::http {

namespace {

error bad_parameter(std::string what) { return {errc::invalid_parameter, std::move(what)}; }

std::optional<std::int64_t> to_natural(std::string_view text) {
  std::int64_t value = 0;
  auto [p, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || p != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

result<std::vector<partition_id>> to_partitions(std::string_view text) {
  std::vector<partition_id> found;
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = std::min(text.find(',', begin), text.size());
    auto value = to_natural(text.substr(begin, end - begin));
    if (!value || *value > INT32_MAX)
      return bad_parameter(fmt::format(
          "'partitions' must be a list of partition numbers such as 0,1,2, not '{}'.", text));
    found.push_back(partition_id{static_cast<std::int32_t>(*value)});
    begin = end + 1;
  }
  std::sort(found.begin(), found.end());
  if (std::adjacent_find(found.begin(), found.end()) != found.end())
    return bad_parameter(fmt::format("'partitions' names a partition twice: '{}'.", text));
  if (found.size() > limits::websocket_subscriptions_max)
    return bad_parameter(
        fmt::format("'partitions' names {} partitions; one socket reads at most {}.", found.size(),
                    limits::websocket_subscriptions_max));
  return found;
}

result<start_position> to_start(std::string_view text) {
  using kind = start_position::kind;
  if (text == "earliest")
    return start_position{kind::earliest, 0};
  if (text == "latest")
    return start_position{kind::latest, 0};
  constexpr std::string_view by_time = "timestamp:";
  if (text.starts_with(by_time)) {
    if (auto at = to_natural(text.substr(by_time.size())))
      return start_position{kind::timestamp, *at};
  } else if (auto offset = to_natural(text)) {
    return start_position{kind::offset, *offset};
  }
  return bad_parameter(
      fmt::format("'from' must be earliest, latest, an offset or timestamp:<ms>, not '{}'.", text));
}

result<embedded_format> to_format(std::string_view text) {
  if (auto format = parse_embedded_format(text))
    return *format;
  return bad_parameter(fmt::format("'format' must be json, text or binary, not '{}'.", text));
}

result<shown_format> to_shown_format(std::string_view text) {
  if (text == "auto")
    return shown_format{};
  if (auto format = parse_embedded_format(text))
    return shown_format{*format};
  return bad_parameter(fmt::format("'format' must be auto, json, text or binary, not '{}'.", text));
}

result<void> none_twice(const query_parameters& query) {
  for (auto i = query.begin(); i != query.end(); ++i)
    for (auto j = query.begin(); j != i; ++j)
      if (i->first == j->first)
        return bad_parameter(fmt::format("The parameter '{}' is given twice.", i->first));
  return {};
}

}  // namespace

result<subscribe_query> parse_subscribe_query(const query_parameters& query) {
  if (auto once = none_twice(query); !once)
    return once.error();
  subscribe_query found;
  for (const auto& [name, value] : query) {
    if (name == "partitions") {
      auto partitions = to_partitions(value);
      if (!partitions)
        return partitions.error();
      found.partitions = std::move(*partitions);
    } else if (name == "from") {
      auto from = to_start(value);
      if (!from)
        return from.error();
      found.from = *from;
    } else if (name == "format") {
      auto format = to_shown_format(value);
      if (!format)
        return format.error();
      found.format = *format;
    } else if (name == "credit") {
      if (value != "manual")
        return bad_parameter(fmt::format("'credit' must be manual or absent, not '{}'.", value));
      found.manual_credit = true;
    } else {
      return bad_parameter(fmt::format(
          "Unknown parameter '{}'; known are partitions, from, format and credit.", name));
    }
  }
  return found;
}

result<embedded_format> parse_produce_query(const query_parameters& query) {
  if (auto once = none_twice(query); !once)
    return once.error();
  auto format = embedded_format::json;
  for (const auto& [name, value] : query) {
    if (name == "acks" || name == "timeout")
      continue;
    if (name != "format")
      return bad_parameter(
          fmt::format("Unknown parameter '{}'; known are format, acks and timeout.", name));
    auto given = to_format(value);
    if (!given)
      return given.error();
    format = *given;
  }
  return format;
}

}  // namespace troupe::http
