#include "runtime/log/recovery_steps.hpp"

namespace troupe {

offset_t log_recovery::end_of(std::size_t i) const {
  if (i + 1 < tail_ || tail_from_.position > 0)
    return found_[i + 1].base;
  return tail_from_.offset;
}

/// Before anything else is concluded: of segments below the log start, a crash may have brought
/// back any selection.
result<void> log_recovery::drop_below_start() {
  while (found_.size() > 1 && found_[1].base <= log_.log_start)
    if (auto dropped = drop_first(); !dropped)
      return dropped;
  return {};
}

result<void> log_recovery::drop_sealed_below_start() {
  for (; tail_ > 0 && end_of(0) <= log_.log_start; --tail_)
    if (auto dropped = drop_first(); !dropped)
      return dropped;
  return {};
}

result<void> log_recovery::drop_first() {
  segment done{in_, found_[0].base, {}, no_timestamp, no_timestamp};
  found_.erase(found_.begin());
  log_.changed = true;
  return done.remove_files();
}

void log_recovery::check_front() {
  if (found_.empty() || found_.front().base <= log_.log_start)
    return;
  // What begins behind the end is about to be cut.
  if (tail_ == 0 && tail_from_.offset < found_.front().base)
    return;
  remark("{}: the segments before offset {} are missing; the offsets {} to {} are not served",
         in_.directory, found_.front().base, log_.log_start, found_.front().base - 1);
  damage_ = true;
}

result<void> log_recovery::take_sealed() {
  for (std::size_t i = 0; i < tail_; ++i)
    if (auto done = take_sealed(found_[i], end_of(i)); !done)
      return done;
  return {};
}

result<void> log_recovery::take_sealed(const found_segment& which, offset_t end) {
  const auto& about = which.summary;
  const auto whole = about && about->covered <= which.size && about->end <= end;
  // Bytes behind the end of a sealed segment were never part of the log.
  const auto size = whole && about->end == end ? about->covered : which.size;
  log_.segments.push_back(std::make_unique<segment>(in_, which.base, batch_place{size, end},
                                                    whole ? about->max_timestamp : no_timestamp,
                                                    in_.time.wall_ms()));
  auto& taken = *log_.segments.back();
  if (size < which.size)
    remark("{}: {} bytes behind its end are ignored", taken.path(), which.size - size);
  if (!whole || about->covered < size)
    return rebuild(taken, which);
  if (about->end < end)
    report_damage(taken.path(), {{size, about->end}, {size, end}});
  return {};
}

result<void> log_recovery::rebuild(segment& which, const found_segment& found) {
  auto read = which.rebuild_index();
  if (!read)
    return read.error();
  ++report_.rebuilt_indexes;
  report_.scanned_bytes += found.size;
  remark("{}: index rebuilt", which.path());
  for (const auto& range : read->damage)
    report_damage(which.path(), range);
  auto written = which.write_index(read->end.offset);
  // Without it the index is built again the next time.
  if (!written && written.error().code != errc::disk_full)
    return written.error();
  which.release();
  return {};
}

void log_recovery::report_damage(const std::string& path, const damaged_range& range) {
  const auto lost = range.to.position - range.from.position;
  report_.damaged_bytes += lost;
  remark("{} is damaged at byte {}, {} bytes: the offsets {} to {} are not served", path,
         range.from.position, lost, range.from.offset, range.to.offset - 1);
  damage_ = true;
}

}  // namespace troupe
