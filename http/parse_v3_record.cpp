#include "http/parse_v3_record.hpp"

#include "http/json_reader.hpp"
#include "http/parse_v3_time.hpp"
#include "http/record_format.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <limits>

namespace troupe::http {

namespace {

constexpr auto record_fields =
    std::to_array<std::string_view>({"partition_id", "headers", "key", "value", "timestamp", "id"});
constexpr auto header_fields = std::to_array<std::string_view>({"name", "value"});
/// Those behind the first two belong to types that need a schema registry.
constexpr auto data_fields = std::to_array<std::string_view>(
    {"type", "data", "schema_id", "schema_version", "schema", "subject", "subject_name_strategy"});

struct typed_data {
  v3_type type = v3_type::none;
  std::optional<std::string_view> bytes;
};

/// Reads one record. Reading functions return false after the first thing that is wrong, which is
/// then in failure().
class record_parser {
 public:
  record_parser(std::string_view object, v3_records& into)
      : in_(object, "The record"), into_(into) {}

  bool read(incoming_record& record, v3_types& types, bool with_id) {
    if (!in_.enter_object())
      return false;
    const std::span known{record_fields.data(), record_fields.size() - (with_id ? 0 : 1)};
    for (int field; (field = in_.next_field(known)) >= 0;)
      if (!in_.skip_null() && !read_field(field, record, types))
        return false;
    return in_.finish();
  }

  error failure() const { return bad_ ? *bad_ : in_.failure(); }

 private:
  bool fail(errc code, std::string what) {
    bad_ = error{code, std::move(what)};
    return false;
  }

  bool read_field(int field, incoming_record& record, v3_types& types) {
    switch (field) {
      case 0: return read_partition(record);
      case 1: return read_headers(record.data);
      case 2: return read_data(record.data.key, types.key, "key");
      case 3: return read_data(record.data.value, types.value, "value");
      case 4: return read_timestamp(record);
      default: {
        std::string_view id;
        return in_.read_raw(id);
      }
    }
  }

  bool read_partition(incoming_record& record) {
    std::int64_t number = 0;
    if (!in_.read_integer(number, 0, std::numeric_limits<std::int32_t>::max()))
      return false;
    record.partition = partition_id{static_cast<std::int32_t>(number)};
    return true;
  }

  bool read_timestamp(incoming_record& record) {
    json_string text;
    if (!in_.read_string(text))
      return false;
    const auto time = parse_timestamp(text.raw);
    if (!time) {
      return fail(errc::invalid_timestamp,
                  "timestamp must be a time like 2021-02-05T19:14:42.123Z, from 1970 on.");
    }
    record.data.timestamp = *time;
    record.has_timestamp = true;
    return true;
  }

  bool read_headers(record_data& record) {
    if (!in_.enter_array())
      return false;
    auto& list = into_.headers.emplace_back();
    while (in_.next_element()) {
      if (list.size() == limits::record_headers_max) {
        return fail(errc::invalid_record,
                    fmt::format("A record has at most {} headers.", limits::record_headers_max));
      }
      if (!read_header(list.emplace_back()))
        return false;
    }
    record.headers = list;
    return !in_.failed();
  }

  bool read_header(record_header& header) {
    if (!in_.enter_object())
      return false;
    bool named = false;
    for (int field; (field = in_.next_field(header_fields)) >= 0;) {
      if (field == 1 && in_.skip_null())
        continue;
      json_string text;
      if (!in_.read_string(text))
        return false;
      const auto path = in_.path();
      std::optional<std::string_view> bytes;
      if (!(field == 0 ? unescape(text, path, bytes) : decode(text, path, bytes)))
        return false;
      if (field == 0)
        header.key = *bytes;
      else
        header.value = bytes;
      named = named || field == 0;
    }
    if (in_.failed() || named)
      return !in_.failed();
    return in_.fail("needs a name.");
  }

  /// {"type":..,"data":..}, in either order.
  bool read_data(std::optional<std::string_view>& bytes, v3_type& type, std::string_view path) {
    if (!in_.enter_object())
      return false;
    std::string name;
    std::string_view data;
    for (int field; (field = in_.next_field(data_fields)) >= 0;) {
      if (field >= 2) {
        return fail(errc::not_implemented,
                    fmt::format("{} means a schema registry, which this version does not have; "
                                "send BINARY, JSON or STRING.",
                                in_.path()));
      }
      if (!(field == 0 ? in_.read_string(name) : in_.read_raw(data)))
        return false;
    }
    if (in_.failed() || !choose_type(type, name, path))
      return false;
    if (data.empty() || data == "null")
      return true;
    if (type == v3_type::json) {
      bytes = path == "key" ? one_spelling(data) : data;
      return true;
    }
    const auto where = fmt::format("{}.data", path);
    if (data.front() != '"')
      return fail(errc::invalid_payload, fmt::format("{} must be a string for {}.", where, name));
    json_string text{data.substr(1, data.size() - 2), data.find('\\') != std::string_view::npos};
    return type == v3_type::binary ? decode(text, where, bytes) : unescape(text, where, bytes);
  }

  /// Keys that are equal as JSON are equal as bytes, or they would go to different partitions.
  std::string_view one_spelling(std::string_view key) {
    if (is_compact_json(key))
      return key;
    std::string out(key.size(), '\0');
    out.resize(compact_json(out.data(), key));
    return into_.storage.emplace_back(std::move(out));
  }

  bool choose_type(v3_type& type, std::string_view name, std::string_view path) {
    for (auto each : {v3_type::binary, v3_type::json, v3_type::string})
      if (name == to_string(each))
        type = each;
    if (type != v3_type::none)
      return true;
    if (name == "AVRO" || name == "JSONSCHEMA" || name == "PROTOBUF") {
      return fail(errc::not_implemented,
                  fmt::format("{}.type: {} needs a schema registry, which this version does not "
                              "have; send BINARY, JSON or STRING.",
                              path, name));
    }
    return fail(errc::invalid_payload,
                fmt::format("{}.type must be given: BINARY, JSON or STRING.", path));
  }

  bool unescape(const json_string& text, std::string_view path,
                std::optional<std::string_view>& bytes) {
    if (!text.escaped) {
      bytes = text.raw;
      return true;
    }
    std::string out(text.raw.size(), '\0');
    const auto size = unescape_json(out.data(), text.raw);
    if (!size) {
      return fail(errc::invalid_record,
                  fmt::format("{} holds half a surrogate pair, which is not a character.", path));
    }
    out.resize(*size);
    bytes = into_.storage.emplace_back(std::move(out));
    return true;
  }

  bool decode(const json_string& text, std::string_view path,
              std::optional<std::string_view>& bytes) {
    std::optional<std::string_view> plain;
    if (!unescape(text, path, plain))
      return false;
    auto out = decode_base64(*plain);
    if (!out)
      return fail(errc::invalid_record, fmt::format("{} is not valid base64.", path));
    bytes = into_.storage.emplace_back(std::move(*out));
    return true;
  }

  json_reader in_;
  v3_records& into_;
  std::optional<error> bad_;
};

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
  record_parser parser{object, into};
  incoming_record record;
  v3_types types;
  if (!parser.read(record, types, with_id)) {
    into.reject(parser.failure());
    return;
  }
  into.records.push_back(std::move(record));
  into.types.push_back(types);
}

}  // namespace troupe::http
