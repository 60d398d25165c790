#include "http/parse_v3_record.hpp"

#include "http/parse_v3_reader.hpp"
#include "http/parse_v3_time.hpp"
#include "http/record_format.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace troupe::http {

namespace {

error misshapen(std::string_view path, std::string_view expected) {
  return {errc::invalid_payload, fmt::format("{} must be {}.", path, expected)};
}

error unknown_field(std::string_view where, std::string_view name, std::string_view known) {
  return {errc::invalid_payload, fmt::format("Unknown field '{}'{}{}; known are {}.", name,
                                             where.empty() ? "" : " in ", where, known)};
}

/// Marks field `index` as seen; an error when it was before.
result<void> once(unsigned& seen, unsigned index, std::string_view path) {
  const unsigned bit = 1u << index;
  if ((seen & bit) != 0)
    return error{errc::invalid_payload, fmt::format("{} appears twice.", path)};
  seen |= bit;
  return {};
}

std::string_view keep(v3_records& into, std::string text) {
  return into.storage.emplace_back(std::move(text));
}

/// The characters of a string: in place where nothing is escaped.
result<std::string_view> string_of(std::string_view value, std::string_view path,
                                   v3_records& into) {
  if (!is_json_string(value)) return misshapen(path, "a string");
  if (is_plain_json_string(value)) return value.substr(1, value.size() - 2);
  auto text = unescape_json_string(value);
  if (!text) {
    return error{errc::invalid_record,
                 fmt::format("{} has half a surrogate pair, which no Unicode text has.", path)};
  }
  return keep(into, std::move(*text));
}

result<std::string_view> base64_of(std::string_view value, const std::string& path,
                                   v3_records& into) {
  if (!is_json_string(value)) return misshapen(path, "a base64 string");
  auto text = string_of(value, path, into);
  if (!text) return text.error();
  auto decoded = decode_base64(*text);
  if (!decoded) return error{errc::invalid_record, fmt::format("{} is not valid base64.", path)};
  return keep(into, std::move(*decoded));
}

// -- key and value ------------------------------------------------------------

struct typed_data {
  v3_type type = v3_type::none;
  std::optional<std::string_view> bytes;
};

result<v3_type> type_of(std::string_view name, std::string_view path) {
  if (name == "BINARY") return v3_type::binary;
  if (name == "JSON") return v3_type::json;
  if (name == "STRING") return v3_type::string;
  if (name == "AVRO" || name == "JSONSCHEMA" || name == "PROTOBUF") {
    return error{errc::not_implemented,
                 fmt::format("{}.type: {} needs a schema registry, which this version does not "
                             "have; send BINARY, JSON or STRING.",
                             path, name)};
  }
  return misshapen(fmt::format("{}.type", path), "BINARY, JSON or STRING");
}

result<typed_data> interpret(v3_type type, std::string_view data, std::string_view path,
                             v3_records& into) {
  if (data.empty() || is_json_null(data)) return typed_data{type, std::nullopt};
  if (type == v3_type::json) return typed_data{type, data};
  const auto where = fmt::format("{}.data", path);
  auto bytes = type == v3_type::binary ? base64_of(data, where, into)
                                       : string_of(data, where, into);
  if (!bytes) return bytes.error();
  return typed_data{type, *bytes};
}

result<typed_data> read_data(std::string_view object, std::string_view path, v3_records& into) {
  if (is_json_null(object)) return typed_data{};
  if (!is_json_object(object)) return misshapen(path, "an object or null");
  std::string_view type;
  std::string_view data;
  unsigned seen = 0;
  json_object_reader fields{object};
  while (fields.next()) {
    const auto name = fields.name();
    if (name.starts_with("schema") || name.starts_with("subject")) {
      return error{errc::not_implemented,
                   fmt::format("{}.{}: schemas are not supported; send BINARY, JSON or STRING.",
                               path, name)};
    }
    if (name != "type" && name != "data") return unknown_field(path, name, "type and data");
    const bool is_type = name == "type";
    if (auto first = once(seen, is_type, fmt::format("{}.{}", path, name)); !first)
      return first.error();
    (is_type ? type : data) = fields.value();
  }
  const auto where = fmt::format("{}.type", path);
  if (type.empty()) return misshapen(where, "given: BINARY, JSON or STRING");
  auto name = string_of(type, where, into);
  if (!name) return name.error();
  auto known = type_of(*name, path);
  if (!known) return known.error();
  return interpret(*known, data, path, into);
}

// -- headers ------------------------------------------------------------------

result<record_header> read_header(std::string_view object, const std::string& path,
                                  v3_records& into) {
  if (!is_json_object(object)) return misshapen(path, "an object");
  record_header out;
  unsigned seen = 0;
  json_object_reader fields{object};
  while (fields.next()) {
    const bool is_name = fields.name() == "name";
    if (!is_name && fields.name() != "value")
      return unknown_field(path, fields.name(), "name and value");
    const auto where = fmt::format("{}.{}", path, fields.name());
    if (auto first = once(seen, is_name, where); !first) return first.error();
    if (!is_name && is_json_null(fields.value())) continue;
    auto text = is_name ? string_of(fields.value(), where, into)
                        : base64_of(fields.value(), where, into);
    if (!text) return text.error();
    if (is_name)
      out.key = *text;
    else
      out.value = *text;
  }
  if ((seen & 2) == 0) return misshapen(path + ".name", "given");
  return out;
}

result<void> read_headers(record_data& record, std::string_view array, v3_records& into) {
  if (is_json_null(array)) return {};
  if (!is_json_array(array)) return misshapen("headers", "an array");
  auto& list = into.headers.emplace_back();
  json_array_reader items{array};
  while (items.next()) {
    if (list.size() == limits::record_headers_max) {
      return error{errc::invalid_record, fmt::format("A record has at most {} headers.",
                                                     limits::record_headers_max)};
    }
    auto header = read_header(items.value(), fmt::format("headers[{}]", list.size()), into);
    if (!header) return header.error();
    list.push_back(*header);
  }
  record.headers = list;
  return {};
}

// -- the record ---------------------------------------------------------------

result<void> read_timestamp(incoming_record& record, std::string_view value, v3_records& into) {
  if (is_json_null(value)) return {};
  constexpr std::string_view expected = "a time like 2021-02-05T19:14:42.123Z, from 1970 on";
  if (!is_json_string(value)) return misshapen("timestamp", expected);
  auto text = string_of(value, "timestamp", into);
  if (!text) return text.error();
  const auto time = parse_timestamp(*text);
  if (!time)
    return error{errc::invalid_timestamp, fmt::format("timestamp must be {}.", expected)};
  record.data.timestamp = *time;
  record.has_timestamp = true;
  return {};
}

result<void> read_partition(incoming_record& record, std::string_view value) {
  if (is_json_null(value)) return {};
  const auto number = json_integer(value);
  if (!number || *number < 0 || *number > std::numeric_limits<std::int32_t>::max())
    return misshapen("partition_id", "a whole number from 0 to 2147483647");
  record.partition = partition_id{static_cast<std::int32_t>(*number)};
  return {};
}

struct draft {
  incoming_record record;
  v3_types types;
};

result<void> read_key_or_value(draft& into, bool key, std::string_view value,
                               v3_records& records) {
  auto data = read_data(value, key ? "key" : "value", records);
  if (!data) return data.error();
  (key ? into.record.data.key : into.record.data.value) = data->bytes;
  (key ? into.types.key : into.types.value) = data->type;
  return {};
}

constexpr std::array<std::string_view, 6> field_names{"partition_id", "headers",   "key",
                                                      "value",        "timestamp", "id"};

result<void> read_field(draft& into, std::size_t index, std::string_view value,
                        v3_records& records) {
  switch (index) {
    case 0: return read_partition(into.record, value);
    case 1: return read_headers(into.record.data, value, records);
    case 2: return read_key_or_value(into, true, value, records);
    case 3: return read_key_or_value(into, false, value, records);
    case 4: return read_timestamp(into.record, value, records);
    default: return {};
  }
}

result<void> read_record(draft& into, std::string_view object, v3_records& records, bool with_id) {
  unsigned seen = 0;
  json_object_reader fields{object};
  std::optional<error> bad;
  while (fields.next()) {
    if (bad) continue;
    const auto known = std::find(field_names.begin(), field_names.end() - !with_id, fields.name());
    if (known == field_names.end() - !with_id) {
      bad = unknown_field("", fields.name(), "partition_id, headers, key, value and timestamp");
      continue;
    }
    const auto index = static_cast<std::size_t>(known - field_names.begin());
    auto read = once(seen, static_cast<unsigned>(index), fields.name());
    if (read) read = read_field(into, index, fields.value(), records);
    if (!read) bad = read.error();
  }
  // What is not JSON at all is said first.
  if (auto fault = fields.fault()) return *fault;
  if (!is_valid_utf8(object)) return error{errc::invalid_json, "The record is not valid UTF-8."};
  if (bad) return *bad;
  return {};
}

}  // namespace

std::string_view to_string(v3_type x) {
  switch (x) {
    case v3_type::binary: return "BINARY";
    case v3_type::json: return "JSON";
    case v3_type::string: return "STRING";
    case v3_type::none: break;
  }
  return {};
}

void v3_records::reject(error why) {
  auto& record = records.emplace_back();
  record.rejected = std::move(why);
  types.emplace_back();
}

void parse_v3_record(std::string_view object, v3_records& into, bool with_id) {
  draft record;
  if (auto read = read_record(record, object, into, with_id); !read) {
    into.reject(read.error());
    return;
  }
  into.records.push_back(std::move(record.record));
  into.types.push_back(record.types);
}

}  // namespace troupe::http
