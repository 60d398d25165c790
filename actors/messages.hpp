// What actors say to each other: the type ids of everything that may cross to another node, the
// messages that never do, and the interface of each actor.
#pragma once

#include "actors/broker_client.hpp"
#include "runtime/cluster/hello.hpp"
#include "runtime/cluster/link_state.hpp"
#include "runtime/config/broker_config.hpp"
#include "runtime/log/partition_log.hpp"
#include "runtime/protocol/requests.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

namespace troupe {

// -- inside one node ------------------------------------------------------------

/// Partition to flusher: make this durable.
struct flush_request {
  sync_ticket ticket;
};
struct flush_response {
  outcome result;
};

/// Partition to itself: a deadline of a parked fetch may have come.
struct fetch_tick {};
/// Broker to partition: the settings of the topic have changed.
struct partition_settings {
  topic_ptr topic;
};
/// Broker to partition: delete what retention lets go.
struct retention_tick {};
/// Broker to partition: write, sync and close the log; then end. To be removed, it is only let go.
struct close_partition {
  bool remove = false;
};
struct partition_closed {
  outcome result;
};
/// Broker to remover: delete the directories of a topic's partitions, whose logs are closed.
struct remove_directories {
  std::string topic;
  std::int32_t partitions = 0;
};
struct directories_gone {
  outcome result;
};
/// Partition to broker: the log has been opened, or could not be.
struct partition_opened {
  topic_partition id;
  outcome result;
  recovery_report report;
};

/// Broker to itself: look at the disk, and now and then at retention.
struct broker_tick {};
/// Node to broker: answered when all partitions have been opened.
struct await_recovery {};
struct recovery_done {
  std::size_t partitions = 0;
  std::size_t failed = 0;
  std::uint64_t scanned_bytes = 0;
  std::uint64_t rebuilt_indexes = 0;
  std::uint64_t torn_bytes = 0;
  std::uint64_t damaged_bytes = 0;
};
/// Node to broker: close all partitions and end.
struct stop_broker {};
struct broker_stopped {
  outcome result;
};

/// A loop joins the shared tail of a partition, at the latest position or `from` if it is first.
struct tail_attach {
  offset_t from = 0;
};
struct tail_attached {
  outcome result;
  offset_t position = no_offset;  ///< the first chunk for this loop begins here
};
/// The sending loop has handed on the last tail_event; the next may come.
struct tail_ack {};
/// The sending loop has no more subscribers.
struct tail_detach {};
/// Subscription to loop: a chunk; or that there was nothing new for a while (no chunk); or the end
/// (`end` is not ok).
struct tail_event {
  topic_partition source;
  std::shared_ptr<const tail_chunk> chunk;
  outcome end;
};

/// To the supervisor: the death of `who` for any reason but an orderly one may lose state.
struct watch_request {
  caf::strong_actor_ptr who;
  std::string name;
};

// -- between nodes ----------------------------------------------------------------

struct ping_request {};
struct ping_response {};
template <class Inspector>
auto inspect(Inspector& f, ping_request&) {
  return f();
}
template <class Inspector>
auto inspect(Inspector& f, ping_response&) {
  return f();
}

template <class Request, class Response>
using answers = typename caf::replies_to<Request>::template with<Response>;

/// What one node takes from another. Everything that may come from a peer is in this list, and
/// nothing else is: actors/node_entry.cpp has a handler for each.
using node_entry_actor = caf::typed_actor<
    answers<ping_request, ping_response>,  //
    answers<produce_request, produce_response>, answers<fetch_request, fetch_response>,
    answers<list_offsets_request, list_offsets_response>,
    answers<delete_records_request, delete_records_response>,
    answers<create_topic_request, topic_response>, answers<delete_topic_request, topic_response>,
    answers<create_partitions_request, topic_response>,
    answers<alter_topic_request, topic_response>>;

/// The first message of a connection, from the node that dialled. Its layout never changes.
struct hello_request {
  node_identity who;
  node_id meant{};         ///< whom the caller believes to have reached
  node_entry_actor entry;  ///< the caller's, for the other direction
};
struct hello_response {
  outcome result;
  node_identity who;
  node_entry_actor entry;  ///< null unless the result is ok
};
template <class Inspector>
auto inspect(Inspector& f, hello_request& x) {
  return f(x.who, x.meant, x.entry);
}
template <class Inspector>
auto inspect(Inspector& f, hello_response& x) {
  return f(x.result, x.who, x.entry);
}

class wire;
struct dialled;

/// Node gate to link: the peer has dialled, its hello is fine.
struct incoming_call {
  hello_request hello;
  std::shared_ptr<wire> connection;
};
/// The loop to link: how an attempt to open a connection has ended.
struct dial_ended {
  link_attempt attempt = 0;
  std::shared_ptr<dialled> how;
};
struct link_tick {
  std::uint64_t serial = 0;
};
/// To a link: where its peer listens.
struct peer_address {
  host_port where;
};
/// To a link: cut the connection, forget the peer, end.
struct end_link {};

/// Link to whom it may concern.
struct peer_event {
  enum class kind : std::uint8_t {
    up,
    down,
    refused,  ///< one of the two nodes does not want the other; `why` says why
    gone      ///< the process has ended: its connection is lost and its port refuses
  };
  kind what{};
  node_id peer{};
  std::uint64_t incarnation = 0;  ///< of the peer's process
  error why{errc::none};
};

// -- interfaces -----------------------------------------------------------------

/// One replica of a partition: owns its log.
using partition_actor =
    caf::typed_actor<answers<produce_request, produce_response>,
                     answers<fetch_request, fetch_response>,
                     answers<list_offsets_request, list_offsets_response>,
                     answers<delete_records_request, delete_records_response>,
                     caf::reacts_to<fetch_tick>, caf::reacts_to<partition_settings>,
                     caf::reacts_to<retention_tick>, answers<close_partition, partition_closed>>;

/// One per node: owns the metadata and the partitions.
using broker_actor =
    caf::typed_actor<answers<create_topic_request, topic_response>,
                     answers<delete_topic_request, topic_response>,
                     answers<create_partitions_request, topic_response>,
                     answers<alter_topic_request, topic_response>, caf::reacts_to<partition_opened>,
                     caf::reacts_to<broker_tick>, answers<await_recovery, recovery_done>,
                     answers<stop_broker, broker_stopped>>;

/// One per data directory: group commit.
using flusher_actor = caf::typed_actor<answers<flush_request, flush_response>>;

/// One per data directory: deletes the files of deleted topics.
using remover_actor = caf::typed_actor<answers<remove_directories, directories_gone>>;

/// One per partition being tailed.
using subscription_actor = caf::typed_actor<answers<tail_attach, tail_attached>,
                                            caf::reacts_to<tail_ack>, caf::reacts_to<tail_detach>>;

/// One per node: ends the process rather than let it go on without state.
using supervisor_actor = caf::typed_actor<caf::reacts_to<watch_request>>;

/// One per node, published at the cluster port.
using node_gate_actor = caf::typed_actor<answers<hello_request, hello_response>>;

/// One per remote node.
using link_actor = caf::typed_actor<answers<incoming_call, hello_response>,
                                    caf::reacts_to<dial_ended>, caf::reacts_to<link_tick>,
                                    caf::reacts_to<peer_address>, caf::reacts_to<end_link>>;

/// Who wants to know of other nodes coming and going; any actor that takes the message fits.
using peer_observer = caf::typed_actor<caf::reacts_to<peer_event>>;

}  // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe, first_custom_type_id)
CAF_ADD_TYPE_ID(troupe, (troupe::outcome))
CAF_ADD_TYPE_ID(troupe, (troupe::topic_partition))
CAF_ADD_TYPE_ID(troupe, (troupe::produce_request))
CAF_ADD_TYPE_ID(troupe, (troupe::produce_response))
CAF_ADD_TYPE_ID(troupe, (troupe::fetch_request))
CAF_ADD_TYPE_ID(troupe, (troupe::fetch_response))
CAF_ADD_TYPE_ID(troupe, (troupe::list_offsets_request))
CAF_ADD_TYPE_ID(troupe, (troupe::list_offsets_response))
CAF_ADD_TYPE_ID(troupe, (troupe::delete_records_request))
CAF_ADD_TYPE_ID(troupe, (troupe::delete_records_response))
CAF_ADD_TYPE_ID(troupe, (troupe::create_topic_request))
CAF_ADD_TYPE_ID(troupe, (troupe::delete_topic_request))
CAF_ADD_TYPE_ID(troupe, (troupe::create_partitions_request))
CAF_ADD_TYPE_ID(troupe, (troupe::alter_topic_request))
CAF_ADD_TYPE_ID(troupe, (troupe::topic_response))
CAF_ADD_TYPE_ID(troupe, (troupe::node_identity))
CAF_ADD_TYPE_ID(troupe, (troupe::hello_request))
CAF_ADD_TYPE_ID(troupe, (troupe::hello_response))
CAF_ADD_TYPE_ID(troupe, (troupe::ping_request))
CAF_ADD_TYPE_ID(troupe, (troupe::ping_response))
CAF_END_TYPE_ID_BLOCK(troupe)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::flush_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::flush_response)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::fetch_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partition_settings)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::retention_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::close_partition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partition_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::remove_directories)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::directories_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::partition_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::await_recovery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::recovery_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::stop_broker)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::broker_stopped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tail_attach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tail_attached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tail_ack)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tail_detach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tail_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::watch_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::incoming_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::dial_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::link_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer_address)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::end_link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::peer_event)
