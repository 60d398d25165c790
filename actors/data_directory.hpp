// The data directory as a node finds it, before it has actors.
#pragma once

#include "runtime/config/broker_config.hpp"
#include "runtime/env/env.hpp"
#include "runtime/metadata/metadata_store.hpp"

#include <atomic>
#include <memory>

namespace troupe {

/// A data directory that is ours: locked, its metadata read.
struct data_directory {
  std::unique_ptr<directory_lock> lock;
  std::shared_ptr<metadata_store> store;
};

/// Creates the directory if need be, locks it, opens the metadata, finishes deletions of topics
/// that the last run began, and sets partition directories aside that belong to no topic. Blocks.
/// Errors: io_error, directory_in_use, unsupported_format, damaged_data, invalid_config.
result<data_directory> open_data_directory(env& files, const broker_config& config);

/// Makes everything appended to the store durable, on this thread, and compacts it when that is
/// due. Errors: storage_error.
result<void> sync_metadata(env& files, metadata_store& store);

/// Removes the directories of a topic's partitions, file by file, and makes that durable. Blocks
/// for as long as the file system takes to free the space. Errors: io_error; shutting_down when
/// `stopping` is set meanwhile: the next start removes the rest.
result<void> remove_partitions(env& files, const std::string& directory, const std::string& topic,
                               std::int32_t partitions, const std::atomic<bool>& stopping);

}  // namespace troupe
