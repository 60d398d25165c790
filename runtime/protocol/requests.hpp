// What may be asked of a broker and of a partition, and the answers: plain structs, the same
// whether the partition is in this process or on another node. `inspect` lets the actor framework
// carry them; nothing here knows the framework.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/types.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace troupe {

/// How many replicas must have a record before it is acknowledged.
enum class required_acks : std::int8_t {
  none = 0,    ///< answered at once; the record may be lost
  leader = 1,  ///< written by the leader, into its page cache
  all = -1,    ///< on all in-sync replicas and, unless the topic says flush=os, on their disks
};

enum class isolation : std::uint8_t { read_uncommitted = 0, read_committed = 1 };

/// Common to all answers: none, or what went wrong.
struct outcome {
  errc code = errc::none;
  std::string message;

  bool ok() const { return code == errc::none; }
};

template <class Inspector>
auto inspect(Inspector& f, outcome& x) {
  return f(x.code, x.message);
}
template <class Inspector>
auto inspect(Inspector& f, topic_partition& x) {
  return f(x.topic, x.partition);
}

// -- partition ----------------------------------------------------------------

/// Append one batch (see check_produced_batch; the gateway has checked or built it).
struct produce_request {
  topic_partition target;
  bytes batch;
  required_acks acks = required_acks::all;
  std::int32_t timeout_ms = 30'000;
};

struct produce_response {
  outcome result;
  offset_t base_offset = no_offset;
  /// Broker's time for LogAppendTime topics, else no_timestamp.
  timestamp_ms append_time = no_timestamp;
  offset_t log_start = 0;
};

/// Read whole batches from an offset; waits until `min_bytes` are there or `max_wait_ms` is over.
struct fetch_request {
  topic_partition target;
  offset_t offset = 0;
  std::int32_t max_bytes = 0;
  std::int32_t min_bytes = 1;
  std::int32_t max_wait_ms = 0;
  isolation level = isolation::read_uncommitted;
};

struct fetch_response {
  outcome result;
  bytes batches;             ///< from the batch that contains the offset; filter what is below
  offset_t next_offset = 0;  ///< where to go on
  offset_t high_watermark = 0;
  offset_t log_start = 0;
};

/// Timestamps with a meaning of their own (Kafka's ListOffsets).
inline constexpr timestamp_ms latest_timestamp = -1;
inline constexpr timestamp_ms earliest_timestamp = -2;

struct list_offsets_request {
  topic_partition target;
  timestamp_ms timestamp = latest_timestamp;
};

struct list_offsets_response {
  outcome result;
  offset_t offset = no_offset;  ///< no_offset when no record is that young
  timestamp_ms timestamp = no_timestamp;
};

/// Delete what is below `offset` (-1: below the high watermark).
struct delete_records_request {
  topic_partition target;
  offset_t offset = 0;
};

struct delete_records_response {
  outcome result;
  offset_t log_start = 0;
};

// -- topics -------------------------------------------------------------------

struct create_topic_request {
  std::string name;
  std::int32_t partitions = -1;          ///< -1: the broker's default
  std::int16_t replication_factor = -1;  ///< -1: the broker's default
  std::map<std::string, std::string> configs;
  bool validate_only = false;
  /// Replicas of each partition, the preferred leader first. When given, the two numbers above are
  /// -1 or equal to its sizes. The controller chooses when it is empty.
  std::vector<std::vector<node_id>> assignment{};
};

struct delete_topic_request {
  std::string name;
};

/// Raise the number of partitions to `total`.
struct create_partitions_request {
  std::string name;
  std::int32_t total = 0;
  bool validate_only = false;
  /// Replicas of each partition that is added, or empty.
  std::vector<std::vector<node_id>> assignment{};
};

/// Set (a value) or reset (nothing) configurations of a topic, all or none.
struct alter_topic_request {
  std::string name;
  std::map<std::string, std::optional<std::string>> configs;
  bool validate_only = false;
};

/// Answer to the four above: the topic's change is in the metadata image when it comes.
struct topic_response {
  outcome result;
};

