// Reading a stretch of a segment whose two ends are known.
#include "runtime/log/batch_scanner.hpp"
#include "runtime/log/segment.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

using step = batch_scanner::step;

/// Where the batch behind the damaged one at `position` would begin by the length it claims, or 0.
result<std::uint64_t> claimed_next(const file& in, std::uint64_t position) {
  std::array<char, batch_header_size> header;
  auto got = in.read_at(position, header);
  if (!got)
    return got.error();
  const auto size = *got < header.size() ? 0 : claimed_batch_size(decode_batch_header(header));
  return size == 0 ? 0 : position + size;
}

/// The offset of the batch at `position`, if intact batches lead from there exactly to `anchor`
/// and it lies behind `after`.
result<std::optional<offset_t>> chain_to(const file& in, const epoch_cache& epochs,
                                         std::uint64_t position, offset_t after,
                                         batch_place anchor) {
  if (position == anchor.position)
    return anchor.offset > after ? std::optional{anchor.offset} : std::nullopt;
  batch_scanner scanner{in, position, anchor.position};
  std::optional<offset_t> first;
  std::optional<batch_chain> chain;
  for (;;) {
    const auto found = scanner.next();
    if (!found)
      return found.error();
    if (*found == step::bad)
      return std::optional<offset_t>{};
    if (*found == step::end)
      return chain && chain->expected() == anchor.offset ? first : std::nullopt;
    const auto& header = scanner.header();
    if (!first) {
      if (header.base_offset <= after)
        return std::optional<offset_t>{};
      first = header.base_offset;
      chain.emplace(epochs, *first);
    }
    if (!chain->fits(header) || header.next_offset() > anchor.offset)
      return std::optional<offset_t>{};
    chain->advance(header);
  }
}

}  // namespace

result<batch_place> place_behind_damage(const file& in, const epoch_cache& epochs,
                                        batch_place damaged, batch_place anchor) {
  auto next = claimed_next(in, damaged.position);
  if (!next)
    return next.error();
  // The batch found here may itself be whole, when it is the one before it that lied about its end.
  for (auto position : {damaged.position, *next}) {
    if (position < damaged.position || position > anchor.position)
      continue;
    auto offset = chain_to(in, epochs, position, damaged.offset, anchor);
    if (!offset)
      return offset.error();
    if (*offset)
      return batch_place{position, **offset};
  }
  return anchor;
}

result<stretch> index_stretch(const file& in, const epoch_cache& epochs, batch_place from,
                              batch_place to, segment_index& into) {
  stretch read{.end = from, .max_timestamp = no_timestamp, .damage = {}};
  for (auto at = from; at.position < to.position;) {
    batch_scanner scanner{in, at.position, to.position};
    batch_chain chain{epochs, at.offset};
    auto found = scanner.next();
    for (; found && *found == step::batch; found = scanner.next()) {
      const auto& header = scanner.header();
      if (!chain.fits(header) || header.next_offset() > to.offset)
        break;
      into.note({scanner.position(), chain.expected()}, header.size(), header.max_timestamp);
      read.max_timestamp = std::max(read.max_timestamp, header.max_timestamp);
      chain.advance(header);
    }
    if (!found)
      return found.error();
    at = read.end = {scanner.position(), chain.expected()};
    if (*found == step::end)
      break;
    auto next = place_behind_damage(in, epochs, at, to);
    if (!next)
      return next.error();
    read.damage.push_back({at, *next});
    at = *next;
  }
  if (read.end.position >= to.position && read.end.offset < to.offset)
    read.damage.push_back({read.end, to});
  return read;
}

}  // namespace troupe
