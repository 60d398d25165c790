// Record batches, their reader and the codecs, over bytes from anywhere.
//
// The first byte chooses what the rest is: a batch as it is, a batch whose length, magic and CRC
// are made right first (so that the decoder behind them is reached), or the input of one codec.
#include "runtime/base/assert.hpp"
#include "runtime/record/batch_builder.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/compression.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr std::size_t decompressed_max = 1 << 20;

// Every byte of a view must be readable: the sanitizer sees the rest.
std::size_t touch(const std::optional<std::string_view>& text) {
  return text ? static_cast<std::size_t>(std::ranges::count(*text, 'x')) : 0;
}

void read_records(byte_view batch) {
  auto reader = record_reader::open(batch);
  if (!reader)
    return;
  record_view record;
  std::int32_t found = 0;
  for (;;) {
    auto more = reader->next(record);
    if (!more || !*more)
      break;
    ++found;
    troupe_assert(record.offset >= reader->header().base_offset &&
                  record.offset <= reader->header().last_offset());
    auto seen = touch(record.key) + touch(record.value);
    for (const auto& header : record.headers)
      seen += touch(header.key) + touch(header.value);
    troupe_assert(seen <= std::max(batch.size(), decompressed_max * 128));
  }
  troupe_assert(found <= reader->header().record_count);
  auto after = reader->next(record);
  troupe_assert(after && !*after);
}

// What passes as a client's batch can be built again from its records.
void rebuild(byte_view data) {
  batch_builder builder;
  auto reader = record_reader::open(data).value();
  record_view record;
  while (reader.next(record).value())
    builder.add({record.key, record.value, record.headers, record.timestamp});
  const auto again = builder.finish();
  const auto header = check_produced_batch(again, again.size());
  troupe_assert(header && header->record_count == reader.header().record_count);
}

void one_batch(byte_view data) {
  const auto header = check_batch(data);
  if (!header)
    return;
  troupe_assert(header->size() <= data.size());
  const auto batch = data.first(header->size());
  read_records(batch);
  if (check_produced_batch(batch, batch.size()))
    rebuild(batch);
  bytes stamped{batch.begin(), batch.end()};
  assign_base_offset(stamped, 42, leader_epoch{1});
  stamp_append_time(stamped, 1'000);
  troupe_assert(check_batch(stamped).has_value());
}

void run_of_batches(byte_view data) {
  batch_cursor cursor{data};
  byte_view batch;
  std::size_t total = 0;
  while (cursor.next(batch)) {
    total += batch.size();
    one_batch(batch);
  }
  troupe_assert(total <= data.size());
}

void sealed_batch(byte_view data) {
  if (data.size() < batch_header_size)
    return;
  bytes batch{data.begin(), data.end()};
  store_be(batch.data() + 8, static_cast<std::int32_t>(batch.size() - batch_prefix_size));
  batch[16] = 2;
  store_be(batch.data() + 17, crc32c(byte_view{batch}.subspan(21)));
  one_batch(batch);
}

void one_codec(codec how, byte_view data) {
  const auto content = decompress(how, data, decompressed_max);
  if (!content)
    return;
  troupe_assert(content->size() <= decompressed_max);
  bytes packed;
  compress(how, *content, packed);
  troupe_assert(decompress(how, packed, decompressed_max).value() == *content);
}

}  // namespace
}  // namespace troupe

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  if (size == 0)
    return 0;
  const byte_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto choice = data[0] % 8;
  if (choice < 2)
    run_of_batches(rest);
  else if (choice < 4)
    sealed_batch(rest);
  else
    one_codec(static_cast<codec>(choice - 3), rest);
  return 0;
}
