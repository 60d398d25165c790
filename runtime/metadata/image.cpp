#include "runtime/metadata/image.hpp"

#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

namespace {

bool allowed_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

error invalid(std::string message) { return error{errc::invalid_topic, std::move(message)}; }

}  // namespace

const broker_metadata* metadata_image::find_broker(node_id id) const {
  std::size_t first = 0;
  for (auto count = brokers.size(); count > 0;) {
    const auto half = count / 2;
    if (brokers[first + half].id < id) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first < brokers.size() && brokers[first].id == id ? &brokers[first] : nullptr;
}

std::int32_t effective_min_isr(const topic_config& config, std::size_t replicas) {
  return std::min(config.min_insync_replicas(), static_cast<std::int32_t>(replicas));
}

result<void> check_topic_name(std::string_view name) {
  if (name.empty())
    return invalid("A topic name must not be empty.");
  if (name.size() > limits::topic_name_bytes_max)
    return invalid(fmt::format("A topic name has at most {} characters, this one has {}.",
                               limits::topic_name_bytes_max, name.size()));
  if (name == "." || name == "..")
    return invalid(fmt::format("'{}' is not a topic name.", name));
  const auto bad = std::ranges::find_if_not(name, allowed_in_name);
  if (bad != name.end())
    return invalid(
        fmt::format("A topic name has only letters, digits, '.', '_' and '-'; byte {} is another.",
                    bad - name.begin()));
  return {};
}

}  // namespace troupe
