// The metadata of a broker that stands alone, and every decision about it: may this topic be
// created, what changes if it is. A change is first planned (against the state, nothing happens),
// then written by the metadata store, then applied. All plain values, owned by whoever holds them.
#pragma once

#include "runtime/base/rng.hpp"
#include "runtime/metadata/image.hpp"
#include "runtime/protocol/requests.hpp"

#include <map>
#include <variant>

namespace troupe {

// -- changes --------------------------------------------------------------------

struct topic_created {
  std::string name;
  std::string id;
  std::int32_t partitions = 0;
  topic_config config;
};

/// The topic is gone at once; its directories wait to be removed.
struct topic_deleted {
  std::string name;
};

struct partitions_created {
  std::string name;
  std::int32_t total = 0;
};

/// `config` replaces the topic's.
struct configs_altered {
  std::string name;
  topic_config config;
};

/// All directories of a deleted topic have been removed.
struct directories_removed {
  std::string id;
};

using metadata_change = std::variant<topic_created, topic_deleted, partitions_created,
                                     configs_altered, directories_removed>;

// -- state ----------------------------------------------------------------------

/// A deleted topic whose directories may still be there. Its name cannot be used again before they
/// are gone, so a directory `topic-partition` always belongs to the one topic that has the name.
struct pending_deletion {
  std::string name;
  std::string id;
  std::int32_t partitions = 0;

  bool operator==(const pending_deletion&) const = default;
};

struct metadata_state {
  image_ptr image;
  std::map<std::string, pending_deletion> deletions;  ///< by topic id
  std::size_t partitions = 0;                         ///< of all topics in the image

  const pending_deletion* find_deletion(std::string_view name) const;
};

/// The state of a new broker: no topics.
metadata_state make_metadata_state(std::string cluster_id, const broker_metadata& self);

/// The state after `change`. Errors: damaged_data when the change does not fit the state, which a
/// planned change always does.
result<metadata_state> apply_change(const metadata_state& before, const metadata_change& change);
/// The same for many at once, which costs one copy of the image.
result<metadata_state> apply_changes(const metadata_state& before,
                                     std::span<const metadata_change> changes);

// -- plans ----------------------------------------------------------------------

/// What a topic gets when its creation does not say.
struct topic_defaults {
  std::int32_t partitions = 1;
  flush_policy flush = flush_policy::fsync;
};

/// Errors: invalid_topic, topic_exists, invalid_partitions, invalid_replication_factor,
/// invalid_config, policy_violation.
result<topic_created> plan_creation(const metadata_state& state, const create_topic_request& what,
                                    const topic_defaults& defaults, rng& ids);
/// Errors: unknown_topic.
result<topic_deleted> plan_deletion(const metadata_state& state, const delete_topic_request& what);
/// Errors: unknown_topic, invalid_partitions, policy_violation.
result<partitions_created> plan_partitions(const metadata_state& state,
                                           const create_partitions_request& what);
/// Errors: unknown_topic, invalid_config.
result<configs_altered> plan_alteration(const metadata_state& state,
                                        const alter_topic_request& what);

}  // namespace troupe
