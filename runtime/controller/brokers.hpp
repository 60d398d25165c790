// The life of a broker in the metadata log: registered, unfenced, fenced, shutting down.
//
//   register ──► fenced ──heartbeat, caught up──► live ──wants_shutdown──► shutting down ──► fenced
//                   ▲                               │                        all others know
//                   └── no heartbeat for a session ─┘
//
// Whatever ends `live` moves leadership and in-sync replicas in the same batch (R21, R23).
#pragma once

#include "runtime/controller/plan.hpp"
#include "runtime/controller/sessions.hpp"
#include "runtime/protocol/cluster_requests.hpp"

namespace troupe::controller {

/// Takes a broker in, fenced, under a new epoch: the offset at which the batch is appended. A
/// repeated request of the same process changes nothing and gets its epoch again.
///
/// Without the epoch under which it last stopped cleanly, what the broker had not synced is lost
/// (R18). It stays eligible, as the last choice, where that can be nothing that was acknowledged:
/// in topics with flush=fsync, if its data directory is still the same one.
///
/// Errors: inconsistent_cluster_id, unsupported_version, invalid_registration, policy_violation,
/// duplicate_broker_registration while another process holds the session.
result<decision<register_broker_response>> plan_registration(const cluster_state& state,
                                                             const sessions& heard,
                                                             const register_broker_request& what,
                                                             mono_time now);

/// Errors: broker_id_not_registered, stale_broker_epoch.
result<const broker_metadata*> check_broker(const metadata_image& image, node_id id,
                                            broker_epoch epoch);

/// Takes the heartbeat into `heard`. Afterwards the caller gives the offset of a batch that begins
/// a shutdown to sessions::shutdown_at. Errors: of check_broker.
result<decision<broker_heartbeat_response>> plan_heartbeat(const cluster_state& state,
                                                           sessions& heard,
                                                           const broker_heartbeat_request& what,
                                                           mono_time now);

/// REQUIRES a registered broker. Nothing when it is so already.
changes plan_fence(const cluster_state& state, node_id broker);
changes plan_unfence(const cluster_state& state, node_id broker);
changes plan_shutdown(const cluster_state& state, node_id broker);

/// Errors: unknown_broker, conflict (it is alive, or still has replicas).
result<changes> plan_unregistration(const cluster_state& state, const sessions& heard,
                                    const unregister_broker_request& what, mono_time now);

/// Replicas whose disk failed leave the in-sync and the eligible ones. Unknown ones are passed
/// over. Errors: of check_broker.
result<changes> plan_failed_replicas(const cluster_state& state,
                                     const failed_replicas_request& what);

}  // namespace troupe::controller
