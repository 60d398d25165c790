#include "http/parse_websocket.hpp"

#include "http/json_scan.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace troupe::http {

namespace {

/// What each field of a frame looks like, as raw JSON; empty when it is absent.
struct frame_fields {
  enum field : std::size_t {
    type,
    records,
    bytes,
    partition,
    partitions,
    offset,
    timestamp,
    position,
    id,
    topic,
    count
  };
  static constexpr std::array<std::string_view, count> names{
      "type",   "records",   "bytes",    "partition", "partitions",
      "offset", "timestamp", "position", "id",        "topic"};

  std::array<std::string_view, count> raw{};

  bool has(field f) const { return !raw[f].empty(); }
};

/// The beginning of what a client sent, for a message; cut between characters.
std::string_view shown(std::string_view text) {
  constexpr std::size_t longest = 64;
  if (text.size() <= longest)
    return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return text.substr(0, end);
}

error bad_shape(std::string what) { return {errc::invalid_payload, std::move(what)}; }

error not_json(const json_scan& fault, std::string_view text) {
  return {errc::invalid_json, describe(fault, text)};
}

/// Splits an object whose grammar has been checked. What is wrong with its fields comes at the end,
/// so that the id is found wherever it stands.
struct split_frame {
  frame_fields fields;
  std::optional<error> fault;
};

split_frame split_fields(std::string_view text) {
  const char* end = text.data() + text.size();
  const char* p = skip_json_space(text.data(), end);
  if (*p != '{')
    return {{}, bad_shape("A frame must be a JSON object with a field 'type'.")};
  split_frame found;
  auto fault = [&found](std::string what) {
    if (!found.fault)
      found.fault = bad_shape(std::move(what));
  };
  for (p = skip_json_space(p + 1, end); *p != '}'; p = skip_json_space(p, end)) {
    if (*p == ',')
      p = skip_json_space(p + 1, end);
    const char* name_end = scan_json_string(p, end).at;
    std::string_view name{p + 1, static_cast<std::size_t>(name_end - p - 2)};
    p = skip_json_space(name_end, end);  // at the colon
    p = skip_json_space(p + 1, end);
    const char* value_end = scan_json_value(p, end).at;
    std::size_t i = 0;
    while (i < frame_fields::count && frame_fields::names[i] != name)
      ++i;
    if (i == frame_fields::count)
      fault(fmt::format("Unknown field '{}'.", shown(name)));
    else if (found.fields.has(static_cast<frame_fields::field>(i)))
      fault(fmt::format("The field '{}' comes twice.", name));
    else
      found.fields.raw[i] = {p, static_cast<std::size_t>(value_end - p)};
    p = value_end;
  }
  return found;
}

result<std::int64_t> to_integer(std::string_view raw, std::string_view name, std::int64_t least,
                                std::int64_t most = INT64_MAX) {
  std::int64_t value = 0;
  auto [p, ec] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (ec != std::errc{} || p != raw.data() + raw.size() || value < least || value > most)
    return bad_shape(
        fmt::format("The field '{}' must be an integer from {} to {}.", name, least, most));
  return value;
}

/// An integer or a string that is not too long.
bool is_id(std::string_view raw) {
  if (raw.empty() || raw.size() > limits::websocket_id_bytes_max)
    return false;
  return raw.front() == '"' || to_integer(raw, "id", INT64_MIN);
}

class frame_parser {
 public:
  explicit frame_parser(frame_fields fields) : fields_(fields) {}

  result<client_frame> parse() {
    using f = frame_fields;
    if (!fields_.has(f::type))
      return bad_shape("The field 'type' is missing.");
    std::string_view type = fields_.raw[f::type];
    if (type == "\"credit\"")
      return only({f::records, f::bytes}, &frame_parser::credit);
    if (type == "\"seek\"")
      return only({f::partition, f::offset, f::timestamp, f::position}, &frame_parser::seek);
    if (type == "\"pause\"")
      return only({f::partitions}, &frame_parser::pause<pause_frame>);
    if (type == "\"resume\"")
      return only({f::partitions}, &frame_parser::pause<resume_frame>);
    if (type == "\"produce\"")
      return only({f::id, f::records}, &frame_parser::produce);
    if (type == "\"ack\"")
      return only({f::topic, f::partition, f::offset}, &frame_parser::ack);
    return bad_shape(fmt::format(
        "Unknown frame type {}; known are credit, seek, pause, resume, produce and ack.",
        shown(type)));
  }

 private:
  using field = frame_fields::field;

