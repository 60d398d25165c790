// Every error a client or operator can meet, once. The table gives each its name, the HTTP status,
// the code in the body of an HTTP answer, the code of the Kafka protocol, whether the same request
// may succeed when it is sent again unchanged, and what it means. Renderers derive from it.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

// X(name, HTTP status, error_code of v2 and v3, Kafka code, retriable, meaning)
//
// error_code follows Confluent's REST proxy: at most 599 it is the status itself, above that the
// status is error_code / 100. Kafka codes: the protocol's error table.
#define TROUPE_ERRORS(X)                                                                           \
  X(none, 200, 200, 0, false, "success")                                                           \
  X(unknown, 500, 50002, -1, false, "an unexpected error; the log of the broker says more")        \
  /* requests */                                                                                   \
  X(bad_request, 400, 400, 42, false, "the request is malformed")                                  \
  X(invalid_json, 400, 400, 42, false, "the body is not valid JSON")                               \
  X(invalid_payload, 422, 422, 42, false, "the body does not have the expected shape")             \
  X(empty_body, 422, 422, 42, false, "the request needs a body")                                   \
  X(invalid_parameter, 400, 400, 42, false, "a path or query parameter is not valid")              \
  X(foreign_origin, 403, 403, 31, false, "the Origin of the request is not allowed")               \
  X(not_found, 404, 404, 42, false, "there is no such resource")                                   \
  X(method_not_allowed, 405, 405, 42, false, "the resource does not have this method")             \
  X(not_acceptable, 406, 40601, 42, false, "no format named in Accept can be given")               \
  X(request_timeout, 408, 408, 7, true, "the request did not arrive in time")                      \
  X(conflict, 409, 409, 42, false, "the request conflicts with the present state")                 \
  X(length_required, 411, 411, 42, false, "the request needs Content-Length or chunked encoding")  \
  X(payload_too_large, 413, 413, 10, false, "the request body is larger than the limit")           \
  X(uri_too_long, 414, 414, 42, false, "the request target is longer than the limit")              \
  X(unsupported_media_type, 415, 415, 42, false, "the Content-Type is not supported")              \
  X(headers_too_large, 431, 431, 42, false, "the request headers are larger than the limit")       \
  X(too_many_requests, 429, 42901, 89, true, "too many requests in flight; slow down")             \
  X(not_implemented, 501, 501, 35, false, "not supported by this version")                         \
  X(overloaded, 503, 50302, 8, true, "the broker is at its limit; try again later")                \
  X(shutting_down, 503, 50302, 8, true, "the broker is shutting down")                             \
  X(http_version, 505, 505, 42, false, "only HTTP/1.0 and HTTP/1.1 are supported")                 \
  /* topics and partitions */                                                                      \
  X(unknown_topic, 404, 40401, 3, false, "the topic does not exist")                               \
  X(unknown_partition, 404, 40402, 3, false, "the partition does not exist")                       \
  X(unknown_cluster, 404, 404, 91, false, "the cluster does not exist")                            \
  X(unknown_broker, 404, 404, 91, false, "the broker does not exist")                              \
  X(unknown_config, 404, 404, 40, false, "the configuration does not exist")                       \
  X(topic_exists, 400, 40002, 36, false, "the topic exists already")                               \
  X(invalid_topic, 400, 40002, 17, false, "the topic name is not valid")                           \
  X(invalid_partitions, 400, 40002, 37, false, "the number of partitions is not valid")            \
  X(invalid_replication_factor, 400, 40002, 38, false, "the replication factor is not valid")      \
  X(invalid_replica_assignment, 400, 40002, 39, false, "the replica assignment is not valid")      \
  X(invalid_config, 400, 40002, 40, false, "a configuration value is not valid")                   \
  X(policy_violation, 400, 40002, 44, false, "the request breaks a limit of this broker")          \
  X(leader_not_available, 503, 40404, 5, true, "the partition has no leader at the moment")        \
  /* records */                                                                                    \
  X(corrupt_batch, 422, 42206, 2, true, "the record batch is damaged")                             \
  X(record_too_large, 413, 413, 10, false, "a record is larger than max.message.bytes")            \
  X(invalid_record, 422, 42206, 87, false, "a record is not valid")                                \
  X(invalid_timestamp, 422, 42206, 32, false, "a timestamp is out of bounds")                      \
  X(unsupported_compression, 422, 42206, 76, false, "the compression codec is not supported")      \
  X(invalid_required_acks, 400, 400, 21, false, "acks must be 0, 1 or all")                        \
  X(batch_entries, 422, 42208, 42, false, "the entries of the batch are not valid")                \
  X(not_representable, 406, 40601, 42, false, "a record cannot be shown in the asked format")      \
  X(offset_out_of_range, 416, 416, 1, false, "the offset is outside the log")                      \
  X(offset_not_available, 503, 50302, 78, true, "the offset is not known yet")                     \
  X(produce_timeout, 504, 504, 7, true, "no acknowledgement in time: the outcome is unknown")      \
  X(not_enough_replicas, 503, 50003, 19, true, "fewer in-sync replicas than required")             \
  X(not_leader_or_follower, 503, 50003, 6, true, "this node does not lead the partition")          \
  X(fenced_leader_epoch, 503, 50003, 74, true, "the leader epoch is older than the partition's")   \
  X(unknown_leader_epoch, 503, 50003, 75, true,                                                    \
    "the leader epoch is newer than the one known here")                                           \
  X(not_enough_replicas_after_append, 503, 50003, 20, true,                                        \
    "written on too few in-sync replicas: the outcome is unknown")                                 \
  X(replica_not_available, 503, 50003, 9, true, "the replica is not available")                    \
  /* controllers */                                                                                \
  X(not_controller, 503, 50003, 41, true, "this node is not the active controller")                \
  X(duplicate_voter, 409, 409, 126, false, "the node is a voter already")                          \
  X(voter_not_found, 404, 404, 127, false, "the node is not a voter")                              \
  X(operation_not_attempted, 503, 50003, 55, false,                                                \
    "not attempted, because another part of the request failed")                                   \
  X(new_leader_elected, 503, 50003, 108, true, "the change made another replica the leader")       \
  X(invalid_update_version, 409, 409, 95, false,                                                   \
    "the partition has changed since the request was made")                                        \
  X(ineligible_replica, 409, 409, 107, false, "a replica may not join the in-sync replicas now")   \
  X(stale_broker_epoch, 409, 409, 77, false, "the broker has registered again since")              \
  X(duplicate_broker_registration, 409, 409, 101, false,                                           \
    "another process is registered under this node id")                                            \
  X(broker_id_not_registered, 404, 404, 102, false, "the broker is not registered")                \
  X(inconsistent_cluster_id, 409, 409, 104, false, "the node belongs to another cluster")          \
  X(invalid_registration, 400, 400, 119, false, "the registration of the broker is not valid")     \
  X(unsupported_version, 400, 400, 35, false,                                                      \
    "the version of the protocol between nodes is not supported")                                  \
  X(authentication_failed, 401, 401, 58, false, "the certificate of the node is not trusted")      \
  X(preferred_leader_not_available, 503, 50003, 80, true, "the preferred leader is not available") \
  X(eligible_leaders_not_available, 503, 50003, 83, true,                                          \
    "no replica of the partition may lead it now")                                                 \
  X(election_not_needed, 409, 409, 84, false, "the partition has the wanted leader already")       \
  X(no_reassignment_in_progress, 404, 404, 85, false, "the partition is not being reassigned")     \
  X(reassignment_in_progress, 409, 409, 60, true, "the partition is being reassigned")             \
  /* storage */                                                                                    \
  X(disk_full, 507, 507, 56, true, "the disk is nearly full; writes are refused for now")          \
  X(storage_error, 500, 50002, 56, true, "the storage of the partition failed")                    \
  X(damaged_data, 500, 50002, 56, false, "a part of the log is damaged and is not served")         \
  X(log_closed, 503, 50302, 56, true, "the partition is closed")                                   \
  X(directory_in_use, 500, 50002, 56, false, "the data directory is used by another process")      \
  X(unsupported_format, 500, 50002, 56, false, "the data directory has a newer format")            \
  X(io_error, 500, 50002, 56, true, "an operation on a file failed")                               \
  /* consumers */                                                                                  \
  X(consumer_not_found, 404, 40403, 25, false, "the consumer instance does not exist")             \
  X(slow_consumer, 503, 50302, 89, true, "the consumer does not read fast enough")

