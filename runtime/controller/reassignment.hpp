// Other replicas for a partition, while it is in use (KIP-455).
//
//   replicas {1,2,3}, wanted {1,4}:
//     begun      replicas {1,4,2,3}  adding {4}  removing {2,3}    4 fetches all there is
//     ends       replicas {1,4}      as soon as 4 is in sync and enough in-sync replicas stay
//     cancelled  replicas {1,2,3}    (in the order in which they then stand)
//
// The end comes with the change that makes it possible: partition_plan.hpp. How far the copying has
// come is known to the leaders; who is in sync already is in list_reassignments().
#pragma once

#include "runtime/controller/plan.hpp"
#include "runtime/protocol/cluster_requests.hpp"

namespace troupe::controller {

/// Begins, replaces or cancels reassignments, each by itself. Errors: unknown_topic,
/// unknown_partition, no_reassignment_in_progress, invalid_replica_assignment: a broker twice, one
/// that is not registered, a new one that is fenced (it could never end), or nobody would be
/// left who is in sync or eligible to lead.
decision<alter_reassignments_response> plan_reassignments(const cluster_state& state,
                                                          const alter_reassignments_request& what);

list_reassignments_response list_reassignments(const metadata_image& image,
                                               const list_reassignments_request& what);

/// Whether these can be the replicas of one partition. Errors: invalid_replica_assignment.
result<void> check_replicas(const metadata_image& image, const node_list& replicas);

}  // namespace troupe::controller
