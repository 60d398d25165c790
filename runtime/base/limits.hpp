// Every limit of the program, in one place, each with what happens when it is reached. Limits an
// operator may change are settings of the broker (runtime/config); these are their defaults and
// the bounds nobody may change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::limits {

inline constexpr std::size_t KiB = 1024;
inline constexpr std::size_t MiB = 1024 * KiB;
inline constexpr std::size_t GiB = 1024 * MiB;

// -- names --------------------------------------------------------------------

/// Longest topic name (Kafka's own limit). Above: invalid_topic.
inline constexpr std::size_t topic_name_bytes_max = 249;
/// Partitions of one topic. Above: invalid_partitions.
inline constexpr std::int32_t partitions_per_topic_max = 20'000;
/// Partitions on one broker. Above: policy_violation.
inline constexpr std::size_t partitions_per_broker_max = 100'000;

/// Brokers of one cluster. Above: policy_violation.
inline constexpr std::size_t brokers_max = 1'000;
/// Replicas of one partition. Above: invalid_replication_factor, invalid_replica_assignment.
inline constexpr std::size_t replicas_max = 100;

// -- records and batches ------------------------------------------------------

/// Default of max.message.bytes, the largest batch a topic takes. Above: record_too_large.
inline constexpr std::size_t message_bytes_default = 1 * MiB + 12;
/// Largest value max.message.bytes may be given; also the largest batch any reader believes, so
/// that a flipped bit in a length cannot allocate gigabytes.
inline constexpr std::size_t batch_bytes_max = 64 * MiB;
/// Headers of one record. Above: invalid_record.
inline constexpr std::size_t record_headers_max = 1'000;
/// Latest timestamp of a record, in ms: the end of the year 9999. Above it are microseconds taken
/// for milliseconds. Above: invalid_timestamp.
inline constexpr std::int64_t timestamp_max = 253'402'300'799'999;
/// Largest a compressed batch may become. Above: corrupt_batch.
inline constexpr std::size_t decompressed_bytes_max = 128 * MiB;

// -- fetching -----------------------------------------------------------------

/// Bytes of one fetch when the client does not say, and the most it may ask for (clamped).
inline constexpr std::size_t fetch_bytes_default = 1 * MiB;
inline constexpr std::size_t fetch_bytes_max = 64 * MiB;
/// Longest a fetch may wait for data (clamped), in ms.
inline constexpr std::int64_t fetch_wait_ms_max = 60'000;
/// Fetches parked in one partition. Above: too_many_requests.
inline constexpr std::size_t parked_fetches_max = 10'000;

// -- producing ----------------------------------------------------------------

/// Records of one request or frame. Above: invalid_payload.
inline constexpr std::size_t produce_records_max = 100'000;
/// Longest a produce request may ask to wait for its acknowledgement, in ms. Above:
/// invalid_parameter.
inline constexpr std::int64_t produce_timeout_ms_max = 300'000;
/// Bytes appended to one partition and not yet written. Above: overloaded.
inline constexpr std::size_t partition_pending_bytes_max = 64 * MiB;
/// Produce requests of one partition waiting for an acknowledgement. Above: too_many_requests.
inline constexpr std::size_t partition_pending_produces_max = 100'000;
/// Bytes of produce and fetch bodies held by the gateway at once. Above: overloaded.
inline constexpr std::size_t gateway_inflight_bytes_default = 256 * MiB;
/// Bodies up to this size may use all of it; larger ones leave a part free, so that they cannot
/// starve small requests and reads.
inline constexpr std::size_t gateway_small_body_bytes = 64 * KiB;
/// Free space below which produce is refused (disk_full), and the hysteresis above it.
inline constexpr std::size_t disk_reserve_bytes_default = 1 * GiB;

// -- HTTP ---------------------------------------------------------------------

