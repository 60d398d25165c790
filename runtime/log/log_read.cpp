#include "runtime/log/log_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

namespace {

/// Sealed segments of one log whose file and index stay open between reads.
constexpr std::size_t open_sealed_max = 4;

}  // namespace

segment* partition_log_impl::segment_of(offset_t offset) {
  const auto next =
      std::upper_bound(segments_.begin(), segments_.end(), offset,
                       [](offset_t x, const segment_ptr& s) { return x < s->base(); });
  if (next == segments_.begin() || offset >= (*std::prev(next))->end())
    return nullptr;
  return std::prev(next)->get();
}

result<log_slice> partition_log_impl::read(offset_t from, std::size_t max_bytes, offset_t limit) {
  limit = std::min(limit, written_end_);
  if (out_of_service_ == errc::log_closed)
    return check_in_service().error();
  if (from < log_start_ || from > limit)
    return error{errc::offset_out_of_range,
                 fmt::format("offset {} is outside {} to {}", from, log_start_, limit)};
  if (from == limit)
    return log_slice{{}, no_offset, from};
  auto* in = segment_of(from);
  if (!in)
    return error{errc::damaged_data, fmt::format("{}: the segment with offset {} is missing",
                                                 context_.directory, from)};
  keep_few_open(*in);
  segment_reader reader{*in, context_.epochs};
  batch_place next;
  auto slice = reader.read(from, max_bytes, limit, remembered(from, in->base()), next);
  if (slice && !slice->batches.empty())
    remember({next.offset, in->base(), next.position});
  return slice;
}

result<std::optional<timestamp_and_offset>> partition_log_impl::find_timestamp(timestamp_ms at,
                                                                               offset_t limit) {
  if (out_of_service_ == errc::log_closed)
    return check_in_service().error();
  limit = std::min(limit, written_end_);
  for (auto& segment : segments_) {
    if (segment->base() >= limit)
      break;
    if (segment->end() <= log_start_ || segment->max_timestamp() < at)
      continue;
    keep_few_open(*segment);
    auto found = segment_reader{*segment, context_.epochs}.find_timestamp(at, log_start_, limit);
    if (!found || *found)
      return found;
  }
  return std::optional<timestamp_and_offset>{};
}

// -- what stays open ----------------------------------------------------------

void partition_log_impl::keep_few_open(const segment& used) {
  if (&used == active())
    return;
  std::erase(open_sealed_, used.base());
  open_sealed_.push_back(used.base());
  if (open_sealed_.size() <= open_sealed_max)
    return;
  const auto oldest = open_sealed_.front();
  open_sealed_.erase(open_sealed_.begin());
  if (auto* idle = segment_of(oldest); idle && idle != active())
    idle->release();
}

std::optional<batch_place> partition_log_impl::remembered(offset_t offset,
                                                          offset_t segment_base) const {
  for (const auto& x : places_)
    if (x.offset == offset && x.segment_base == segment_base)
      return batch_place{x.position, x.offset};
  return std::nullopt;
}

void partition_log_impl::remember(reading_place place) {
  for (const auto& x : places_)
    if (x.offset == place.offset)
      return;
  places_[next_place_] = place;
  next_place_ = static_cast<std::uint8_t>((next_place_ + 1) % places_.size());
}

void partition_log_impl::forget_places() {
  places_.fill({});
  open_sealed_.clear();
}

}  // namespace troupe
