#include "tests/support/runtime/record_support.hpp"

#include "runtime/record/big_endian.hpp"
#include "runtime/record/crc32c.hpp"

#include <algorithm>

namespace troupe::testing {

namespace {

constexpr std::size_t length_at = 8;
constexpr std::size_t crc_at = 17;
constexpr std::size_t covered_from = 21;

std::optional<std::string> owned(const std::optional<std::string_view>& x) {
  return x ? std::optional<std::string>{*x} : std::nullopt;
}

std::string random_text(rng& source, std::size_t length_max) {
  std::string text(source.below(length_max + 1), '\0');
  // Half of them compress well, half do not.
  const auto letters = source.chance(1, 2) ? 4 : 256;
  for (auto& c : text)
    c = static_cast<char>(source.below(static_cast<std::uint64_t>(letters)));
  return text;
}

std::optional<std::string> random_nullable(rng& source, std::size_t length_max) {
  if (source.chance(1, 5))
    return std::nullopt;
  return random_text(source, length_max);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

void seal(bytes& batch) {
  store_be(batch.data() + crc_at, crc32c(byte_view{batch}.subspan(covered_from)));
}

}  // namespace

bytes from_hex(std::string_view text) {
  bytes out;
  int high = -1;
  for (char c : text) {
    const auto digit = digit_of(c);
    if (digit < 0)
      continue;
    if (high >= 0)
      out.push_back(static_cast<char>(high * 16 + digit));
    high = high < 0 ? digit : -1;
  }
  return out;
}

owned_record plain(std::string value, timestamp_ms timestamp) {
  owned_record record;
  record.timestamp = timestamp;
  record.value = std::move(value);
  return record;
}

std::vector<owned_record> random_records(rng& source, std::size_t count, std::size_t value_max) {
  std::vector<owned_record> records(count);
  offset_t offset = 0;
  for (auto& record : records) {
    record.offset = offset++;
    record.timestamp = static_cast<timestamp_ms>(source.below(1'700'000'000'000));
    record.key = random_nullable(source, 40);
    record.value = random_nullable(source, value_max);
    record.headers.resize(source.chance(1, 3) ? source.below(4) : 0);
    for (auto& header : record.headers)
      header = {random_text(source, 12), random_nullable(source, 30)};
  }
  return records;
}

bytes batch_of(const std::vector<owned_record>& records, codec how) {
  batch_builder builder{how};
  for (const auto& record : records) {
    std::vector<record_header> headers;
    for (const auto& header : record.headers)
      headers.push_back({header.key, header.value});
    builder.add({record.key, record.value, headers, record.timestamp});
  }
  return builder.finish();
}

result<std::vector<owned_record>> read_all(byte_view batch) {
  auto reader = record_reader::open(batch);
  if (!reader)
    return reader.error();
  std::vector<owned_record> records;
  record_view view;
  for (;;) {
    const auto more = reader->next(view);
    if (!more)
      return more.error();
    if (!*more)
      return records;
    owned_record record{view.offset, view.timestamp, owned(view.key), owned(view.value), {}};
    for (const auto& header : view.headers)
      record.headers.push_back({std::string{header.key}, owned(header.value)});
    records.push_back(std::move(record));
  }
}

bytes forged(bytes batch, std::size_t at, std::string_view content) {
  std::copy(content.begin(), content.end(), batch.begin() + static_cast<std::ptrdiff_t>(at));
  seal(batch);
  return batch;
}

bytes with_records(byte_view like, byte_view records) {
  bytes batch(batch_header_size + records.size());
  std::copy_n(like.begin(), batch_header_size, batch.begin());
  std::copy(records.begin(), records.end(), batch.begin() + batch_header_size);
  store_be(batch.data() + length_at, static_cast<std::int32_t>(batch.size() - batch_prefix_size));
  seal(batch);
  return batch;
}

}  // namespace troupe::testing
