#include "runtime/log/epoch_cache.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/mutants.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace troupe {

namespace {

constexpr std::size_t checked_size = epoch_cache::entry_size - 4;

std::array<char, checked_size> encode_fields(const epoch_cache::entry& x) {
  std::array<char, checked_size> fields;
  store_be(store_be(fields.data(), value_of(x.epoch)), x.start);
  return fields;
}

}  // namespace

epoch_cache::span_of epoch_cache::at(offset_t offset) const {
  const auto next = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                     [](offset_t x, const entry& e) { return x < e.start; });
  const auto end = next == entries_.end() ? std::numeric_limits<offset_t>::max() : next->start;
  return {next == entries_.begin() ? no_epoch : std::prev(next)->epoch, end};
}

epoch_end epoch_cache::end_offset_for(leader_epoch asked, offset_t log_end) const {
  if (asked == no_epoch || asked > last())
    return {};
  if (asked == last())
    return {asked, log_end};
  const auto higher = std::upper_bound(entries_.begin(), entries_.end(), asked,
                                       [](leader_epoch x, const entry& e) { return x < e.epoch; });
  if (broken(rule::r3_end_of_unknown_epoch))
    return {asked, log_end};
  return {higher == entries_.begin() ? asked : std::prev(higher)->epoch, higher->start};
}

bool epoch_cache::can_follow(leader_epoch epoch, offset_t start) const {
  return entries_.empty() || (epoch > entries_.back().epoch && start > entries_.back().start);
}

void epoch_cache::add(leader_epoch epoch, offset_t start) {
  troupe_assert(can_follow(epoch, start), "epoch {} at {} after epoch {}", value_of(epoch), start,
                value_of(last()));
  entries_.push_back({epoch, start});
}

void epoch_cache::truncate(offset_t end) {
  std::erase_if(entries_, [end](const entry& x) { return x.start >= end; });
}

bytes epoch_cache::encode(std::size_t first) const {
  bytes content;
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto fields = encode_fields(entries_[i]);
    crc = crc32c(fields, crc);
    if (i < first)
      continue;
    content.insert(content.end(), fields.begin(), fields.end());
    content.resize(content.size() + 4);
    store_be(content.data() + content.size() - 4, crc);
  }
  return content;
}

epoch_cache::decoded epoch_cache::decode(byte_view content) {
  decoded read;
  std::uint32_t crc = 0;
  for (; content.size() >= entry_size; content = content.subspan(entry_size)) {
    crc = crc32c(content.first(checked_size), crc);
    const entry next{leader_epoch{load_be<std::int32_t>(content.data())},
                     load_be<std::int64_t>(content.data() + 4)};
    if (crc != load_be<std::uint32_t>(content.data() + checked_size) ||
        !read.epochs.can_follow(next.epoch, next.start))
      break;
    read.epochs.add(next.epoch, next.start);
  }
  read.intact = content.empty();
  return read;
}

}  // namespace troupe
