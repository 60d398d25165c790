#include "actors/flusher.hpp"

#include "actors/mailbox.hpp"

#include <algorithm>
#include <set>

namespace troupe {

namespace {

/// More files than this are made durable by one call for the whole file system.
constexpr std::size_t single_files_max = 8;
/// Requests served by one sync, so that none waits for a burst that does not end.
constexpr std::size_t requests_per_sync_max = 16'384;

}  // namespace

flusher::flusher(caf::actor_config& config, std::shared_ptr<node_state> node,
                 flush_observer observer, std::size_t helpers)
    : flusher_actor::base(config),
      node_(std::move(node)),
      observer_(std::move(observer)),
      crew_(helpers) {}

flusher::behavior_type flusher::make_behavior() {
  return {
      [this](flush_request& what) -> caf::delegated<flush_response> {
        waiting_.push_back({reply_to<flush_response>::take(*this), std::move(what.ticket)});
        if (is_last_of_burst(*this) || waiting_.size() >= requests_per_sync_max)
          flush();
        return {};
      },
  };
}

void flusher::flush() {
  auto began = node_->time.now();
  flush_response answer;
  if (node_->failed.load(std::memory_order_acquire)) {
    answer.result = {errc::storage_error, node_->status().reason};
  } else if (auto ended = sync_all(); !ended) {
    answer.result = {errc::storage_error, ended.error().message};
    node_->fail("sync of " + node_->data_directory + " failed: " + ended.error().message);
  } else if (observer_) {
    observer_(node_->time.now() - began, waiting_.size());
  }
  for (auto& each : waiting_)
    each.reply.send(*this, answer);
  waiting_.clear();
}

result<void> flusher::sync_all() {
  std::vector<file_ptr> files;
  std::set<std::string> directories;
  for (auto& each : waiting_) {
    files.insert(files.end(), each.ticket.files.begin(), each.ticket.files.end());
    directories.insert(each.ticket.directories.begin(), each.ticket.directories.end());
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  // syncfs covers the directories too.
  if (files.size() + directories.size() > single_files_max)
    return node_->files.sync_filesystem(node_->data_directory);
  if (auto ended = crew_.sync(std::move(files)); !ended)
    return ended;
  for (auto& directory : directories)
    if (auto ended = node_->files.sync_directory(directory); !ended)
      return ended;
  return {};
}

}  // namespace troupe
