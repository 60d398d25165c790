#include "runtime/cluster/hello.hpp"

#include <fmt/format.h>

namespace troupe {

namespace {

std::string versions(const node_identity& x) {
  if (x.oldest_version == x.newest_version)
    return fmt::format("version {}", x.newest_version);
  return fmt::format("versions {} to {}", x.oldest_version, x.newest_version);
}

}  // namespace

result<void> check_hello(const node_identity& self, const node_identity& other, node_id meant,
                         node_id found) {
  if (other.newest_version < self.oldest_version || self.newest_version < other.oldest_version)
    return error{
        errc::unsupported_version,
        fmt::format("Node {} speaks {} of the protocol between nodes, node {} speaks {}.",
                    value_of(other.id), versions(other), value_of(self.id), versions(self))};
  if (!self.cluster_id.empty() && !other.cluster_id.empty() && self.cluster_id != other.cluster_id)
    return error{
        errc::inconsistent_cluster_id,
        fmt::format("Node {} belongs to cluster '{}', node {} to cluster '{}'.", value_of(other.id),
                    other.cluster_id, value_of(self.id), self.cluster_id)};
  if (self.id == other.id && self.incarnation == other.incarnation)
    return error{errc::invalid_registration,
                 fmt::format("Node {} has reached itself: the address of node {} is its own.",
                             value_of(self.id), value_of(meant))};
  if (self.id == other.id)
    return error{errc::duplicate_broker_registration,
                 fmt::format("Node id {} is used by two processes.", value_of(self.id))};
  if (meant != found)
    return error{errc::invalid_registration,
                 fmt::format("The address configured for node {} leads to node {}.",
                             value_of(meant), value_of(found))};
  return {};
}

}  // namespace troupe
