// How two nodes get to know each other: what each says of itself, and who is refused.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// Versions of the messages between nodes that this program speaks. The hello itself never changes
/// its layout, so that every version can refuse every other with words.
inline constexpr std::uint16_t protocol_version_oldest = 1;
inline constexpr std::uint16_t protocol_version_newest = 1;

/// What a node says of itself.
struct node_identity {
  node_id id{};
  std::uint64_t incarnation = 0;  ///< random, a new one with every start of the process
  std::string cluster_id;         ///< empty: belongs to no cluster yet, and fits any
  std::uint16_t oldest_version = protocol_version_oldest;
  std::uint16_t newest_version = protocol_version_newest;

  bool operator==(const node_identity&) const = default;
};

template <class Inspector>
auto inspect(Inspector& f, node_identity& x) {
  return f(x.id, x.incarnation, x.cluster_id, x.oldest_version, x.newest_version);
}

/// Whether `self` and `other` may talk, where one of them meant to reach `meant` and reached
/// `found`. Errors, the first that applies: unsupported_version; inconsistent_cluster_id;
/// duplicate_broker_registration when both claim the same id; invalid_registration when the address
/// leads to another node than the configuration says, or to the node itself.
result<void> check_hello(const node_identity& self, const node_identity& other, node_id meant,
                         node_id found);

}  // namespace troupe