inline constexpr std::size_t http_header_bytes_max = 16 * KiB;    ///< Above: headers_too_large.
inline constexpr std::size_t http_headers_max = 100;              ///< Above: headers_too_large.
inline constexpr std::size_t http_target_bytes_max = 8 * KiB;     ///< Above: uri_too_long.
inline constexpr std::size_t http_body_bytes_default = 16 * MiB;  ///< Above: payload_too_large.
inline constexpr std::size_t http_connections_default = 20'000;   ///< Above: overloaded, closed.
inline constexpr std::size_t json_depth_max = 64;                 ///< Above: invalid_json.
inline constexpr std::int64_t http_header_timeout_ms = 10'000;    ///< Above: request_timeout.
inline constexpr std::int64_t http_body_timeout_ms = 30'000;      ///< Without progress; see rate.
inline constexpr std::int64_t http_idle_timeout_ms = 75'000;  ///< Kept-alive: closed in silence.
/// A body must arrive at this rate once the first 5 s have passed. Below: request_timeout.
inline constexpr std::size_t http_body_rate_min = 1 * KiB;
/// Entries of one records:batch request. Above: batch_entries.
inline constexpr std::size_t batch_entries_max = 1'000;
/// Lines that one loop logs in a second about requests it failed. Above: they are counted.
inline constexpr std::size_t http_failure_lines_max = 10;
/// Groups of records of one streaming produce that are not acknowledged. Above: what arrives is
/// gathered into the next group.
inline constexpr std::size_t produce_stream_groups_max = 8;
/// JSON text of one such group. Above, while it waits: the stream is not read.
inline constexpr std::size_t produce_stream_group_bytes = 256 * KiB;

// -- WebSocket ----------------------------------------------------------------

inline constexpr std::size_t websocket_frame_bytes_max = 16 * MiB;  ///< Above: close 1009.
/// Bytes queued to one subscriber. Above: it leaves the tail and reads the log at its own pace.
inline constexpr std::size_t websocket_queue_bytes_max = 256 * KiB;
inline constexpr std::size_t websocket_subscriptions_max = 1'000;  ///< partitions per socket
/// Produce frames of one socket without an answer. Above: the socket is not read.
inline constexpr std::size_t websocket_produces_max = 64;
/// Bytes of such frames. Above: the socket is not read.
inline constexpr std::size_t websocket_produce_bytes_max = 16 * MiB;
/// Bytes of answers a client has not read. Above: the socket is not read.
inline constexpr std::size_t websocket_reply_bytes_max = 64 * KiB;
/// A frame of records ends with the record that reaches one of these. What is encoded for one
/// subscriber alone is one such frame, so this bounds the memory of a stalled one.
inline constexpr std::size_t websocket_records_frame_bytes = 32 * KiB;
inline constexpr std::uint32_t websocket_records_frame_records = 500;
/// Read from the log at once for a subscriber behind the tail: from the first, doubled while it
/// keeps up, to the last.
inline constexpr std::size_t websocket_fetch_bytes_min = 64 * KiB;
inline constexpr std::size_t websocket_fetch_bytes_max = 1 * MiB;
/// Written to one socket before the others of its loop have their turn.
inline constexpr std::size_t websocket_turn_bytes = 256 * KiB;
/// A socket that took nothing for so long is stalled: what it has not begun to send is forgotten
/// and read from the log again when it goes on.
inline constexpr std::int64_t websocket_stall_ms = 1'000;
/// Silence for half of this is answered with a ping; above: the connection is cut.
inline constexpr std::int64_t websocket_idle_timeout_ms = 120'000;
/// For the client's side of the handshake and of the close. Above: the connection is cut.
inline constexpr std::int64_t websocket_close_timeout_ms = 10'000;
/// The id of a produce frame, as JSON. Above: invalid_payload.
inline constexpr std::size_t websocket_id_bytes_max = 128;
/// Frames of one socket that are not JSON. Above: close 1007.
inline constexpr std::size_t websocket_bad_frames_max = 10;

// -- between nodes -------------------------------------------------------------

