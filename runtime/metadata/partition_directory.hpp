// Which directories of the data directory belong to which partition.
#pragma once

#include "runtime/metadata/metadata_state.hpp"

#include <optional>

namespace troupe {

/// "orders-3" -> orders, 3. Nothing when no partition's directory has that name.
std::optional<topic_partition> parse_partition_directory(std::string_view name);

enum class directory_owner : std::uint8_t {
  topic,     ///< a partition of a topic
  deletion,  ///< of a deleted topic: to be removed
  stranger,  ///< looks like a partition's and belongs to no topic: to be moved out of the way
  none,      ///< not a partition's directory
};

directory_owner owner_of(std::string_view directory, const metadata_state& state);
/// What a stranger is renamed to, so that a topic created later cannot find it: a name that no
/// partition has.
std::string set_aside_name(std::string_view directory);

}  // namespace troupe
