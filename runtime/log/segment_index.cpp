#include "runtime/log/segment_index.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::uint32_t magic = 0x54524958;  // "TRIX"
constexpr std::uint16_t version = 1;
constexpr std::size_t header_checked = index_header_size - 4;
constexpr std::size_t offset_entry_size = 8;
constexpr std::size_t time_entry_size = 12;

std::size_t entry_size_of(index_kind kind) {
  return kind == index_kind::offsets ? offset_entry_size : time_entry_size;
}

void store_header(char* at, index_kind kind, const index_summary& about) {
  auto* begin = at;
  at = store_be(at, magic);
  at = store_be(at, version);
  at = store_be(at, static_cast<std::uint16_t>(kind));
  at = store_be(at, about.base);
  at = store_be(at, about.covered);
  at = store_be(at, about.end);
  at = store_be(at, about.max_timestamp);
  at = store_be(at, about.count);
  at = store_be(at, about.entries_crc);
  store_be(at, crc32c({begin, header_checked}));
}

/// The entries behind an intact header, or nothing.
std::optional<byte_view> checked_entries(byte_view content, index_kind kind, offset_t base,
                                         index_summary& about) {
  const auto header = decode_index_header(content, kind, base);
  if (!header)
    return std::nullopt;
  const auto entries = content.subspan(index_header_size);
  if (entries.size() != header->count * entry_size_of(kind) ||
      crc32c(entries) != header->entries_crc)
    return std::nullopt;
  about = *header;
  return entries;
}

}  // namespace

std::optional<index_summary> decode_index_header(byte_view header, index_kind kind, offset_t base) {
  if (header.size() < index_header_size)
    return std::nullopt;
  const auto* at = header.data();
  if (crc32c(header.first(header_checked)) != load_be<std::uint32_t>(at + header_checked) ||
      load_be<std::uint32_t>(at) != magic || load_be<std::uint16_t>(at + 4) != version ||
      load_be<std::uint16_t>(at + 6) != static_cast<std::uint16_t>(kind) ||
      load_be<offset_t>(at + 8) != base)
    return std::nullopt;
  return index_summary{.base = base,
                       .covered = load_be<std::uint64_t>(at + 16),
                       .end = load_be<offset_t>(at + 24),
                       .max_timestamp = load_be<timestamp_ms>(at + 32),
                       .count = load_be<std::uint32_t>(at + 40),
                       .entries_crc = load_be<std::uint32_t>(at + 44)};
}

void segment_index::note(batch_place place, std::size_t size, timestamp_ms max_timestamp) {
  const auto relative = place.offset - base_;
  troupe_assert(relative >= 0, "offset {} base {}", place.offset, base_);
  // Only a segment that we did not write can hold more than an entry can say: it is read without.
  if (since_entry_ >= interval_ && relative <= UINT32_MAX && place.position <= UINT32_MAX) {
    entries_.push_back(
        {static_cast<std::uint32_t>(relative), static_cast<std::uint32_t>(place.position)});
    note_time(place.offset);
    since_entry_ = 0;
  }
  since_entry_ += size;
  max_timestamp_ = std::max(max_timestamp_, max_timestamp);
}

void segment_index::note_time(offset_t before) {
  const auto relative = static_cast<std::uint32_t>(before - base_);
  if (!times_.empty() && times_.back().timestamp == max_timestamp_)
    times_.back().relative_offset = relative;
  else
    times_.push_back({max_timestamp_, relative});
}

std::optional<batch_place> segment_index::floor(offset_t offset) const {
  const auto next = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [this](offset_t x, const entry& e) { return x < base_ + e.relative_offset; });
  if (next == entries_.begin())
    return std::nullopt;
  return place_of(*std::prev(next));
}

std::optional<batch_place> segment_index::after(std::uint64_t position) const {
  const auto next =
      std::upper_bound(entries_.begin(), entries_.end(), position,
                       [](std::uint64_t x, const entry& e) { return x < e.position; });
  if (next == entries_.end())
    return std::nullopt;
  return place_of(*next);
}

offset_t segment_index::time_floor(timestamp_ms at) const {
  const auto next =
      std::lower_bound(times_.begin(), times_.end(), at,
                       [](const time_entry& e, timestamp_ms x) { return e.timestamp < x; });
  return next == times_.begin() ? base_ : base_ + std::prev(next)->relative_offset;
}

void segment_index::truncate(batch_place end) {
  std::erase_if(entries_, [&](const entry& x) { return x.position >= end.position; });
  std::erase_if(times_,
                [&](const time_entry& x) { return base_ + x.relative_offset >= end.offset; });
  since_entry_ = entries_.empty() ? end.position : end.position - entries_.back().position;
  // max_timestamp_ may stay too high: time_floor is then more careful than it need be.
}

void segment_index::prepend(segment_index front) {
  // The batch behind the front has no entry of its own unless one is due.
  front.entries_.insert(front.entries_.end(), entries_.begin(), entries_.end());
  for (const auto& x : times_) {
    const auto timestamp = std::max(x.timestamp, front.max_timestamp_);
    if (!front.times_.empty() && front.times_.back().timestamp == timestamp)
      front.times_.back().relative_offset = x.relative_offset;
    else
      front.times_.push_back({timestamp, x.relative_offset});
  }
  front.since_entry_ = since_entry_;
  front.max_timestamp_ = std::max(front.max_timestamp_, max_timestamp_);
  *this = std::move(front);
}

std::size_t segment_index::size_bytes() const {
  return entries_.size() * offset_entry_size + times_.size() * time_entry_size;
}

bytes segment_index::encode(index_kind kind, const index_summary& about) const {
  const auto count = kind == index_kind::offsets ? entries_.size() : times_.size();
  bytes content(index_header_size + count * entry_size_of(kind));
  auto* at = content.data() + index_header_size;
  if (kind == index_kind::offsets)
    for (const auto& x : entries_)
      at = store_be(store_be(at, x.relative_offset), x.position);
  else
    for (const auto& x : times_)
      at = store_be(store_be(at, x.timestamp), x.relative_offset);
  auto header = about;
  header.base = base_;
  header.count = static_cast<std::uint32_t>(count);
  header.entries_crc = crc32c(byte_view{content}.subspan(index_header_size));
  store_header(content.data(), kind, header);
  return content;
}

std::optional<segment_index> segment_index::decode(byte_view offsets, byte_view times,
                                                   offset_t base, std::uint32_t interval,
                                                   index_summary& about) {
  index_summary of_times;
  const auto offset_entries = checked_entries(offsets, index_kind::offsets, base, about);
  const auto time_entries = checked_entries(times, index_kind::times, base, of_times);
  if (!offset_entries || !time_entries || of_times.covered != about.covered)
    return std::nullopt;
  segment_index read{base, interval};
  read.entries_.reserve(about.count);
  for (const auto* at = offset_entries->data(); read.entries_.size() < about.count;
       at += offset_entry_size)
    read.entries_.push_back({load_be<std::uint32_t>(at), load_be<std::uint32_t>(at + 4)});
  read.times_.reserve(of_times.count);
  for (const auto* at = time_entries->data(); read.times_.size() < of_times.count;
       at += time_entry_size)
    read.times_.push_back({load_be<timestamp_ms>(at), load_be<std::uint32_t>(at + 8)});
  const auto last = read.entries_.empty() ? 0 : read.entries_.back().position;
  read.since_entry_ = about.covered - last;
  read.max_timestamp_ = about.max_timestamp;
  return read;
}

}  // namespace troupe
