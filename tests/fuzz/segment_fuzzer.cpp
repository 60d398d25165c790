// A log that opens over a segment of any content: recovery, reads, look-ups, appends, and opening
// again must find one and the same log, whatever the bytes were.
//
//   input := flags:u8 other_size:u16 segment other
//
// Bit 0 of flags makes the length, magic and CRC of every batch right that begins where the one
// before it ended, so that recovery believes them. Bits 1 and 2 say which file of the log `other`
// is: none, index, time index or durable mark.
#include "runtime/base/assert.hpp"
#include "runtime/env/sim_env.hpp"
#include "runtime/log/partition_log.hpp"
#include "runtime/record/batch_builder.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr std::size_t prefix_size = 3;
constexpr const char* directory = "data/t-0";
constexpr const char* segment_path = "data/t-0/00000000000000000000.log";
constexpr const char* other_paths[] = {nullptr, "data/t-0/00000000000000000000.index",
                                       "data/t-0/00000000000000000000.timeindex",
                                       "data/t-0/durable"};

void reseal(bytes& segment) {
  std::size_t at = 0;
  offset_t next = 0;
  while (segment.size() - at >= batch_header_size) {
    auto* batch = segment.data() + at;
    const auto left = static_cast<std::int32_t>(segment.size() - at - batch_prefix_size);
    const auto length = std::clamp(load_be<std::int32_t>(batch + 8), 49, left);
    store_be(batch, next);
    store_be(batch + 8, length);
    batch[16] = 2;
    const byte_view whole{batch, static_cast<std::size_t>(length) + batch_prefix_size};
    store_be(batch + 17, crc32c(whole.subspan(21)));
    at += whole.size();
    const auto delta = load_be<std::int32_t>(batch + 23);
    if (delta < 0)
      return;
    next += std::int64_t{delta} + 1;
  }
}

std::unique_ptr<partition_log> open_log(sim_env& disk, const clock& time) {
  log_options options;
  options.index_interval_bytes = 64;
  recovery_report report;
  auto opened = partition_log::open(disk, directory, options, time, report);
  return opened ? std::move(*opened) : nullptr;
}

// All that can be read: whole batches with right CRCs, at or after the offset asked for, never
// going back. Damage may end it early.
std::size_t read_through(partition_log& log) {
  std::size_t found = 0;
  auto at = log.log_start();
  while (at < log.written_end()) {
    auto slice = log.read(at, 256, log.written_end());
    if (!slice || slice->batches.empty())
      break;
    batch_cursor cursor{slice->batches};
    byte_view batch;
    auto next = at;
    while (cursor.next(batch)) {
      const auto header = check_batch(batch);
      troupe_assert(header.has_value());
      troupe_assert(header->last_offset() >= next);
      next = header->next_offset();
      ++found;
    }
    troupe_assert(slice->next_offset == next && next > at, "{} {} {}", slice->next_offset, next,
                  at);
    at = next;
  }
  return found;
}

void look_up(partition_log& log) {
  for (timestamp_ms at : {timestamp_ms{0}, timestamp_ms{1'000}, timestamp_ms{1'700'000'000'000}}) {
    const auto found = log.find_timestamp(at, log.written_end());
    if (found && *found)
      troupe_assert((*found)->timestamp >= at && (*found)->offset < log.written_end());
  }
}

void append_one(partition_log& log) {
  batch_builder builder;
  builder.add({std::nullopt, "appended", {}, 1'700'000'000'000});
  const auto end = log.log_end();
  const auto done = log.append(builder.finish(), leader_epoch{1'000'000});
  if (!done)
    return;
  troupe_assert(done->base_offset == end);
  if (log.write())
    troupe_assert(log.written_end() == end + 1);
}

}  // namespace
}  // namespace troupe

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  if (size < prefix_size)
    return 0;
  const byte_view input{reinterpret_cast<const char*>(data), size};
  const auto rest = input.subspan(prefix_size);
  const auto* other = other_paths[(data[0] >> 1) & 3];
  const std::size_t claimed = other == nullptr ? 0 : load_be<std::uint16_t>(input.data() + 1);
  const auto other_size = std::min(claimed, rest.size());
  const auto front = rest.first(rest.size() - other_size);
  const auto back = rest.last(other_size);
  bytes segment{front.begin(), front.end()};
  if ((data[0] & 1) != 0)
    reseal(segment);

  sim_env disk;
  manual_clock time;
  disk.create_directory("data").value();
  disk.create_directory(directory).value();
  disk.put_file(segment_path, segment);
  if (other != nullptr)
    disk.put_file(other, bytes{back.begin(), back.end()});

  auto log = open_log(disk, time);
  if (log == nullptr)
    return 0;
  const auto found = read_through(*log);
  look_up(*log);
  append_one(*log);
  const auto end = log->written_end();
  const auto again_found = read_through(*log);
  troupe_assert(again_found >= found);
  log->close().value();
  log.reset();

  auto again = open_log(disk, time);
  troupe_assert(again != nullptr);
  troupe_assert(again->written_end() == end, "{} {}", again->written_end(), end);
  troupe_assert(read_through(*again) == again_found);
  return 0;
}