/// Requests to one node without an answer, and their bytes. Above: overloaded.
inline constexpr std::size_t peer_inflight_requests = 4'096;
inline constexpr std::size_t peer_inflight_bytes = 64 * MiB;
/// One message from another node. Above: the connection is cut.
inline constexpr std::size_t peer_message_bytes_max = 160 * MiB;
/// Written to one node and not yet taken by the network. Above: the connection is cut.
inline constexpr std::size_t peer_unsent_bytes_max = 512 * MiB;
/// Nodes that may be linked at once. Above: policy_violation.
inline constexpr std::size_t peers_max = 1'000;
/// Accepted connections that have not said hello. Above: the newest is closed.
inline constexpr std::size_t peer_strangers_max = 64;
/// Time a stranger has for TLS, and then for its hello. Above: its connection is cut.
inline constexpr std::int64_t peer_stranger_timeout_ms = 5'000;
/// Of one attempt to reach a node: connection and TLS, the handshake of the actor framework, hello.
/// Above: the attempt is given up.
inline constexpr std::int64_t link_probe_timeout_ms = 1'000;
inline constexpr std::int64_t link_connect_timeout_ms = 2'000;
inline constexpr std::int64_t link_greet_timeout_ms = 2'000;
/// Pause between two attempts: the first, doubled up to the last.
inline constexpr std::int64_t link_backoff_min_ms = 20;
inline constexpr std::int64_t link_backoff_max_ms = 1'000;
/// Pause after a refusal.
inline constexpr std::int64_t link_refused_retry_ms = 3'000;
/// Silence that is answered with a ping, and how long its answer may take. Above: the link is down.
inline constexpr std::int64_t link_ping_period_ms = 500;
inline constexpr std::int64_t link_ping_timeout_ms = 2'000;
/// How long the node with the lower id leaves it to the other to dial.
inline constexpr std::int64_t link_courtesy_ms = 300;

// -- the metadata log ----------------------------------------------------------

/// One entry. Above: policy_violation.
inline constexpr std::size_t raft_entry_bytes_max = 8 * MiB;
/// Entries of one message, as long as there is more than one.
inline constexpr std::size_t raft_message_bytes = 1 * MiB;
inline constexpr std::size_t raft_chunk_bytes = 1 * MiB;
/// Sent to one peer without its acknowledgement. Above: it is sent nothing more.
inline constexpr std::size_t raft_inflight_messages = 64;
inline constexpr std::size_t raft_inflight_bytes = 8 * MiB;
/// Proposed and not committed. Above: overloaded.
inline constexpr std::size_t raft_uncommitted_bytes = 32 * MiB;
/// The log in memory, since the last snapshot. Above: overloaded; a follower takes no entries.
inline constexpr std::size_t raft_log_bytes = 128 * MiB;
/// Kept behind a snapshot for followers that are a little late.
inline constexpr std::size_t raft_trailing_bytes = 4 * MiB;
/// Replicas that follow the log without a vote. Above: their messages are dropped.
inline constexpr std::size_t raft_observers_max = 1'000;
/// Linearizable reads without an answer. Above: overloaded.
inline constexpr std::size_t raft_reads_max = 10'000;
/// Largest snapshot of the state machine a reader believes.
inline constexpr std::size_t raft_snapshot_bytes_max = 1 * GiB;

static_assert(message_bytes_default <= batch_bytes_max);
static_assert(batch_bytes_max <= decompressed_bytes_max);
static_assert(fetch_bytes_default <= fetch_bytes_max);
static_assert(raft_entry_bytes_max <= raft_inflight_bytes);
static_assert(batch_bytes_max < peer_message_bytes_max);
static_assert(fetch_bytes_max < peer_message_bytes_max);
static_assert(peer_inflight_bytes < peer_unsent_bytes_max);
static_assert(raft_uncommitted_bytes + raft_trailing_bytes < raft_log_bytes);

}  // namespace troupe::limits