// clang-format off
template <class I> auto inspect(I& f, produce_request& x) { return f(x.target, x.batch, x.acks, x.timeout_ms); }
template <class I> auto inspect(I& f, produce_response& x) { return f(x.result, x.base_offset, x.append_time, x.log_start); }
template <class I> auto inspect(I& f, fetch_request& x) { return f(x.target, x.offset, x.max_bytes, x.min_bytes, x.max_wait_ms, x.level); }
template <class I> auto inspect(I& f, fetch_response& x) { return f(x.result, x.batches, x.next_offset, x.high_watermark, x.log_start); }
template <class I> auto inspect(I& f, list_offsets_request& x) { return f(x.target, x.timestamp); }
template <class I> auto inspect(I& f, list_offsets_response& x) { return f(x.result, x.offset, x.timestamp); }
template <class I> auto inspect(I& f, delete_records_request& x) { return f(x.target, x.offset); }
template <class I> auto inspect(I& f, delete_records_response& x) { return f(x.result, x.log_start); }
template <class I> auto inspect(I& f, delete_topic_request& x) { return f(x.name); }
template <class I> auto inspect(I& f, topic_response& x) { return f(x.result); }
// clang-format on

// Lists of nodes travel as numbers: the framework would read enumerators into variables that are
// not initialised.
inline std::vector<std::int32_t> to_wire(const std::vector<node_id>& nodes) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(nodes.size());
  for (auto node : nodes)
    numbers.push_back(value_of(node));
  return numbers;
}
inline void from_wire(const std::vector<std::int32_t>& numbers, std::vector<node_id>& nodes) {
  nodes.clear();
  nodes.reserve(numbers.size());
  for (auto number : numbers)
    nodes.push_back(node_id{number});
}
inline auto to_wire(const std::vector<std::vector<node_id>>& lists) {
  std::vector<std::vector<std::int32_t>> numbers;
  numbers.reserve(lists.size());
  for (const auto& list : lists)
    numbers.push_back(to_wire(list));
  return numbers;
}
inline void from_wire(const std::vector<std::vector<std::int32_t>>& numbers,
                      std::vector<std::vector<node_id>>& lists) {
  lists.resize(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    from_wire(numbers[i], lists[i]);
}
/// Calls `inspect_with(numbers...)`, where the numbers stand for the lists of nodes.
template <class I, class F, class... Lists>
auto inspect_nodes(I&, F inspect_with, Lists&... lists) {
  auto numbers = std::make_tuple(to_wire(lists)...);
  if constexpr (I::writes_state) {
    auto how = std::apply(inspect_with, numbers);
    std::apply([&](const auto&... each) { (from_wire(each, lists), ...); }, numbers);
    return how;
  } else {
    return std::apply(inspect_with, numbers);
  }
}

template <class I>
auto inspect(I& f, create_topic_request& x) {
  return inspect_nodes(
      f,
      [&](auto& assignment) {
        return f(x.name, x.partitions, x.replication_factor, x.configs, x.validate_only,
                 assignment);
      },
      x.assignment);
}
template <class I>
auto inspect(I& f, create_partitions_request& x) {
  return inspect_nodes(
      f, [&](auto& assignment) { return f(x.name, x.total, x.validate_only, assignment); },
      x.assignment);
}

/// "Reset" travels as a list without an element, for the framework knows no std::optional.
template <class I>
auto inspect(I& f, alter_topic_request& x) {
  std::map<std::string, std::vector<std::string>> configs;
  if constexpr (I::reads_state)
    for (auto& [key, value] : x.configs)
      configs[key] = value ? std::vector<std::string>{*value} : std::vector<std::string>{};
  if constexpr (I::writes_state) {
    auto how = f(x.name, configs, x.validate_only);
    x.configs.clear();
    for (auto& [key, value] : configs)
      x.configs[key] = value.empty() ? std::nullopt : std::optional{value.front()};
    return how;
  } else {
    return f(x.name, configs, x.validate_only);
  }
}

}  // namespace troupe
