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

/// Appends a key or value; false when the format cannot hold it.
bool append_data(std::string& out, const std::optional<std::string_view>& data,
                 embedded_format format) {
  if (!data) {
    out += "null";
    return true;
  }
  switch (format) {
    case embedded_format::binary: append_json_base64(out, *data); return true;
    case embedded_format::json:
      if (!is_valid_json(*data))
        return false;
      out += *data;
      return true;
    case embedded_format::text:
      if (!is_valid_utf8(*data))
        return false;
      append_json_string(out, *data);
      return true;
  }
  return false;
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
  std::size_t old = out.size();
  out += before_key_;
  if (!append_data(out, record.key, shape_.format))
    return refuse(out, old, record, "key");
  out += ",\"value\":";
  if (!append_data(out, record.value, shape_.format))
    return refuse(out, old, record, "value");
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

error record_writer::refuse(std::string& out, std::size_t old, const record_view& record,
                            std::string_view part) const {
  out.resize(old);
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
