#include "runtime/log/segment_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe {

namespace {

using step = batch_scanner::step;

/// Reads headers that lie near one another with few system calls.
class header_window {
 public:
  explicit header_window(const file& in) : file_(in) {}

  /// Nothing at the end of the file.
  result<std::optional<batch_header>> at(std::uint64_t position) {
    if (position < begin_ || position + batch_header_size > begin_ + size_) {
      auto got = file_.read_at(position, buffer_);
      if (!got)
        return got.error();
      begin_ = position;
      size_ = *got;
    }
    if (size_ < batch_header_size)
      return std::optional<batch_header>{};
    return std::optional{
        decode_batch_header(byte_view{buffer_}.subspan(position - begin_, batch_header_size))};
  }

 private:
  const file& file_;
  std::array<char, 4096> buffer_;
  std::uint64_t begin_ = 0;
  std::size_t size_ = 0;
};

/// Reads in portions that stay in the processor's cache: a vector fills what it grows by with
/// zeros, and the read then overwrites them there instead of in memory.
result<void> append_from(const file& in, std::uint64_t position, std::size_t size, bytes& to) {
  constexpr std::size_t portion = std::size_t{128} * 1024;
  to.reserve(to.size() + size);
  while (size > 0) {
    const auto old = to.size();
    const auto wanted = std::min(size, portion);
    to.resize(old + wanted);
    auto got = in.read_at(position, std::span{to}.subspan(old));
    if (!got)
      return got.error();
    to.resize(old + *got);
    if (*got < wanted)
      break;
    position += *got;
    size -= *got;
  }
  return {};
}

}  // namespace

error segment_reader::damage_error(const damaged_range& range) const {
  return {
      errc::damaged_data,
      fmt::format("{} is damaged at byte {}: the offsets {} to {} are not served", segment_.path(),
                  range.from.position, range.from.offset, range.to.offset - 1)};
}

result<batch_place> segment_reader::behind(batch_place at) {
  auto index = segment_.index_from(at.offset);
  if (!index)
    return index.error();
  auto in = segment_.opened();
  if (!in)
    return in.error();
  const auto anchor = (*index)->after(at.position).value_or(segment_.end_place());
  return place_behind_damage(**in, epochs_, at, anchor);
}

result<located> segment_reader::locate(offset_t offset, std::optional<batch_place> hint) {
  if (hint)
    return located{*hint, {}};
  auto index = segment_.index_from(offset);
  if (!index)
    return index.error();
  return walk((*index)->floor(offset).value_or(batch_place{0, segment_.base()}), offset);
}

result<located> segment_reader::walk(batch_place from, offset_t offset) {
  auto in = segment_.opened();
  if (!in)
    return in.error();
  header_window window{**in};
  for (auto at = from;;) {
    auto header = window.at(at.position);
    if (!header)
      return header.error();
    const auto size = *header ? claimed_batch_size(**header) : 0;
    if (size > 0 && size <= segment_.size() - at.position &&
        batch_chain{epochs_, at.offset}.fits(**header)) {
      if ((*header)->next_offset() > offset)
        return located{at, {}};
      at = {at.position + size, (*header)->next_offset()};
      continue;
    }
    auto next = behind(at);
    if (!next)
      return next.error();
    if (offset < next->offset)
      return located{at, damaged_range{at, *next}};
    at = *next;
  }
}

result<bytes> segment_reader::load(batch_place at, std::size_t max_bytes) {
  auto in = segment_.opened();
  if (!in)
    return in.error();
  const auto rest = segment_.size() - at.position;
  bytes data;
  const auto size = std::min<std::uint64_t>(std::max(max_bytes, batch_header_size), rest);
  if (auto done = append_from(**in, at.position, size, data); !done)
    return done.error();
  if (data.size() < batch_header_size)
    return data;
  // KIP-74: the first batch is given whole, or a reader with a small limit would never get on.
  const auto first = claimed_batch_size(decode_batch_header(data));
  if (first > data.size() && first <= rest)
    if (auto done = append_from(**in, at.position + data.size(), first - data.size(), data); !done)
      return done.error();
  return data;
}

