#include "http/record_format.hpp"

#include "http/base64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

struct format_names {
  embedded_format format;
  std::string_view name;
  std::string_view media_type;
};

constexpr auto formats = std::to_array<format_names>({
    {embedded_format::binary, "binary", "application/vnd.kafka.binary.v2+json"},
    {embedded_format::json, "json", "application/vnd.kafka.json.v2+json"},
    {embedded_format::text, "text", "application/vnd.kafka.text.v2+json"},
});

/// Appends text that should be UTF-8, with U+FFFD for each byte that is not.
void append_lossy_string(std::string& out, std::string_view text) {
  if (is_valid_utf8(text))
    return append_json_string(out, text);
  std::string mended;
  while (!text.empty()) {
    std::size_t size = std::min<std::size_t>(4, text.size());
    while (size > 0 && !is_valid_utf8(text.substr(0, size)))
      --size;
    mended += size == 0 ? std::string_view{"\xef\xbf\xbd"} : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  append_json_string(out, mended);
}

void append_headers(std::string& out, const std::vector<record_header>& headers) {
  out += ",\"headers\":[";
  for (const auto& header : headers) {
    if (out.back() != '[')
      out += ',';
    out += "{\"key\":";
    append_lossy_string(out, header.key);
    out += ",\"value\":";
    if (header.value)
      append_json_base64(out, *header.value);
    else
      out += "null";
    out += '}';
  }
  out += ']';
}

bool fits(embedded_format format, const std::optional<std::string_view>& data) {
  if (!data || format == embedded_format::binary)
    return true;
  return format == embedded_format::json ? is_valid_json(*data) : is_valid_utf8(*data);
}

/// Appends a key or value. REQUIRES that the format fits.
void append_data(std::string& out, const std::optional<std::string_view>& data,
                 embedded_format format) {
  if (!data) {
    out += "null";
    return;
  }
  switch (format) {
    case embedded_format::binary: return append_json_base64(out, *data);
    case embedded_format::json: out += *data; return;
    case embedded_format::text: return append_json_string(out, *data);
  }
}

/// The first that can hold it.
embedded_format fitting(const std::optional<std::string_view>& data) {
  using enum embedded_format;
  return fits(json, data) ? json : fits(text, data) ? text : binary;
}

void append_format(std::string& out, std::string_view name, embedded_format format) {
  if (format != embedded_format::json)
    out.append(",\"").append(name).append("\":\"").append(to_string(format)) += '"';
}

}  // namespace

std::string_view to_string(embedded_format x) { return formats[static_cast<std::size_t>(x)].name; }

std::string_view media_type(embedded_format x) {
  return formats[static_cast<std::size_t>(x)].media_type;
}

std::optional<embedded_format> parse_embedded_format(std::string_view name) {
  for (const auto& each : formats)
    if (each.name == name)
      return each.format;
  return std::nullopt;
}

record_writer::record_writer(const topic_partition& source, const record_shape& shape)
    : source_(source), shape_(shape), before_key_("{") {
  if (shape.topic) {
    before_key_ += "\"topic\":";
    append_json_string(before_key_, source.topic);
    before_key_ += ',';
  }
  before_key_ += "\"key\":";
  before_offset_ = fmt::format(",\"partition\":{},\"offset\":", value_of(source.partition));
}

result<void> record_writer::append(std::string& out, const record_view& record) const {
  auto key_format = shape_.format ? *shape_.format : fitting(record.key);
  auto value_format = shape_.format ? *shape_.format : fitting(record.value);
  if (shape_.format && !fits(key_format, record.key))
    return refusal(record, "key");
  if (shape_.format && !fits(value_format, record.value))
    return refusal(record, "value");
  out += before_key_;
  append_data(out, record.key, key_format);
  out += ",\"value\":";
  append_data(out, record.value, value_format);
  if (!shape_.format) {
    append_format(out, "key_format", key_format);
    append_format(out, "value_format", value_format);
  }
  out += before_offset_;
  append_json_number(out, record.offset);
  if (shape_.timestamp_and_headers) {
    out += ",\"timestamp\":";
    append_json_number(out, record.timestamp);
    if (!record.headers.empty())
      append_headers(out, record.headers);
  }
  out += '}';
  return {};
}

error record_writer::refusal(const record_view& record, std::string_view part) const {
  std::string_view wanted =
      shape_.format == embedded_format::json ? "JSON in UTF-8" : "text in UTF-8";
  return {errc::not_representable,
          fmt::format("The {} of the record at offset {} of partition {} of topic '{}' is not "
                      "{}; read it in the format binary, or go on from offset {}.",
                      part, record.offset, value_of(source_.partition), source_.topic, wanted,
                      record.offset + 1)};
}

result<std::size_t> append_records(std::string& out, const topic_partition& source,
                                   byte_view batches, offset_t from, const record_shape& shape,
                                   offset_t* next) {
  offset_t position = from;
  offset_t& go_on = next != nullptr ? *next : position;
  go_on = from;
  std::size_t expected = shape.format == embedded_format::binary
                             ? base64_encoded_size(batches.size())
                             : batches.size();
  out.reserve(out.size() + expected + expected / 8);
  record_writer writer{source, shape};
  std::size_t count = 0;
  batch_cursor cursor{batches};
  record_view record;
  for (byte_view batch; cursor.next(batch);) {
    auto reader = record_reader::open(batch);
    if (!reader)
      return reader.error();
    go_on = std::max(go_on, reader->header().base_offset);
    while (!reader->header().is_control()) {
      auto more = reader->next(record);
      if (!more)
        return more.error();
      if (!*more)
        break;
      if (record.offset < from)
        continue;
      go_on = record.offset;
      std::size_t old = out.size();
      if (count != 0)
        out += ',';
      if (auto done = writer.append(out, record); !done) {
        out.resize(old);
        return done.error();
      }
      ++count;
    }
    go_on = std::max(from, reader->header().next_offset());
  }
  return count;
}

}  // namespace troupe::http
