// Which partition a record goes to.
#pragma once

#include "runtime/base/types.hpp"

#include <string_view>

namespace troupe {

/// MurmurHash2, 32 bits, with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2).
std::int32_t murmur2(std::string_view data);

/// Kafka's default partitioner for a record with a key: toPositive(murmur2(key)) % partitions.
/// REQUIRES partitions > 0.
partition_id partition_for_key(std::string_view key, std::int32_t partitions);

}  // namespace troupe