result<log_slice> segment_reader::read(offset_t from, std::size_t max_bytes, offset_t limit,
                                       std::optional<batch_place> hint, batch_place& next) {
  auto found = locate(from, hint);
  for (;;) {
    if (!found)
      return found.error();
    if (found->damaged)
      return damage_error(*found->damaged);
    const auto place = found->place;
    auto data = load(place, max_bytes);
    if (!data)
      return data.error();
    const auto taken = take_batches(*data, place.offset, limit);
    if (!taken.damaged) {
      next = {place.position + taken.size, taken.next};
      data->resize(taken.size);
      if (taken.size == 0)
        return log_slice{{}, no_offset, from};
      return log_slice{std::move(*data), place.offset, taken.next};
    }
    auto resume = behind(place);
    if (!resume)
      return resume.error();
    found =
        from < resume->offset ? located{place, damaged_range{place, *resume}} : walk(*resume, from);
  }
}

segment_reader::intact segment_reader::take_batches(byte_view data, offset_t first,
                                                    offset_t limit) const {
  batch_chain chain{epochs_, first};
  intact taken{.size = 0, .next = first, .damaged = false};
  for (;;) {
    const auto rest = data.subspan(taken.size);
    const auto is_first = taken.size == 0;
    const auto size =
        rest.size() < batch_header_size ? 0 : claimed_batch_size(decode_batch_header(rest));
    // A batch cut short at the end of what was read is whole in the file.
    if (!is_first && (size == 0 || size > rest.size()))
      return taken;
    const auto checked = check_batch(rest);
    if (!checked || !chain.fits(*checked) || checked->next_offset() > segment_.end()) {
      taken.damaged = is_first;
      return taken;
    }
    if (checked->next_offset() > limit)
      return taken;
    chain.advance(*checked);
    taken.size += size;
    taken.next = chain.expected();
  }
}

// -- timestamps ---------------------------------------------------------------

namespace {

/// The first record of a batch with a timestamp >= `at` and an offset in [from, limit).
result<std::optional<timestamp_and_offset>> find_in_batch(byte_view batch, timestamp_ms at,
                                                          offset_t from, offset_t limit) {
  auto reader = record_reader::open(batch);
  if (!reader)
    return reader.error();
  record_view record;
  for (;;) {
    auto more = reader->next(record);
    if (!more)
      return more.error();
    if (!*more || record.offset >= limit)
      return std::optional<timestamp_and_offset>{};
    if (record.timestamp >= at && record.offset >= from)
      return std::optional{timestamp_and_offset{record.timestamp, record.offset}};
  }
}

}  // namespace

result<std::optional<timestamp_and_offset>> segment_reader::find_timestamp(timestamp_ms at,
                                                                           offset_t from,
                                                                           offset_t limit) {
  auto index = segment_.index();
  if (!index)
    return index.error();
  auto found = locate(std::max({(*index)->time_floor(at), from, segment_.base()}));
  if (!found)
    return found.error();
  if (found->damaged)
    return damage_error(*found->damaged);
  auto in = segment_.opened();
  if (!in)
    return in.error();
  batch_scanner scanner{**in, found->place.position, segment_.size()};
  batch_chain chain{epochs_, found->place.offset};
  while (chain.expected() < limit) {
    auto got = scanner.next();
    if (!got)
      return got.error();
    if (*got == step::end)
      break;
    if (*got == step::bad || !chain.fits(scanner.header())) {
      const batch_place bad{scanner.position(), chain.expected()};
      auto next = behind(bad);
      if (!next)
        return next.error();
      return damage_error({bad, *next});
    }
    if (scanner.header().max_timestamp >= at) {
      auto record = find_in_batch(scanner.batch(), at, from, limit);
      if (!record || *record)
        return record;
    }
    chain.advance(scanner.header());
  }
  return std::optional<timestamp_and_offset>{};
}

}  // namespace troupe