/// One row of TROUPE_ERRORS.
enum class errc : std::uint16_t {
#define TROUPE_ERRC_VALUE(name, http, code, kafka, retriable, meaning) name,
  TROUPE_ERRORS(TROUPE_ERRC_VALUE)
#undef TROUPE_ERRC_VALUE
};

/// What the table says of one error.
struct error_info {
  std::string_view name;     ///< as in errc
  int http_status;           ///< 100..599
  int code;                  ///< `error_code` in HTTP bodies
  std::int16_t kafka_code;   ///< `error_code` in the Kafka protocol
  bool retriable;            ///< the same request may succeed later
  std::string_view meaning;  ///< one clause, no full stop
};

const error_info& info_of(errc code);
inline std::string_view to_string(errc code) { return info_of(code).name; }

/// An error with the words that say what and where. The message is for people; programs look at
/// the code.
struct error {
  errc code = errc::unknown;
  std::string message;

  error() = default;
  /// Takes the meaning from the table as the message.
  explicit error(errc c);
  error(errc c, std::string what) : code(c), message(std::move(what)) {}

  bool operator==(const error&) const = default;
};

/// "unknown_topic: Topic 'x' does not exist."
std::string to_string(const error& x);

/// A value or an error. Errors are values across every boundary of the program.
template <class T>
using result = boost::system::result<T, error>;

/// Asking a failed result for its value is a mistake of ours: aborts with the error's text.
[[noreturn]] void throw_exception_from_error(const error& x, const boost::source_location& where);

}  // namespace troupe
