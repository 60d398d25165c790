#include "runtime/base/limits.hpp"
#include "runtime/record/batch.hpp"
#include "runtime/record/compression.hpp"
#include "runtime/record/layout.hpp"
#include "runtime/record/varint.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe {

namespace {

using text_or_null = std::optional<std::string_view>;

// Each returns the place behind what it read, null when the bytes do not hold it.

const char* get_text(const char* at, const char* end, text_or_null& into) {
  std::int32_t length = 0;
  at = get_varint(at, end, length);
  if (at == nullptr || length < -1 || length > end - at)
    return nullptr;
  if (length == -1) {
    into.reset();
    return at;
  }
  into.emplace(at, static_cast<std::size_t>(length));
  return at + length;
}

const char* get_header(const char* at, const char* end, record_header& into) {
  text_or_null key;
  at = get_text(at, end, key);
  if (at == nullptr || !key)
    return nullptr;
  into.key = *key;
  return get_text(at, end, into.value);
}

const char* get_headers(const char* at, const char* end, std::vector<record_header>& into) {
  std::int32_t count = 0;
  at = get_varint(at, end, count);
  // A header takes two bytes at least: a count that cannot be true allocates nothing.
  if (at == nullptr || count < 0 || count > (end - at) / 2)
    return nullptr;
  into.resize(static_cast<std::size_t>(count));
  for (auto& header : into) {
    at = get_header(at, end, header);
    if (at == nullptr)
      return nullptr;
  }
  return at;
}

// The body of one record, which must fill [at, end).
bool get_record(const char* at, const char* end, const batch_header& batch, record_view& into) {
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  if (at == end || (at = get_varlong(at + 1, end, timestamp_delta)) == nullptr ||
      (at = get_varint(at, end, offset_delta)) == nullptr)
    return false;
  if (offset_delta < 0 || offset_delta > batch.last_offset_delta)
    return false;
  into.offset = batch.base_offset + offset_delta;
  if (batch.timestamps() == timestamp_type::log_append_time)
    into.timestamp = batch.max_timestamp;
  else if (__builtin_add_overflow(batch.base_timestamp, timestamp_delta, &into.timestamp))
    return false;
  return (at = get_text(at, end, into.key)) != nullptr &&
         (at = get_text(at, end, into.value)) != nullptr &&
         get_headers(at, end, into.headers) == end;
}

error corrupt(std::string what) { return error{errc::corrupt_batch, std::move(what)}; }

// What a produced batch must be before its records are looked at.
result<void> check_produced_header(const batch_header& header) {
  const auto invalid = [](std::string what) {
    return error{errc::invalid_record, std::move(what)};
  };
  if (header.is_control())
    return invalid("a client may not write a control batch");
  if (header.has_delete_horizon())
    return invalid("a client may not set a delete horizon");
  if (header.record_count == 0)
    return invalid("the batch has no records");
  if (header.record_count - 1 != header.last_offset_delta)
    return invalid(fmt::format("{} records with a last offset delta of {}", header.record_count,
                               header.last_offset_delta));
  if (header.producer_id >= 0 && (header.base_sequence < 0 || header.producer_epoch < 0))
    return invalid("a producer id needs a producer epoch and a sequence");
  if (header.timestamps() != timestamp_type::create_time)
    return error{errc::invalid_timestamp, "a client may not set LogAppendTime"};
  return {};
}

// The record with number `i` of a produced batch.
result<void> check_produced_record(const record_view& record, std::int32_t i,
                                   const batch_header& header) {
  if (record.offset != header.base_offset + i)
    return error{errc::invalid_record, fmt::format("record {} has offset delta {}", i,
                                                   record.offset - header.base_offset)};
  if (record.headers.size() > limits::record_headers_max)
    return error{errc::invalid_record,
                 fmt::format("record {} has {} headers, at most {} are allowed", i,
                             record.headers.size(), limits::record_headers_max)};
  if (record.timestamp < no_timestamp || record.timestamp > limits::timestamp_max)
    return error{errc::invalid_timestamp,
                 fmt::format("record {} has timestamp {}, which is not in milliseconds from 1970 "
                             "to 9999",
                             i, record.timestamp)};
  return {};
}

}  // namespace

result<record_reader> record_reader::open(byte_view batch) {
  if (batch.size() < batch_header_size)
    return corrupt("the batch is shorter than its header");
  record_reader reader;
  reader.header_ = decode_batch_header(batch);
  if (reader.header_.batch_length < layout::length_min || reader.header_.size() > batch.size())
    return corrupt("the batch is cut short");
  reader.rest_ = batch.first(reader.header_.size()).subspan(layout::records);
  if (reader.header_.compression() != codec::none) {
    auto inflated =
        decompress(reader.header_.compression(), reader.rest_, limits::decompressed_bytes_max);
    if (!inflated)
      return inflated.error();
    reader.inflated_ = std::move(*inflated);
    reader.rest_ = reader.inflated_;
  }
  reader.left_ = reader.header_.record_count;
  if (reader.left_ < 0 ||
      static_cast<std::size_t>(reader.left_) > reader.rest_.size() / layout::record_size_min)
    return corrupt(
        fmt::format("{} bytes cannot hold {} records", reader.rest_.size(), reader.left_));
  return reader;
}

result<bool> record_reader::next(record_view& into) {
  if (left_ == 0) {
    if (rest_.empty())
      return false;
    const auto surplus = rest_.size();
    rest_ = {};
    return corrupt(fmt::format("{} bytes follow the last record", surplus));
  }
  const auto* begin = rest_.data();
  const auto* end = begin + rest_.size();
  std::int32_t length = 0;
  const auto* body = get_varint(begin, end, length);
  if (body == nullptr || length < 0 || length > end - body ||
      !get_record(body, body + length, header_, into)) [[unlikely]] {
    const auto number = header_.record_count - left_;
    rest_ = {};
    left_ = 0;
    return corrupt(fmt::format("record {} of the batch cannot be decoded", number));
  }
  rest_ = rest_.subspan(static_cast<std::size_t>(body + length - begin));
  --left_;
  return true;
}

result<batch_header> check_produced_batch(byte_view data, std::size_t max_bytes) {
  if (data.size() > max_bytes)
    return error{errc::record_too_large,
                 fmt::format("the batch has {} bytes, the topic takes at most {} "
                             "(max.message.bytes)",
                             data.size(), max_bytes)};
  auto header = check_batch(data);
  if (!header)
    return header;
  if (header->size() != data.size())
    return error{errc::invalid_record,
                 fmt::format("{} bytes follow the batch; one batch per partition is allowed",
                             data.size() - header->size())};
  if (auto good = check_produced_header(*header); !good)
    return good.error();
  auto reader = record_reader::open(data);
  if (!reader)
    return reader.error();
  record_view record;
  auto newest = no_timestamp;
  for (std::int32_t i = 0; i < header->record_count; ++i) {
    if (auto more = reader->next(record); !more)
      return more.error();
    if (auto good = check_produced_record(record, i, *header); !good)
      return good.error();
    newest = std::max(newest, record.timestamp);
  }
  if (auto end = reader->next(record); !end)
    return end.error();
  if (newest != header->max_timestamp)
    return error{errc::invalid_timestamp,
                 fmt::format("the batch says its newest record is of {}, but that is of {}",
                             header->max_timestamp, newest)};
  return header;
}

}  // namespace troupe
