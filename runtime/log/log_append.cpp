#include "runtime/base/assert.hpp"
#include "runtime/log/log_impl.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::size_t index_entry_bytes = 8;

/// Refused without a device having failed: the log goes on once there is room again.
bool is_refusal(const error& cause) {
  return cause.code == errc::disk_full || cause.code == errc::overloaded;
}

}  // namespace

// -- taking -------------------------------------------------------------------

result<appended> partition_log_impl::append(bytes batch, leader_epoch epoch) {
  if (auto alive = check_in_service(); !alive)
    return alive.error();
  troupe_assert(batch.size() >= batch_header_size, "{} bytes", batch.size());
  const auto last = context_.epochs.last();
  if (epoch < last)
    return error{errc::storage_error,
                 fmt::format("{}: a batch of epoch {} after epoch {}", context_.directory,
                             value_of(epoch), value_of(last))};
  if (epoch > last)
    context_.epochs.add(epoch, log_end_);
  appended taken;
  if (context_.options.timestamps == timestamp_type::log_append_time) {
    taken.append_time = context_.time.wall_ms();
    stamp_append_time(batch, taken.append_time);
  }
  assign_base_offset(batch, log_end_, epoch);
  const auto header = decode_batch_header(batch);
  troupe_assert(header.size() == batch.size() && header.last_offset_delta >= 0,
                "batch of {} bytes says {}", batch.size(), header.size());
  taken.base_offset = header.base_offset;
  taken.last_offset = header.last_offset();
  pending_bytes_ += batch.size();
  pending_.push_back({std::move(batch), header.base_offset, header.next_offset()});
  log_end_ = header.next_offset();
  return taken;
}

result<appended> partition_log_impl::append_as_follower(bytes batches) {
  if (auto alive = check_in_service(); !alive)
    return alive.error();
  auto next = log_end_;
  auto epochs = context_.epochs;
  for (auto rest = byte_view{batches}; !rest.empty();) {
    const auto header = check_batch(rest);
    if (!header)
      return header.error();
    if (header->base_offset != next)
      return error{errc::offset_out_of_range,
                   fmt::format("{}: a batch begins at offset {}, the log ends at {}",
                               context_.directory, header->base_offset, next)};
    if (header->epoch < epochs.last())
      return error{
          errc::corrupt_batch,
          fmt::format("{}: the batch at offset {} has epoch {} after epoch {}", context_.directory,
                      next, value_of(header->epoch), value_of(epochs.last()))};
    if (header->epoch > epochs.last())
      epochs.add(header->epoch, next);
    next = header->next_offset();
    rest = rest.subspan(header->size());
  }
  if (next == log_end_)
    return error{errc::corrupt_batch, "there is no batch to append"};
  context_.epochs = std::move(epochs);
  const appended taken{.base_offset = log_end_, .last_offset = next - 1};
  pending_bytes_ += batches.size();
  pending_.push_back({std::move(batches), log_end_, next});
  log_end_ = next;
  return taken;
}

// -- writing ------------------------------------------------------------------

result<void> partition_log_impl::write() {
  if (auto alive = check_in_service(); !alive)
    return alive;
  if (pending_.empty())
    return {};
  auto plan = plan_write();
  if (auto done = perform(plan); !done)
    return undo_write(plan, done.error());
  return commit_write(plan);
}

bool partition_log_impl::must_roll(const growing_segment& to, const pending_run& run,
                                   timestamp_ms now) const {
  const auto& options = context_.options;
  const auto entries = to.size / std::max(options.index_interval_bytes, 1u);
  return to.size > 0 &&
         (to.size + run.batches.size() > options.segment_bytes || run.next - to.base > INT32_MAX ||
          entries * index_entry_bytes >= options.segment_index_bytes ||
          now - to.created >= options.segment_ms);
}

std::vector<partition_log_impl::write_group> partition_log_impl::plan_write() const {
  std::vector<write_group> plan;
  const auto now = context_.time.wall_ms();
  std::optional<growing_segment> to;
  if (const auto* current = active())
    to = growing_segment{current->size(), current->base(), current->created()};
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const auto& run = pending_[i];
    const auto rolls = !to || must_roll(*to, run, now);
    if (rolls)
      to = growing_segment{0, run.base, now};
    if (rolls || plan.empty())
      plan.push_back({.first = i, .end = i, .fresh = nullptr, .rolls = rolls});
    plan.back().end = i + 1;
    to->size += run.batches.size();
  }
  return plan;
}

result<void> partition_log_impl::write_runs(segment& to, const write_group& group) {
  auto file = to.opened();
  if (!file)
    return file.error();
  std::vector<byte_view> parts;
  parts.reserve(group.end - group.first);
  for (auto i = group.first; i < group.end; ++i)
    parts.emplace_back(pending_[i].batches);
  return (*file)->write_at(to.size(), parts);
}

