#include "runtime/base/limits.hpp"
#include "runtime/log/recovery_steps.hpp"

#include <algorithm>

namespace troupe {

result<void> log_recovery::finish() {
  // Everything that was left is below what may still be read.
  if (log_.end < log_.log_start) {
    for (const auto& segment : log_.segments)
      if (auto removed = segment->remove_files(); !removed)
        return removed;
    log_.segments.clear();
    log_.active = false;
    log_.end = log_.log_start;
    log_.changed = true;
  }
  if (auto stored = store_epochs(); !stored)
    return stored;
  log_.changed |= damage_ || report_.scanned_bytes > 0 || report_.torn_bytes > 0;
  log_.durable_end = log_.end;
  if (!in_.options.syncs)
    log_.durable_end =
        mark_ && mark_->synced ? std::clamp(mark_->end, log_.log_start, log_.end) : log_.log_start;
  else if (auto durable = make_durable(); !durable)
    return durable;
  report_.clean = mark_ && mark_->clean && !log_.changed;
  return {};
}

result<void> log_recovery::make_durable() {
  const auto knows = mark_ && mark_->synced;
  if (knows && !log_.changed)
    return {};
  for (auto& segment : log_.segments) {
    const auto is_tail = tail_ < found_.size() && segment->base() >= found_[tail_].base;
    if (knows && !is_tail)
      continue;
    const auto from = !is_tail                                ? segment->size()
                      : segment->base() == found_[tail_].base ? tail_from_.position
                                                              : 0;
    if (auto done = renew(*segment, from); !done)
      return done;
    if (is_tail && segment != log_.segments.back())
      if (auto done = renew_index(*segment); !done)
        return done;
  }
  if (auto done = renew_epochs(); !done)
    return done;
  for (const auto& directory : {in_.directory, parent_directory(in_.directory)})
    if (auto done = in_.on.sync_directory(directory); !done)
      return done;
  return {};
}

result<void> log_recovery::renew(segment& which, std::uint64_t from) {
  constexpr std::size_t portion = 1 * limits::MiB;
  auto to = which.opened();
  if (!to)
    return to.error();
  bytes buffer;
  // A sync that failed before the restart may have left pages that look clean and are not on the
  // disk. Written again they are dirty, and the sync below covers them for certain.
  for (auto at = from; at < which.size(); at += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(portion, which.size() - at));
    auto got = (*to)->read_at(at, buffer);
    if (!got)
      return got.error();
    const byte_view parts[] = {byte_view{buffer}.first(*got)};
    if (auto written = (*to)->write_at(at, parts); !written)
      return written;
  }
  return (*to)->sync();
}

/// Of a segment that was sealed and not synced: its index file may still be an older one.
result<void> log_recovery::renew_index(segment& which) {
  auto written = which.write_index(which.end());
  if (!written)
    return written.error().code == errc::disk_full ? result<void>{} : written.error();
  for (const auto& file : *written)
    if (auto synced = file->sync(); !synced)
      return synced;
  which.release();
  return {};
}

}  // namespace troupe
