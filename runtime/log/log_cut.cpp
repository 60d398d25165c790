// Cutting a log from both ends. These are rare, so what must be durable is synced on the spot.
#include "runtime/log/log_impl.hpp"
#include "runtime/log/log_start_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

// -- from the end -------------------------------------------------------------

result<void> partition_log_impl::truncate_to(offset_t end) {
  if (auto alive = check_in_service(); !alive)
    return alive;
  if (end >= log_end_)
    return {};
  if (end <= log_start_)
    return truncate_fully(end);
  if (end >= written_end_) {
    // Runs are cut whole, as batches are.
    while (!pending_.empty() && pending_.back().next > end) {
      pending_bytes_ -= pending_.back().batches.size();
      log_end_ = pending_.back().base;
      pending_.pop_back();
    }
    context_.epochs.truncate(log_end_);
    return {};
  }
  drop_pending();
  forget_places();
  auto cut = find_cut(end);
  if (!cut)
    return poison(cut.error());
  if (cut->place.offset <= log_start_)
    return truncate_fully(log_start_);
  if (auto done = cut_at(*cut); !done)
    return poison(done.error());
  return {};
}

result<partition_log_impl::cut_place> partition_log_impl::find_cut(offset_t end) {
  const auto next =
      std::lower_bound(segments_.begin(), segments_.end(), end,
                       [](const segment_ptr& s, offset_t x) { return s->base() < x; });
  cut_place cut{.segments = static_cast<std::size_t>(next - segments_.begin()), .place = {0, end}};
  if (cut.segments == 0)
    return cut;
  auto& last = *segments_[cut.segments - 1];
  cut.place = last.end_place();
  if (last.end() <= end)
    return cut;
  auto found = segment_reader{last, context_.epochs}.locate(end);
  if (!found)
    return found.error();
  cut.place = found->damaged ? found->damaged->from : found->place;
  cut.inside = true;
  return cut;
}

result<void> partition_log_impl::cut_at(const cut_place& cut) {
  context_.epochs.truncate(cut.place.offset);
  auto mark = mark_;
  mark.clean = false;
  if (mark.end > cut.place.offset || (in_flight_ && in_flight_->end > cut.place.offset))
    mark = mark_at(cut);
  if (in_flight_ && in_flight_->end > cut.place.offset)
    in_flight_ = mark;
  // The mark goes down first, and durably: were it above the end after a crash, what is cut here
  // would look like damage.
  if (mark.end < mark_.end) {
    if (auto lowered = store_mark_everywhere(mark); !lowered)
      return lowered;
    mark_ = mark;
  }
  while (segments_.size() > cut.segments) {
    if (auto removed = segments_.back()->remove_files(); !removed)
      return removed;
    segments_.pop_back();
    active_ = false;
  }
  if (cut.inside) {
    if (auto done = cut_inside(*segments_.back(), cut.place); !done)
      return done;
    active_ = true;
  }
  written_end_ = log_end_ = cut.place.offset;
  durable_end_ = std::min(durable_end_, written_end_);
  const auto forgets_epochs = stored_epochs_ > context_.epochs.entries().size();
  if (auto stored = cut_epochs_file(); !stored)
    return stored;
  // Or the mark would go on naming an epoch that no longer exists, and recovery look for it.
  if (forgets_epochs)
    if (auto marked = refresh_mark(); !marked)
      return marked;
  return context_.on.sync_directory(context_.directory);
}

durable_mark partition_log_impl::mark_at(const cut_place& cut) const {
  durable_mark mark;
  mark.resets = resets_;
  mark.last_epoch = context_.epochs.at(cut.place.offset - 1).epoch;
  mark.log_start = log_start_;
  mark.end = mark.segment_base = cut.place.offset;
  if (cut.inside || (cut.segments > 0 && active_ && cut.segments == segments_.size())) {
    const auto& last = *segments_[cut.segments - 1];
    mark.segment_base = last.base();
    mark.position = cut.place.position;
    mark.segment_created = last.created();
    mark.max_timestamp = last.max_timestamp();
  }
  return mark;
}

result<void> partition_log_impl::cut_inside(segment& last, batch_place end) {
  if (auto cut = last.truncate(end); !cut)
    return cut;
  auto file = last.opened();
  if (!file)
    return file.error();
  return (*file)->sync();
}

result<void> partition_log_impl::cut_epochs_file() {
  const auto kept = context_.epochs.entries().size();
  if (stored_epochs_ <= kept)
    return {};
  stored_epochs_ = kept;
  auto file = context_.on.open(leader_epochs_path(context_.directory), open_mode::read_write);
  if (!file)
    return file.error();
  if (auto cut = (*file)->truncate(kept * epoch_cache::entry_size); !cut)
    return cut;
  return (*file)->sync();
}

result<void> partition_log_impl::store_mark_everywhere(durable_mark mark) {
  mark.newest_epoch = context_.epochs.last();
  auto stored = marks_.store_everywhere(context_.on, durable_path(context_.directory), mark);
  if (!stored)
    return stored;
  return context_.on.sync_directory(context_.directory);
}

