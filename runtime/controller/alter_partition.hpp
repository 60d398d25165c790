// A leader asks for other in-sync replicas (KIP-497, KIP-841, KIP-903; rules R13, R16).
#pragma once

#include "runtime/controller/plan.hpp"
#include "runtime/protocol/cluster_requests.hpp"

namespace troupe::controller {

/// Checks in this order, because each of them tells the leader another thing to do (R14):
///
///   sender is another process than the registered one    stale_broker_epoch
///   no such topic, partition                             unknown_topic, unknown_partition
///   it knows more than this controller                   not_controller
///   it led in an earlier leader epoch                    fenced_leader_epoch
///   it is not the leader                                 bad_request
///   the partition has changed since                      invalid_update_version
///   not replicas, without the leader, one twice          bad_request
///   more than the leader while recovering                bad_request
///   a member is fenced, stopping or has restarted        ineligible_replica
///
/// The answer is the partition as it will be. new_leader_elected: the change is made and with it
/// another replica leads, because a reassignment ends. The same set again changes nothing.
decision<alter_partition_response> plan_alter_partition(const cluster_state& state,
                                                        const alter_partition_request& what);

}  // namespace troupe::controller
