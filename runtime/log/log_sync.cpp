#include "runtime/base/assert.hpp"
#include "runtime/log/log_impl.hpp"
#include "runtime/log/sync.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// How often a mark is synced, while there is something to sync.
constexpr std::chrono::seconds mark_interval{1};

/// A mark that cannot be written for such a reason may lag behind.
bool is_refusal(const error& cause) {
  return cause.code == errc::disk_full || cause.code == errc::overloaded;
}

}  // namespace

result<void> carry_out(env& on, const sync_ticket& ticket) {
  for (const auto& file : ticket.files)
    if (auto done = file->sync(); !done)
      return done;
  for (const auto& directory : ticket.directories)
    if (auto done = on.sync_directory(directory); !done)
      return done;
  return {};
}

void partition_log_impl::must_sync(file_ptr written) {
  if (context_.options.syncs &&
      std::find(to_sync_.begin(), to_sync_.end(), written) == to_sync_.end())
    to_sync_.push_back(std::move(written));
}

std::optional<sync_ticket> partition_log_impl::begin_sync() {
  if (poisoned() || in_flight_ || !context_.options.syncs || durable_end_ == written_end_)
    return std::nullopt;
  sync_ticket ticket{.end = written_end_, .files = std::exchange(to_sync_, {}), .directories = {}};
  if (std::exchange(directory_changed_, false))
    ticket.directories.push_back(context_.directory);
  if (std::exchange(parent_changed_, false))
    ticket.directories.push_back(parent_directory(context_.directory));
  in_flight_ = mark_here();
  return ticket;
}

void partition_log_impl::end_sync(const result<void>& outcome) {
  troupe_assert(in_flight_ || poisoned(), "no sync is under way");
  const auto reached = std::exchange(in_flight_, std::nullopt);
  if (poisoned())
    return;
  if (!outcome) {
    poison(outcome.error());
    return;
  }
  if (reached->end < durable_end_)
    return;
  durable_end_ = reached->end;
  mark_ = *reached;
  const auto is_due = mark_is_due_ || context_.time.now() - mark_stored_at_ >= mark_interval;
  if (auto stored = is_due ? refresh_mark() : update_mark(); !stored)
    poison(stored.error());
}

// -- the mark -----------------------------------------------------------------

durable_mark partition_log_impl::mark_here() const {
  durable_mark mark;
  mark.resets = resets_;
  mark.last_epoch = context_.epochs.at(written_end_ - 1).epoch;
  mark.log_start = log_start_;
  mark.end = mark.segment_base = written_end_;
  if (const auto* current = active()) {
    mark.segment_base = current->base();
    mark.position = current->size();
    mark.segment_created = current->created();
    mark.max_timestamp = current->max_timestamp();
  }
  return mark;
}

result<void> partition_log_impl::store_mark(const durable_mark& mark) {
  auto newest = mark;
  newest.newest_epoch = context_.epochs.last();
  auto stored = marks_.store(context_.on, durable_path(context_.directory), newest);
  if (!stored)
    return stored.error();
  directory_changed_ = true;
  must_sync(std::move(*stored));
  mark_stored_at_ = context_.time.now();
  mark_is_due_ = false;
  return {};
}

result<void> partition_log_impl::refresh_mark() {
  mark_.log_start = log_start_;
  mark_.resets = resets_;
  auto stored = store_mark(mark_);
  if (!stored && is_refusal(stored.error()))
    return {};
  return stored;
}

/// Costs no sync, and yet the mark of a partition that falls idle becomes exact: the kernel writes
/// it back. After a kill it is exact at once.
result<void> partition_log_impl::update_mark() {
  mark_.log_start = log_start_;
  mark_.resets = resets_;
  auto newest = mark_;
  newest.newest_epoch = context_.epochs.last();
  auto updated = marks_.update(context_.on, durable_path(context_.directory), newest);
  if (!updated && is_refusal(updated.error()))
    return {};
  return updated;
}

// -- the end ------------------------------------------------------------------

result<void> partition_log_impl::count_unsynced() {
  for (auto& segment : segments_) {
    if (segment->end() <= durable_end_)
      continue;
    auto file = segment->opened();
    if (!file)
      return file.error();
    must_sync(std::move(*file));
  }
  if (stored_epochs_ > 0) {
    auto epochs = context_.on.open(leader_epochs_path(context_.directory), open_mode::read_write);
    if (!epochs)
      return epochs.error();
    must_sync(std::move(*epochs));
  }
  directory_changed_ = parent_changed_ = true;
  return {};
}

result<void> partition_log_impl::sync_all() {
  auto ticket = begin_sync();
  if (!ticket)
    return {};
  auto outcome = carry_out(context_.on, *ticket);
  end_sync(outcome);
  return outcome;
}

result<void> partition_log_impl::close() {
  if (auto alive = check_in_service(); !alive)
    return alive;
  if (auto written = write(); !written && poisoned())
    return written;
  // A ticket still under way, or none at all so far: this close() syncs all by itself.
  if (in_flight_ || !context_.options.syncs) {
    in_flight_.reset();
    context_.options.syncs = true;
    if (durable_end_ != written_end_)
      if (auto counted = count_unsynced(); !counted)
        return poison(counted.error());
  }
  if (auto synced = sync_all(); !synced)
    return synced;
  if (directory_exists_ && !mark_.clean)
    if (auto marked = mark_clean(); !marked)
      return poison(marked.error());
  to_sync_.clear();
  segments_.clear();
  active_ = false;
  out_of_service_ = errc::log_closed;
  return {};
}

/// Only spares the next start some work, so it need not be durable itself.
result<void> partition_log_impl::mark_clean() {
  if (auto* current = active(); current && current->index_changed())
    if (auto index = current->write_index(current->end());
        !index && index.error().code != errc::disk_full)
      return index.error();
  mark_ = mark_here();
  mark_.clean = true;
  return refresh_mark();
}

}  // namespace troupe