result<void> partition_log_impl::perform(std::vector<write_group>& plan) {
  if (auto made = make_directory(); !made)
    return made;
  if (auto stored = store_epochs(); !stored)
    return stored;
  for (auto& group : plan) {
    if (group.rolls) {
      auto made = segment::create(context_, pending_[group.first].base);
      directory_changed_ = true;
      if (!made)
        return made.error();
      group.fresh = std::move(*made);
    }
    if (auto written = write_runs(group.rolls ? *group.fresh : *active(), group); !written)
      return written;
  }
  return {};
}

result<void> partition_log_impl::make_directory() {
  if (directory_exists_)
    return {};
  if (auto made = context_.on.create_directory(context_.directory); !made)
    return made;
  directory_exists_ = parent_changed_ = true;
  // From the first sync on there is a mark, so a missing one is known to be lost.
  return store_mark(mark_);
}

result<void> partition_log_impl::store_epochs() {
  if (context_.epochs.entries().size() <= stored_epochs_)
    return {};
  auto to = context_.on.open(leader_epochs_path(context_.directory), open_mode::create);
  if (!to)
    return to.error();
  directory_changed_ |= stored_epochs_ == 0;
  const auto content = context_.epochs.encode(stored_epochs_);
  const byte_view parts[] = {content};
  if (auto written = (*to)->write_at(stored_epochs_ * epoch_cache::entry_size, parts); !written)
    return written;
  must_sync(std::move(*to));
  stored_epochs_ = context_.epochs.entries().size();
  return store_mark(mark_);
}

result<void> partition_log_impl::undo_write(std::vector<write_group>& plan, const error& cause) {
  if (!is_refusal(cause))
    return poison(cause);
  const auto epochs_taken = context_.epochs.entries().size();
  drop_pending();
  auto taken_back = take_back(plan);
  if (taken_back && context_.epochs.entries().size() < epochs_taken)
    taken_back = take_back_epochs();
  if (!taken_back)
    return poison(taken_back.error());
  return cause;
}

result<void> partition_log_impl::take_back(std::vector<write_group>& plan) {
  for (const auto& group : plan)
    if (group.fresh)
      if (auto removed = group.fresh->remove_files(); !removed)
        return removed;
  if (plan.front().rolls)
    return {};
  auto file = active()->opened();
  // Not even opened: nothing was written to it.
  if (!file)
    return is_refusal(file.error()) ? result<void>{} : file.error();
  return (*file)->truncate(active()->size());
}

result<void> partition_log_impl::take_back_epochs() {
  if (!directory_exists_)
    return {};
  auto file = context_.on.open(leader_epochs_path(context_.directory), open_mode::read_write);
  if (!file)
    return file.error().code == errc::not_found ? result<void>{} : file.error();
  stored_epochs_ = context_.epochs.entries().size();
  if (auto cut = (*file)->truncate(stored_epochs_ * epoch_cache::entry_size); !cut)
    return cut;
  return refresh_mark();
}

result<void> partition_log_impl::commit_write(std::vector<write_group>& plan) {
  result<void> sealed;
  for (auto& group : plan) {
    if (group.rolls) {
      if (active_ && sealed)
        sealed = roll();
      segments_.push_back(std::move(group.fresh));
      active_ = true;
    }
    auto& to = *active();
    for (auto i = group.first; i < group.end; ++i)
      to.note(pending_[i].batches);
    written_end_ = to.end();
    must_sync(*to.opened());
  }
  pending_.clear();
  pending_bytes_ = 0;
  if (!sealed)
    return poison(sealed.error());
  return {};
}

result<void> partition_log_impl::roll() {
  auto& full = *active();
  auto written = full.write_index(full.end());
  // Without it the index is built again when it is needed.
  if (!written && !is_refusal(written.error()))
    return written.error();
  if (written)
    for (auto& file : *written)
      must_sync(std::move(file));
  directory_changed_ = true;
  active_ = false;
  full.release();
  mark_is_due_ = true;
  if (context_.options.syncs)
    return pin_mark();
  // Nothing will be synced; the mark still spares the next start the scan of this segment.
  mark_ = mark_here();
  mark_.synced = false;
  return store_mark(mark_);
}

/// Once a log has two segments, a mark that was never synced could not be told from a lost one
/// after a crash, nor a torn segment from a damaged one. Once per log and start.
result<void> partition_log_impl::pin_mark() {
  if (mark_is_pinned_)
    return {};
  if (auto stored = store_mark_everywhere(mark_); !stored)
    return is_refusal(stored.error()) ? result<void>{} : stored;
  mark_is_pinned_ = true;
  return context_.on.sync_directory(parent_directory(context_.directory));
}

}  // namespace troupe
