#include "runtime/log/recovery.hpp"

#include "runtime/log/recovery_steps.hpp"

#include <algorithm>
#include <array>

namespace troupe {

result<recovered_log> recover_log(log_context& in, recovery_report& report) {
  return log_recovery{in, report}.run();
}

result<recovered_log> log_recovery::run() {
  if (auto done = list_files(); !done)
    return done.error();
  if (!log_.directory_exists) {
    report_.clean = true;
    return std::move(log_);
  }
  for (auto step : {&log_recovery::load_marks, &log_recovery::measure_segments,
                    &log_recovery::drop_below_start, &log_recovery::load_epochs})
    if (auto done = (this->*step)(); !done)
      return done.error();
  find_tail();
  if (auto done = drop_sealed_below_start(); !done)
    return done.error();
  check_front();
  for (auto step : {static_cast<result<void> (log_recovery::*)()>(&log_recovery::take_sealed),
                    &log_recovery::scan_tail, &log_recovery::finish})
    if (auto done = (this->*step)(); !done)
      return done.error();
  return std::move(log_);
}

// -- what is there ------------------------------------------------------------

result<void> log_recovery::list_files() {
  auto names = in_.on.list(in_.directory);
  if (!names && names.error().code == errc::not_found)
    return {};
  if (!names)
    return names.error();
  log_.directory_exists = true;
  for (const auto& name : *names) {
    const auto parsed = parse_log_file_name(name);
    switch (parsed.kind) {
      case log_file::segment:
        found_.push_back({.base = parsed.base, .size = 0, .has_index = false, .summary = {}});
        break;
      case log_file::index:
      case log_file::time_index: indexes_.insert(parsed.base); break;
      case log_file::temporary:
        // A crash between writing beside and renaming; what it would have replaced is there.
        (void)in_.on.remove_file(fmt::format("{}/{}", in_.directory, name));
        break;
      case log_file::other:
        remark("{}/{} is not a file of a log and is left alone", in_.directory, name);
        break;
      default: break;
    }
  }
  return {};
}

result<void> log_recovery::load_marks() {
  const auto path = durable_path(in_.directory);
  auto marks = log_.marks.load(in_.on, path);
  if (!marks)
    return marks.error();
  mark_ = marks->mark;
  if (marks->damaged_slots > 0)
    remark("{}: {} of 2 slots damaged", path, marks->damaged_slots);
  else if (!mark_ && !found_.empty())
    remark("{} is {}: which appends were synced is not known", path,
           marks->exists ? "empty" : "missing");

  auto start = load_log_start(in_.on, log_start_path(in_.directory));
  if (!start && start.error().code != errc::damaged_data)
    return start.error();
  if (!start)
    remark("{}: the copy in {} is used", start.error().message, path);
  else if (!*start && mark_ && mark_->log_start > 0)
    remark("{} is missing: the copy in {} is used", log_start_path(in_.directory), path);
  merge_log_start(start ? *start : std::nullopt);
  if (mark_ && mark_->anew)
    return finish_beginning_anew();
  return {};
}

/// The log was being replaced by an empty one when the process ended.
result<void> log_recovery::finish_beginning_anew() {
  for (const auto& found : found_) {
    segment old{in_, found.base, {}, no_timestamp, no_timestamp};
    if (auto removed = old.remove_files(); !removed)
      return removed;
  }
  found_.clear();
  if (auto stored = store_log_start(in_.on, log_start_path(in_.directory),
                                    {.resets = log_.resets, .start = log_.log_start});
      !stored)
    return stored;
  auto removed = in_.on.remove_file(leader_epochs_path(in_.directory));
  if (!removed && removed.error().code != errc::not_found)
    return removed;
  if (auto synced = in_.on.sync_directory(in_.directory); !synced)
    return synced;
  mark_->anew = false;
  return log_.marks.store_everywhere(in_.on, durable_path(in_.directory), *mark_);
}

void log_recovery::merge_log_start(const std::optional<log_start_mark>& file) {
  if (file && mark_ && file->resets > mark_->resets)
    mark_.reset();  // from before the log began anew
  if (mark_) {
    log_.resets = mark_->resets;
    log_.log_start = mark_->log_start;
    if (file && file->resets == mark_->resets)
      log_.log_start = std::max(log_.log_start, file->start);
  } else if (file) {
    log_.resets = file->resets;
    log_.log_start = file->start;
  } else if (!found_.empty()) {
    log_.log_start = found_.front().base;
  }
}

result<void> log_recovery::measure_segments() {
  std::sort(found_.begin(), found_.end(),
            [](const found_segment& a, const found_segment& b) { return a.base < b.base; });
  for (auto& segment : found_) {
    auto measured = measure(segment.base);
    if (!measured)
      return measured.error();
    segment = *measured;
    indexes_.erase(segment.base);
  }
  for (auto orphan : indexes_)
    if (auto removed = remove_index_files(in_.on, in_.directory, orphan); !removed)
      return removed;
  drop_aliens();
  return {};
}

result<log_recovery::found_segment> log_recovery::measure(offset_t base) {
  found_segment measured{.base = base, .size = 0, .has_index = false, .summary = {}};
  auto in =
      in_.on.open(segment_file_path(in_.directory, base, log_file::segment), open_mode::read_only);
  if (!in)
    return in.error();
  auto size = (*in)->size();
  if (!size)
    return size.error();
  measured.size = *size;
  measured.has_index = indexes_.contains(base);
  if (!measured.has_index)
    return measured;
  auto index =
      in_.on.open(segment_file_path(in_.directory, base, log_file::index), open_mode::read_only);
  std::array<char, index_header_size> header;
  if (!index)
    return measured;
  if (auto got = (*index)->read_at(0, header); got && *got == header.size())
    measured.summary = decode_index_header(header, index_kind::offsets, base);
  // Of an earlier segment that began at the same offset, or this one was cut since.
  if (measured.summary && measured.summary->covered > measured.size)
    measured.summary.reset();
  return measured;
}

void log_recovery::drop_aliens() {
  std::vector<found_segment> kept;
  for (const auto& next : found_) {
    auto known_end = no_offset;
    if (!kept.empty() && kept.back().summary)
      known_end = kept.back().summary->end;
    if (!kept.empty() && mark_ && kept.back().base == mark_->segment_base &&
        kept.back().size >= mark_->position)
      known_end = std::max(known_end, mark_->end);
    if (next.base < known_end)
      remark("{} is ignored: its offsets belong to the segment before it",
             segment_file_path(in_.directory, next.base, log_file::segment));
    else
      kept.push_back(next);
  }
  found_ = std::move(kept);
}

}  // namespace troupe
