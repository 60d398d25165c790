#include "http/v3_records.hpp"

#include "http/parse_v3_time.hpp"
#include "http/record_format.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace {

v3_type fitting(std::string_view data) {
  if (is_valid_json(data))
    return v3_type::json;
  return is_valid_utf8(data) ? v3_type::string : v3_type::binary;
}

bool fits(v3_type type, std::string_view data) {
  if (type == v3_type::json)
    return is_valid_json(data);
  return type != v3_type::string || is_valid_utf8(data);
}

/// Appends {"type":..,"data":..}; false when the bytes are not of the type.
bool append_data(std::string& out, v3_type type, const std::optional<std::string_view>& data) {
  if (!data) {
    out += "null";
    return true;
  }
  if (type == v3_type::none)
    type = fitting(*data);
  else if (!fits(type, *data))
    return false;
  out.append("{\"type\":\"").append(to_string(type)).append("\",\"data\":");
  if (type == v3_type::json)
    out += *data;
  else if (type == v3_type::string)
    append_json_string(out, *data);
  else
    append_json_base64(out, *data);
  out += '}';
  return true;
}

void append_headers(std::string& out, const std::vector<record_header>& headers) {
  out += "\"headers\":[";
  for (const auto& header : headers) {
    if (&header != &headers.front())
      out += ',';
    out += "{\"name\":";
    append_json_string(out, is_valid_utf8(header.key) ? header.key : "\xef\xbf\xbd");
    out += ",\"value\":";
    if (header.value)
      append_json_base64(out, *header.value);
    else
      out += "null";
    out += '}';
  }
  out += ']';
}

result<void> append_one(std::string& out, const topic_partition& source, const record_view& record,
                        const v3_formats& formats) {
  const auto before = out.size();
  auto refuse = [&](std::string_view what, v3_type type) {
    out.resize(before);
    return error{errc::not_representable,
                 fmt::format("The {} at offset {} of partition {} of topic '{}' is not {}; ask for "
                             "another format.",
                             what, record.offset, value_of(source.partition), source.topic,
                             to_string(type))};
  };
  out += "{\"partition_id\":";
  append_json_number(out, value_of(source.partition));
  out += ",\"offset\":";
  append_json_number(out, record.offset);
  out += ",\"timestamp\":";
  append_timestamp(out, record.timestamp);
  out += ',';
  append_headers(out, record.headers);
  out += ",\"key\":";
  if (!append_data(out, formats.key, record.key))
    return refuse("key", formats.key);
  out += ",\"value\":";
  if (!append_data(out, formats.value, record.value))
    return refuse("value", formats.value);
  out += '}';
  return {};
}

}  // namespace

result<void> append_v3_records(std::string& out, const topic_partition& source, byte_view batches,
                               offset_t from, const v3_formats& formats, offset_t& next) {
  const auto begin = out.size();
  next = from;
  batch_cursor run{batches};
  record_view record;
  for (byte_view batch; run.next(batch);) {
    auto reader = record_reader::open(batch);
    if (!reader)
      return reader.error();
    const bool shown = !reader->header().is_control();
    for (auto more = reader->next(record); shown; more = reader->next(record)) {
      if (!more)
        return more.error();
      if (!*more)
        break;
      if (record.offset < from)
        continue;
      next = record.offset;
      if (out.size() != begin)
        out += ',';
      if (auto appended = append_one(out, source, record, formats); !appended) {
        if (out.size() != begin)
          out.pop_back();
        return appended;
      }
    }
    next = std::max(next, reader->header().next_offset());
  }
  return {};
}

}  // namespace troupe::http