  result<client_frame> only(std::initializer_list<field> allowed,
                            result<client_frame> (frame_parser::*then)()) {
    for (std::size_t i = 0; i < frame_fields::count; ++i) {
      bool fits = i == frame_fields::type;
      for (field f : allowed)
        fits = fits || f == i;
      if (!fits && !fields_.raw[i].empty())
        return bad_shape(fmt::format("A frame of type {} has no field '{}'.",
                                     fields_.raw[frame_fields::type], frame_fields::names[i]));
    }
    return (this->*then)();
  }

  result<std::int64_t> integer(field f, std::int64_t least, std::int64_t most = INT64_MAX) {
    if (!fields_.has(f))
      return bad_shape(fmt::format("The field '{}' is missing.", frame_fields::names[f]));
    return to_integer(fields_.raw[f], frame_fields::names[f], least, most);
  }

  result<client_frame> credit() {
    credit_frame x;
    auto records = integer(frame_fields::records, 0);
    if (!records)
      return records.error();
    x.records = *records;
    if (fields_.has(frame_fields::bytes)) {
      auto bytes = integer(frame_fields::bytes, 0);
      if (!bytes)
        return bytes.error();
      x.bytes = *bytes;
    }
    return client_frame{x};
  }

  result<client_frame> seek() {
    seek_frame x;
    if (fields_.has(frame_fields::partition)) {
      auto partition = integer(frame_fields::partition, 0, INT32_MAX);
      if (!partition)
        return partition.error();
      x.partition = partition_id{static_cast<std::int32_t>(*partition)};
    }
    auto given = fields_.has(frame_fields::offset) + fields_.has(frame_fields::timestamp) +
                 fields_.has(frame_fields::position);
    if (given != 1)
      return bad_shape("A seek needs exactly one of 'offset', 'timestamp' and 'position'.");
    auto to = seek_position();
    if (!to)
      return to.error();
    x.to = *to;
    return client_frame{x};
  }

  result<start_position> seek_position() {
    using kind = start_position::kind;
    if (fields_.has(frame_fields::position)) {
      std::string_view position = fields_.raw[frame_fields::position];
      if (position == "\"earliest\"")
        return start_position{kind::earliest, 0};
      if (position == "\"latest\"")
        return start_position{kind::latest, 0};
      return bad_shape("The field 'position' must be \"earliest\" or \"latest\".");
    }
    bool by_offset = fields_.has(frame_fields::offset);
    auto value = integer(by_offset ? frame_fields::offset : frame_fields::timestamp, 0);
    if (!value)
      return value.error();
    return start_position{by_offset ? kind::offset : kind::timestamp, *value};
  }

  template <class Frame>
  result<client_frame> pause() {
    Frame x;
    std::string_view raw = fields_.raw[frame_fields::partitions];
    if (raw.empty())
      return client_frame{std::move(x)};
    if (raw.front() != '[')
      return bad_shape("The field 'partitions' must be an array of integers.");
    const char* end = raw.data() + raw.size();
    for (const char* p = skip_json_space(raw.data() + 1, end); *p != ']';) {
      if (*p == ',')
        p = skip_json_space(p + 1, end);
      const char* value_end = scan_json_value(p, end).at;
      auto value =
          to_integer({p, static_cast<std::size_t>(value_end - p)}, "partitions", 0, INT32_MAX);
      if (!value)
        return value.error();
      x.partitions.push_back(partition_id{static_cast<std::int32_t>(*value)});
      p = skip_json_space(value_end, end);
    }
    if (x.partitions.empty())
      return bad_shape("The field 'partitions' must not be empty.");
    return client_frame{std::move(x)};
  }

  result<client_frame> produce() {
    produce_frame x;
    x.id = fields_.raw[frame_fields::id];
    if (x.id.empty())
      return bad_shape("The field 'id' is missing.");
    if (!is_id(x.id))
      return bad_shape(
          fmt::format("The field 'id' must be an integer or a string of at most {} bytes.",
                      limits::websocket_id_bytes_max - 2));
    x.records = fields_.raw[frame_fields::records];
    if (x.records.empty())
      return bad_shape("The field 'records' is missing.");
    if (x.records.front() != '[')
      return bad_shape("The field 'records' must be an array.");
    return client_frame{x};
  }

  result<client_frame> ack() { return client_frame{ack_frame{}}; }

  frame_fields fields_;
};

}  // namespace

result<client_frame> parse_client_frame(std::string_view text, std::string_view* id) {
  const char* end = text.data() + text.size();
  json_scan whole = scan_json_value(text.data(), end);
  if (!whole.ok())
    return not_json(whole, text);
  const char* rest = skip_json_space(whole.at, end);
  if (rest != end)
    return not_json({rest, "the end of the frame"}, text);
  auto found = split_fields(text);
  std::string_view named = found.fields.raw[frame_fields::id];
  if (id != nullptr && is_id(named))
    *id = named;
  if (found.fault)
    return *found.fault;
  return frame_parser{found.fields}.parse();
}

}  // namespace troupe::http
