#include "actors/data_directory.hpp"

#include "runtime/log/sync.hpp"
#include "runtime/metadata/partition_directory.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>

namespace troupe {

namespace {

broker_metadata self_of(const broker_config& config) {
  const auto& reached = config.advertised ? *config.advertised : config.http;
  return {config.id, reached.host, reached.port};
}

/// A directory whose own entry is not durable is lost with all that is synced in it.
result<void> create_durably(env& files, const std::string& directory) {
  auto present = files.exists(directory);
  if (!present || *present)
    return present ? result<void>{} : result<void>{present.error()};
  if (auto done = files.create_directory(directory); !done)
    return done;
  auto parent = std::filesystem::path{directory}.parent_path().string();
  return files.sync_directory(parent.empty() ? "." : parent);
}

result<void> remove_directory(env& files, const std::string& path,
                              const std::atomic<bool>& stopping) {
  auto names = files.list(path);
  if (!names)
    return names.error().code == errc::not_found ? result<void>{} : names.error();
  for (auto& name : *names) {
    if (stopping.load(std::memory_order_acquire))
      return error{errc::shutting_down};
    // What does not go this way goes with the directory, or that says why not.
    (void)files.remove_file(fmt::format("{}/{}", path, name));
  }
  return files.remove_all(path);
}

result<void> finish_deletions(env& files, const std::string& directory, metadata_store& store) {
  const std::atomic<bool> stopping{false};
  std::vector<metadata_change> finished;
  for (auto& [id, each] : store.state().deletions) {
    if (auto done = remove_partitions(files, directory, each.name, each.partitions, stopping);
        !done)
      return done;
    finished.push_back(directories_removed{id});
  }
  if (finished.empty())
    return {};
  if (auto done = store.append(finished); !done)
    return done;
  return sync_metadata(files, store);
}

result<void> set_strangers_aside(env& files, const std::string& directory,
                                 const metadata_store& store) {
  auto names = files.list(directory);
  if (!names)
    return names.error();
  for (auto& name : *names) {
    if (owner_of(name, store.state()) != directory_owner::stranger)
      continue;
    auto aside = set_aside_name(name);
    spdlog::warn("{}/{} belongs to no topic and is renamed to {}", directory, name, aside);
    if (auto done = files.rename(fmt::format("{}/{}", directory, name),
                                 fmt::format("{}/{}", directory, aside));
        !done)
      return done;
  }
  return {};
}

}  // namespace

result<void> remove_partitions(env& files, const std::string& directory, const std::string& topic,
                               std::int32_t partitions, const std::atomic<bool>& stopping) {
  for (std::int32_t i = 0; i < partitions; ++i) {
    const auto path = directory + "/" + to_string(topic_partition{topic, partition_id{i}});
    if (auto done = remove_directory(files, path, stopping); !done)
      return done;
  }
  // Or a topic made again under this name could find the old records after a crash.
  return files.sync_directory(directory);
}

result<void> sync_metadata(env& files, metadata_store& store) {
  if (auto ticket = store.begin_sync()) {
    auto done = carry_out(files, *ticket);
    store.end_sync(done);
    if (!done)
      return done;
  }
  if (auto compaction = store.begin_compaction()) {
    auto done = compaction->run();
    store.end_compaction(done);
    if (!done)
      spdlog::warn("the metadata journal is not compacted: {}", done.error().message);
  }
  return {};
}

result<data_directory> open_data_directory(env& files, const broker_config& config) {
  const auto& directory = config.data_dir;
  data_directory opened;
  if (auto done = create_durably(files, directory); !done)
    return done.error();
  auto lock = files.lock_directory(directory);
  if (!lock)
    return lock.error();
  opened.lock = std::move(*lock);
  auto ids = rng::from_system();
  auto store = metadata_store::open(files, directory, self_of(config), ids);
  if (!store)
    return store.error();
  opened.store = std::move(*store);
  for (auto& remark : opened.store->remarks())
    spdlog::warn("{}", remark);
  if (auto done = finish_deletions(files, directory, *opened.store); !done)
    return done.error();
  if (auto done = set_strangers_aside(files, directory, *opened.store); !done)
    return done.error();
  return opened;
}

}  // namespace troupe
