#include "http/parse_produce.hpp"

#include "http/base64.hpp"
#include "http/json_reader.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/limits.hpp"

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

constexpr auto body_fields = std::to_array<std::string_view>({"records"});
enum record_field { key_field, value_field, timestamp_field, headers_field, partition_field };
constexpr auto record_fields =
    std::to_array<std::string_view>({"key", "value", "timestamp", "headers", "partition"});
constexpr auto header_fields = std::to_array<std::string_view>({"key", "value"});

constexpr auto integer_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t partition_max = std::numeric_limits<std::int32_t>::max();

class produce_parser {
 public:
  produce_parser(std::string_view text, std::string_view root, embedded_format format,
                 bool allow_partition)
      : in_(text, root), size_(text.size()), format_(format), allow_partition_(allow_partition) {}

  result<produce_body> body() {
    bool found = false;
    if (in_.enter_object())
      while (in_.next_field(body_fields) >= 0) {
        found = true;
        read_records();
      }
    if (!in_.failed() && !found)
      in_.fail("has no field 'records'.");
    return finish();
  }

  result<produce_body> array() {
    read_records();
    return finish();
  }

 private:
  result<produce_body> finish() {
    if (!in_.finish())
      return in_.failure();
    return std::move(out_);
  }

  void read_records() {
    if (!in_.enter_array())
      return;
    while (in_.next_element()) {
      if (out_.records.size() == limits::produce_records_max) {
        in_.fail(fmt::format("is one too many: a request takes up to {} records.",
                             limits::produce_records_max));
        return;
      }
      std::size_t before = in_.left();
      read_record(out_.records.emplace_back());
      if (out_.records.size() == 1) {
        // Records of one request are alike: the first tells how many there may be.
        std::size_t each = before - in_.left() + 1;
        out_.records.reserve(std::min(1 + in_.left() / each, limits::produce_records_max));
      }
    }
    if (!in_.failed() && out_.records.empty())
      in_.fail("must hold at least one record.");
  }

  void read_record(incoming_record& into) {
    if (!in_.enter_object())
      return;
    bool has_value = false;
    for (int field; (field = in_.next_field(record_fields)) >= 0;) {
      switch (field) {
        case key_field: into.data.key = one_spelling(read_data(into)); break;
        case value_field:
          has_value = true;
          into.data.value = read_data(into);
          break;
        case timestamp_field: read_timestamp(into); break;
        case headers_field: read_headers(into); break;
        case partition_field: read_partition(into); break;
      }
    }
    if (!in_.failed() && !has_value)
      in_.fail("has no field 'value'; a tombstone is sent as \"value\":null.");
  }

  std::optional<std::string_view> read_data(incoming_record& record) {
    if (in_.skip_null())
      return std::nullopt;
    switch (format_) {
      case embedded_format::json: {
        std::string_view raw;
        in_.read_raw(raw);
        return raw;
      }
      case embedded_format::text: return read_text(record);
      case embedded_format::binary: return read_base64(record);
    }
    return std::nullopt;
  }

  /// Keys that are equal as JSON are equal as bytes, or they would go to different partitions.
  std::optional<std::string_view> one_spelling(std::optional<std::string_view> key) {
    if (format_ != embedded_format::json || !key || in_.failed() || is_compact_json(*key))
      return key;
    char* to = storage();
    return keep(to, compact_json(to, *key));
  }

  std::string_view read_text(incoming_record& record) {
    json_string found;
    if (!in_.read_string(found) || !found.escaped)
      return found.raw;
    return unescape(record, found.raw);
  }

  std::string_view read_base64(incoming_record& record) {
    json_string found;
    if (!in_.read_string(found))
      return {};
    // Some writers escape the slash, which is a digit of base64.
    std::string_view digits = found.escaped ? unescape(record, found.raw) : found.raw;
    if (digits.empty())
      return digits;
    char* to = storage();
    if (auto size = decode_base64_to(to, digits))
      return keep(to, *size);
    reject(record, "is not base64.");
    return {};
  }

  std::string_view unescape(incoming_record& record, std::string_view raw) {
    char* to = storage();
    if (auto size = unescape_json(to, raw))
      return keep(to, *size);
    reject(record, "holds half a surrogate pair, which is not a character.");
    return {};
  }

  void read_timestamp(incoming_record& into) {
    if (in_.skip_null())
      return;
    into.has_timestamp = in_.read_integer(into.data.timestamp, 0, integer_max);
  }

  void read_partition(incoming_record& into) {
    if (!allow_partition_) {
      in_.fail("is not allowed here: the path names the partition.");
      return;
    }
    std::int64_t number = 0;
    if (!in_.skip_null() && in_.read_integer(number, 0, partition_max))
      into.partition = partition_id{static_cast<std::int32_t>(number)};
  }

  void read_headers(incoming_record& into) {
    if (in_.skip_null() || !in_.enter_array())
      return;
    std::vector<record_header> list;
    while (in_.next_element()) {
      if (list.size() == limits::record_headers_max) {
        in_.fail(fmt::format("is one too many: a record takes up to {} headers.",
                             limits::record_headers_max));
        return;
      }
      list.push_back(read_header(into));
    }
    if (list.empty())
      return;
    into.data.headers = out_.headers.emplace_back(std::move(list));
  }

  record_header read_header(incoming_record& record) {
    record_header out;
    bool has_key = false, has_value = false;
    if (!in_.enter_object())
      return out;
    for (int field; (field = in_.next_field(header_fields)) >= 0;) {
      if (field == 0) {
        has_key = true;
        out.key = read_text(record);
      } else {
        has_value = true;
        if (!in_.skip_null())
          out.value = read_base64(record);
      }
    }
    if (!in_.failed() && (!has_key || !has_value))
      in_.fail(has_key ? "has no field 'value'." : "has no field 'key'.");
    return out;
  }

  void reject(incoming_record& record, std::string_view why) {
    if (!record.rejected)
      record.rejected = error{errc::invalid_record, fmt::format("{} {}", in_.path(), why)};
  }

  /// Where the next decoded bytes go. One buffer of the text's size is enough for all of them,
  /// because nothing decodes to more than it was; an escaped base64 decodes twice.
  char* storage() {
    if (!out_.storage)
      out_.storage = std::make_unique_for_overwrite<char[]>(2 * size_);
    return out_.storage.get() + used_;
  }

  std::string_view keep(const char* at, std::size_t size) {
    used_ += size;
    troupe_assert(used_ <= 2 * size_, "{} of {}", used_, size_);
    return {at, size};
  }

  json_reader in_;
  std::size_t size_;
  embedded_format format_;
  bool allow_partition_;
  produce_body out_;
  std::size_t used_ = 0;
};

}  // namespace

result<produce_body> parse_produce_body(std::string_view body, embedded_format format,
                                        bool allow_partition) {
  if (body.empty())
    return error{errc::empty_body, "The request needs a body with records."};
  return produce_parser{body, "The body", format, allow_partition}.body();
}

result<produce_body> parse_produce_records(std::string_view array, embedded_format format,
                                           bool allow_partition) {
  return produce_parser{array, "records", format, allow_partition}.array();
}

}  // namespace troupe::http
