// The nouns of the field. A partition, a node and a leader epoch are distinct types that convert
// only on purpose; an offset is a plain number because everything computes with it.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Bytes owned by one holder. Batches move through the program as one of these.
using bytes = std::vector<char>;
/// Bytes owned by somebody else, valid as long as the owner says.
using byte_view = std::span<const char>;

/// Position of a record in a partition. Ranges are half open: [first, end).
using offset_t = std::int64_t;
/// "There is none": before the first record, or not assigned yet.
inline constexpr offset_t no_offset = -1;

/// Milliseconds since the Unix epoch, as Kafka stores them.
using timestamp_ms = std::int64_t;
inline constexpr timestamp_ms no_timestamp = -1;

enum class partition_id : std::int32_t {};
enum class node_id : std::int32_t {};
/// Instead of a node: a partition without a leader.
inline constexpr node_id no_node{-1};
/// Counts the leaders of one partition; grows with every election (KIP-101).
enum class leader_epoch : std::int32_t {};
inline constexpr leader_epoch no_epoch{-1};
/// Names one registration of a broker (KIP-631): the offset of its record in the metadata log.
using broker_epoch = std::int64_t;
inline constexpr broker_epoch no_broker_epoch = -1;

/// A leader epoch and the offset behind its last record, as one log knows it (KIP-101, KIP-279).
struct epoch_end {
  leader_epoch epoch = no_epoch;  ///< no_epoch: the log cannot say
  offset_t end = no_offset;

  bool operator==(const epoch_end&) const = default;
};

constexpr std::int32_t value_of(partition_id x) { return static_cast<std::int32_t>(x); }
constexpr std::int32_t value_of(node_id x) { return static_cast<std::int32_t>(x); }
constexpr std::int32_t value_of(leader_epoch x) { return static_cast<std::int32_t>(x); }

/// One partition of one topic.
struct topic_partition {
  std::string topic;
  partition_id partition{};

  auto operator<=>(const topic_partition&) const = default;
};

/// "topic-3": the name of the partition's directory and of its metrics.
std::string to_string(const topic_partition& x);

inline byte_view as_bytes(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view as_text(byte_view data) { return {data.data(), data.size()}; }

}  // namespace troupe

template <>
struct std::hash<troupe::topic_partition> {
  std::size_t operator()(const troupe::topic_partition& x) const noexcept {
    return std::hash<std::string>{}(x.topic) * 31 + static_cast<std::size_t>(x.partition);
  }
};
