#include "runtime/record/batch_builder.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/record/big_endian.hpp"
#include "runtime/record/compression.hpp"
#include "runtime/record/crc32c.hpp"
#include "runtime/record/layout.hpp"
#include "runtime/record/varint.hpp"

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

using text_or_null = std::optional<std::string_view>;

std::size_t text_size(const text_or_null& x) {
  return x ? varint_size(static_cast<std::int64_t>(x->size())) + x->size() : 1;
}

char* put_text(char* to, std::string_view x) {
  to = put_varint(to, static_cast<std::int64_t>(x.size()));
  if (!x.empty())
    std::memcpy(to, x.data(), x.size());
  return to + x.size();
}

char* put_text(char* to, const text_or_null& x) {
  return x ? put_text(to, *x) : put_varint(to, -1);
}

std::size_t body_size(const record_data& record, std::int64_t timestamp_delta,
                      std::int32_t offset_delta) {
  auto size = 1 + varint_size(timestamp_delta) + varint_size(offset_delta) + text_size(record.key) +
              text_size(record.value) +
              varint_size(static_cast<std::int64_t>(record.headers.size()));
  for (const auto& header : record.headers)
    size += text_size(header.key) + text_size(header.value);
  return size;
}

}  // namespace

void batch_builder::reserve(std::size_t records_bytes) {
  buffer_.reserve(batch_header_size + records_bytes);
}

std::size_t batch_builder::size() const { return std::max(buffer_.size(), batch_header_size); }

void batch_builder::add(const record_data& record) {
  if (count_ == 0) {
    first_timestamp_ = record.timestamp;
    max_timestamp_ = record.timestamp;
  }
  max_timestamp_ = std::max(max_timestamp_, record.timestamp);
  std::int64_t timestamp_delta = 0;
  troupe_assert(!__builtin_sub_overflow(record.timestamp, first_timestamp_, &timestamp_delta),
                "timestamps {} and {}", first_timestamp_, record.timestamp);
  const auto body = body_size(record, timestamp_delta, count_);
  const auto start = size();
  const auto end = start + varint_size(static_cast<std::int64_t>(body)) + body;
  troupe_assert(end <= std::numeric_limits<std::int32_t>::max(), "{} bytes", end);
  if (end > buffer_.capacity() && count_ != 0)
    buffer_.reserve(std::max(end, buffer_.capacity() * 2));
  buffer_.resize(end);

  auto* to = put_varint(buffer_.data() + start, static_cast<std::int64_t>(body));
  *to++ = 0;
  to = put_varint(to, timestamp_delta);
  to = put_varint(to, count_);
  to = put_text(to, record.key);
  to = put_text(to, record.value);
  to = put_varint(to, static_cast<std::int64_t>(record.headers.size()));
  for (const auto& header : record.headers) {
    to = put_text(to, header.key);
    to = put_text(to, header.value);
  }
  troupe_assert(to == buffer_.data() + end);
  ++count_;
}

void batch_builder::set_producer(std::int64_t id, std::int16_t epoch, std::int32_t base_sequence,
                                 bool transactional) {
  producer_id_ = id;
  producer_epoch_ = epoch;
  base_sequence_ = base_sequence;
  transactional_ = transactional;
}

bytes batch_builder::finish() {
  troupe_assert(!empty());
  auto used = codec_;
  bytes batch = std::move(buffer_);
  if (used != codec::none) {
    bytes packed(batch_header_size);
    compress(used, byte_view{batch}.subspan(batch_header_size), packed);
    // Records that do not shrink are stored as they are: every reader is quicker.
    if (packed.size() < batch.size())
      batch = std::move(packed);
    else
      used = codec::none;
  }
  auto* at = batch.data();
  const auto attributes = static_cast<std::int16_t>(
      static_cast<int>(used) | (transactional_ ? layout::transactional_bit : 0));
  store_be<std::int64_t>(at + layout::base_offset, 0);
  store_be(at + layout::batch_length, static_cast<std::int32_t>(batch.size() - batch_prefix_size));
  store_be(at + layout::epoch, value_of(no_epoch));
  store_be<std::int8_t>(at + layout::magic, 2);
  store_be(at + layout::attributes, attributes);
  store_be(at + layout::last_offset_delta, count_ - 1);
  store_be(at + layout::base_timestamp, first_timestamp_);
  store_be(at + layout::max_timestamp, max_timestamp_);
  store_be(at + layout::producer_id, producer_id_);
  store_be(at + layout::producer_epoch, producer_epoch_);
  store_be(at + layout::base_sequence, base_sequence_);
  store_be(at + layout::record_count, count_);
  store_be(at + layout::crc, crc32c(byte_view{batch}.subspan(layout::attributes)));
  *this = batch_builder{codec_};
  return batch;
}

std::size_t encoded_size_bound(const record_data& record) {
  constexpr std::int64_t widest = std::numeric_limits<std::int64_t>::min();
  return varint_size_max + body_size(record, widest, std::numeric_limits<std::int32_t>::max());
}

bytes make_end_transaction_marker(std::int64_t producer_id, std::int16_t producer_epoch,
                                  std::int32_t coordinator_epoch, bool commit, timestamp_ms now) {
  char key[4];
  store_be<std::int16_t>(store_be<std::int16_t>(key, 0), commit ? 1 : 0);
  char value[6];
  store_be(store_be<std::int16_t>(value, 0), coordinator_epoch);

  batch_builder builder;
  builder.set_producer(producer_id, producer_epoch, -1, true);
  record_data record;
  record.key = std::string_view{key, sizeof key};
  record.value = std::string_view{value, sizeof value};
  record.timestamp = now;
  builder.add(record);
  auto batch = builder.finish();
  const auto attributes = load_be<std::int16_t>(batch.data() + layout::attributes);
  store_be(batch.data() + layout::attributes,
           static_cast<std::int16_t>(attributes | layout::control_bit));
  store_be(batch.data() + layout::crc, crc32c(byte_view{batch}.subspan(layout::attributes)));
  return batch;
}

}  // namespace troupe