result<void> partition_log_impl::truncate_fully(offset_t start) {
  if (auto alive = check_in_service(); !alive)
    return alive;
  if (!directory_exists_ && start == written_end_) {
    drop_pending();
    return {};
  }
  drop_pending();
  forget_places();
  if (auto done = begin_anew(start); !done)
    return poison(done.error());
  return {};
}

result<void> partition_log_impl::begin_anew(offset_t start) {
  if (auto made = make_directory(); !made)
    return made;
  context_.epochs = {};
  durable_mark mark;
  mark.resets = resets_ + 1;
  mark.log_start = mark.end = mark.segment_base = start;
  mark.anew = true;
  // From here on a crash leaves an empty log that begins at `start`.
  if (auto stored = store_mark_everywhere(mark); !stored)
    return stored;
  resets_ = mark.resets;
  mark.anew = false;
  mark_ = mark;
  if (in_flight_)
    in_flight_ = mark;
  if (auto stored = store_log_start(context_.on, log_start_path(context_.directory),
                                    {.resets = resets_, .start = start});
      !stored)
    return stored;
  active_ = false;
  for (; !segments_.empty(); segments_.pop_back())
    if (auto removed = segments_.back()->remove_files(); !removed)
      return removed;
  log_start_ = durable_end_ = written_end_ = log_end_ = start;
  if (auto cut = cut_epochs_file(); !cut)
    return cut;
  if (auto synced = context_.on.sync_directory(context_.directory); !synced)
    return synced;
  return store_mark_everywhere(mark_);
}

// -- from the start -----------------------------------------------------------

result<void> partition_log_impl::advance_start(offset_t start) {
  if (auto alive = check_in_service(); !alive)
    return alive;
  if (start <= log_start_)
    return {};
  if (start > written_end_)
    return error{errc::offset_out_of_range,
                 fmt::format("{}: the log ends at {}, it cannot begin at {}", context_.directory,
                             written_end_, start)};
  if (auto moved = change_start(start); !moved)
    return moved.error();
  return {};
}

result<std::size_t> partition_log_impl::change_start(offset_t start) {
  auto stored = store_log_start(context_.on, log_start_path(context_.directory),
                                {.resets = resets_, .start = start});
  if (!stored && stored.error().code == errc::disk_full)
    return stored.error();
  if (!stored)
    return poison(stored.error());
  log_start_ = start;
  std::size_t deleted = 0;
  while (!segments_.empty() && segments_.front().get() != active() &&
         segments_.front()->end() <= start) {
    if (auto removed = segments_.front()->remove_files(); !removed)
      return poison(removed.error());
    segments_.erase(segments_.begin());
    ++deleted;
  }
  directory_changed_ = true;
  if (auto marked = refresh_mark(); !marked)
    return poison(marked.error());
  return deleted;
}

result<std::size_t> partition_log_impl::apply_retention(offset_t limit) {
  if (auto alive = check_in_service(); !alive)
    return alive.error();
  // What is not durable yet is too young to go.
  if (context_.options.syncs)
    limit = std::min(limit, durable_end_);
  if (auto* current = active();
      current && !current->empty() && current->end() <= limit && is_expired(*current))
    if (auto rolled = roll(); !rolled)
      return poison(rolled.error());
  const auto count = expired_segments(limit);
  if (count == 0)
    return std::size_t{0};
  return change_start(std::max(log_start_, segments_[count - 1]->end()));
}

bool partition_log_impl::is_expired(const segment& x) const {
  const auto kept_ms = context_.options.retention_ms;
  return kept_ms >= 0 && x.max_timestamp() >= 0 &&
         context_.time.wall_ms() - x.max_timestamp() > kept_ms;
}

std::size_t partition_log_impl::expired_segments(offset_t limit) const {
  const auto sealed = segments_.size() - (active_ ? 1 : 0);
  const auto kept_bytes = context_.options.retention_bytes;
  auto rest = size_bytes();
  std::size_t count = 0;
  for (; count < sealed; ++count) {
    const auto& oldest = *segments_[count];
    const auto surplus =
        kept_bytes >= 0 && rest - oldest.size() >= static_cast<std::uint64_t>(kept_bytes);
    if (oldest.end() > limit || !(surplus || is_expired(oldest) || oldest.end() <= log_start_))
      break;
    rest -= oldest.size();
  }
  return count;
}

result<void> partition_log_impl::remove() {
  segments_.clear();
  pending_.clear();
  to_sync_.clear();
  active_ = false;
  out_of_service_ = errc::log_closed;
  if (!directory_exists_)
    return {};
  if (auto removed = context_.on.remove_all(context_.directory); !removed)
    return removed;
  // Or a topic made again under this name could find the old records after a crash.
  return context_.on.sync_directory(parent_directory(context_.directory));
}

}  // namespace troupe
