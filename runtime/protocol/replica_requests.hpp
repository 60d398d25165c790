// What the replicas of a partition ask each other: a follower pulls from its leader, and its fetch
// is at the same time the acknowledgement of everything it holds. `inspect` as in requests.hpp.
#pragma once

#include "runtime/protocol/requests.hpp"

namespace troupe {

/// "I hold everything below `fetch_offset`, of which everything below `durable_end` is on my disk;
/// send me what follows." Answered at once when there is something to say, else after
/// `max_wait_ms`.
struct replica_fetch_request {
  topic_partition target;
  node_id replica{};
  /// Of the registration of the replica's process: another one may have another disk (KIP-903).
  std::int64_t broker_epoch = -1;
  /// The epoch in which the replica takes the asked node for the leader (KIP-320).
  leader_epoch current_leader_epoch = no_epoch;
  /// Epoch of the last batch below `fetch_offset`; no_epoch when the replica's log is empty.
  leader_epoch last_fetched_epoch = no_epoch;
  offset_t fetch_offset = 0;
  offset_t durable_end = 0;
  offset_t log_start = 0;
  std::int32_t max_bytes = 0;
  std::int32_t min_bytes = 1;
  std::int32_t max_wait_ms = 0;
};

/// `result` is none, or one of the errors in runtime/replication/follower.hpp. A response that does
/// not repeat the epoch and offset the follower is at now is of the past and is dropped (R5).
struct replica_fetch_response {
  outcome result;
  leader_epoch epoch = no_epoch;  ///< as in the request
  offset_t fetch_offset = 0;      ///< as in the request
  /// Set when the logs differ below `fetch_offset`: the leader's end of the last epoch that may be
  /// common. There are no batches then.
  std::optional<epoch_end> diverging;
  offset_t high_watermark = 0;
  offset_t log_start = 0;
  /// Where the leader's log ends: whether another fetch would bring anything at once.
  offset_t log_end = 0;
  bytes batches;  ///< they begin at `fetch_offset`
};

/// Where does your log end for that epoch? For consumers that look for truncation, and for unclean
/// recovery.
struct epoch_end_request {
  topic_partition target;
  leader_epoch current_leader_epoch = no_epoch;  ///< no_epoch: do not compare
  leader_epoch asked = no_epoch;
};

struct epoch_end_response {
  outcome result;
  epoch_end found;
};

// clang-format off
template <class I> auto inspect(I& f, epoch_end& x) { return f(x.epoch, x.end); }
template <class I> auto inspect(I& f, replica_fetch_request& x) {
  return f(x.target, x.replica, x.broker_epoch, x.current_leader_epoch, x.last_fetched_epoch, x.fetch_offset,
           x.durable_end, x.log_start, x.max_bytes, x.min_bytes, x.max_wait_ms);
}
template <class I> auto inspect(I& f, epoch_end_request& x) { return f(x.target, x.current_leader_epoch, x.asked); }
template <class I> auto inspect(I& f, epoch_end_response& x) { return f(x.result, x.found); }
// clang-format on

/// "Nothing diverges" travels as no_epoch with no_offset; a leader never says that otherwise.
template <class I>
auto inspect(I& f, replica_fetch_response& x) {
  auto diverging = x.diverging.value_or(epoch_end{});
  if constexpr (I::writes_state) {
    auto how = f(x.result, x.epoch, x.fetch_offset, diverging, x.high_watermark, x.log_start,
                 x.log_end, x.batches);
    x.diverging = diverging == epoch_end{} ? std::nullopt : std::optional{diverging};
    return how;
  } else {
    return f(x.result, x.epoch, x.fetch_offset, diverging, x.high_watermark, x.log_start, x.log_end,
             x.batches);
  }
}

}  // namespace troupe
