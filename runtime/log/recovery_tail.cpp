#include "runtime/log/batch_scanner.hpp"
#include "runtime/log/recovery_steps.hpp"

#include <algorithm>

namespace troupe {

void log_recovery::find_tail() {
  if (found_.empty()) {
    const auto end = std::max(log_.log_start, mark_ ? mark_->end : 0);
    tail_from_ = {0, end};
    if (end > log_.log_start) {
      remark("{}: every segment is missing; the offsets {} to {} are not served", in_.directory,
             log_.log_start, end - 1);
      damage_ = true;
    }
    return;
  }
  if (!mark_) {
    tail_ = found_.size() - 1;
    tail_from_ = {0, found_[tail_].base};
    return;
  }
  const auto at = std::find_if(found_.begin(), found_.end(), [this](const found_segment& x) {
    return x.base == mark_->segment_base;
  });
  if (at == found_.end())
    return find_tail_without_segment();
  tail_ = static_cast<std::size_t>(at - found_.begin());
  if (at->size >= mark_->position) {
    tail_from_ = {mark_->position, mark_->end};
  } else if (!mark_->synced) {
    tail_from_ = {0, at->base};
  } else {
    remark("{} has {} bytes, of which {} had been synced",
           segment_file_path(in_.directory, at->base, log_file::segment), at->size,
           mark_->position);
    damage_ = true;
    ++tail_;
    tail_from_ = {0, tail_ < found_.size() ? found_[tail_].base : mark_->end};
  }
}

void log_recovery::find_tail_without_segment() {
  // Retention deleted the segment of the mark after that was written.
  if (log_.log_start >= mark_->end) {
    tail_from_ = {0, std::min(found_.front().base, log_.log_start)};
    return;
  }
  const auto later = std::find_if(found_.begin(), found_.end(),
                                  [this](const found_segment& x) { return x.base >= mark_->end; });
  tail_ = static_cast<std::size_t>(later - found_.begin());
  if (mark_->position > 0) {
    remark("{} is missing",
           segment_file_path(in_.directory, mark_->segment_base, log_file::segment));
    damage_ = true;
    tail_from_ = {0, tail_ < found_.size() ? found_[tail_].base : mark_->end};
    return;
  }
  // The segment of the mark was never filled. What lies behind it cannot have been synced.
  tail_from_ = {0, mark_->end};
}

result<void> log_recovery::scan_tail() {
  log_.end = tail_from_.offset;
  for (auto i = tail_; i < found_.size(); ++i) {
    const auto& found = found_[i];
    const auto from = i == tail_ ? tail_from_ : batch_place{0, found.base};
    if (found.base != log_.end && from.position == 0)
      return cut_segments(i);
    const auto is_marked = mark_ && i == tail_ && found.base == mark_->segment_base &&
                           from.position == mark_->position;
    log_.segments.push_back(std::make_unique<segment>(
        in_, found.base, from, is_marked ? mark_->max_timestamp : no_timestamp,
        is_marked ? mark_->segment_created : in_.time.wall_ms()));
    auto& tail = *log_.segments.back();
    log_.active = true;
    if (auto done = scan(tail, found.size); !done)
      return done;
    if (auto done = drop_stale_index(tail, found); !done)
      return done;
    log_.end = tail.end();
    if (tail.size() < found.size) {
      if (auto done = cut(tail, found.size); !done)
        return done;
      return cut_segments(i + 1);
    }
  }
  return {};
}

result<void> log_recovery::scan(segment& which, std::uint64_t size) {
  if (which.size() == size)
    return {};
  auto in = which.opened();
  if (!in)
    return in.error();
  batch_scanner scanner{**in, which.size(), size};
  std::optional<batch_chain> chain{std::in_place, in_.epochs, which.end()};
  for (;;) {
    auto found = scanner.next();
    if (!found)
      return found.error();
    if (*found != batch_scanner::step::batch)
      return {};
    const auto& header = scanner.header();
    const auto at = which.end_place();
    if (learns_ && header.base_offset == at.offset && header.epoch > in_.epochs.last() &&
        in_.epochs.can_follow(header.epoch, at.offset)) {
      in_.epochs.add(header.epoch, at.offset);
      chain.emplace(in_.epochs, at.offset);
    }
    if (!chain->fits(header))
      return {};
    chain->advance(header);
    which.note(at, header);
    report_.scanned_bytes += header.size();
  }
}

result<void> log_recovery::drop_stale_index(const segment& which, const found_segment& found) {
  if (!found.has_index || (found.summary && found.summary->covered <= which.size()))
    return {};
  log_.changed = true;
  return remove_index_files(in_.on, in_.directory, which.base());
}

result<void> log_recovery::cut(segment& which, std::uint64_t size) {
  report_.torn_bytes += size - which.size();
  remark("{}: {} bytes cut at byte {}: appends that had not been synced", which.path(),
         size - which.size(), which.size());
  return which.truncate(which.end_place());
}

result<void> log_recovery::cut_segments(std::size_t first) {
  for (auto i = first; i < found_.size(); ++i) {
    segment doomed{
        in_, found_[i].base, {found_[i].size, found_[i].base}, no_timestamp, no_timestamp};
    report_.torn_bytes += found_[i].size;
    log_.changed = true;
    remark("{} deleted: appends that had not been synced", doomed.path());
    if (auto removed = doomed.remove_files(); !removed)
      return removed;
  }
  return {};
}

}  // namespace troupe
