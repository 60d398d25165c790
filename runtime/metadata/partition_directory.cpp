#include "runtime/metadata/partition_directory.hpp"

#include <charconv>

namespace troupe {

std::optional<topic_partition> parse_partition_directory(std::string_view name) {
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || !check_topic_name(name.substr(0, dash)))
    return std::nullopt;
  const auto digits = name.substr(dash + 1);
  std::int32_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, number);
  topic_partition found{std::string{name.substr(0, dash)}, partition_id{number}};
  // Only as to_string writes it: "orders-03" is nobody's.
  if (code != std::errc{} || stop != end || number < 0 || to_string(found) != name)
    return std::nullopt;
  return found;
}

directory_owner owner_of(std::string_view directory, const metadata_state& state) {
  const auto partition = parse_partition_directory(directory);
  if (!partition)
    return directory_owner::none;
  const auto number = value_of(partition->partition);
  if (const auto topic = state.image->find(partition->topic);
      topic != nullptr && number < topic->partition_count())
    return directory_owner::topic;
  if (const auto* deletion = state.find_deletion(partition->topic);
      deletion != nullptr && number < deletion->partitions)
    return directory_owner::deletion;
  return directory_owner::stranger;
}

std::string set_aside_name(std::string_view directory) {
  return std::string{directory} + ".set-aside";
}

}  // namespace troupe
