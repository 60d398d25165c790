// Reading records through API v3, which the REST proxies do not have: one partition, from any
// offset, with a link to what comes next.
#include "http/consume.hpp"
#include "http/record_format.hpp"
#include "http/v3_handlers.hpp"
#include "http/v3_place.hpp"
#include "http/v3_records.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace {

result<v3_type> parse_format(const request& from, std::string_view name, v3_type otherwise) {
  const auto* text = from.find_query(name);
  if (text == nullptr)
    return otherwise;
  if (*text == "auto")
    return v3_type::none;
  if (*text == "binary")
    return v3_type::binary;
  if (*text == "json")
    return v3_type::json;
  if (*text == "string")
    return v3_type::string;
  return error{errc::invalid_parameter,
               fmt::format("{} must be auto, binary, json or string, not '{}'.", name, *text)};
}

result<v3_formats> parse_formats(const request& from) {
  const auto both = parse_format(from, "format", v3_type::none);
  if (!both)
    return both.error();
  const auto key = parse_format(from, "key_format", *both);
  if (!key)
    return key.error();
  const auto value = parse_format(from, "value_format", *both);
  if (!value)
    return value.error();
  return v3_formats{*key, *value};
}

/// The request again, from `next` on.
std::string next_link(const request& from, offset_t next) {
  auto out = fmt::format("{}{}?offset={}", origin_of(from), from.path, next);
  // All other parameters are numbers and words, which need no encoding.
  for (const auto& [name, value] : from.query)
    if (name != "offset")
      out += fmt::format("&{}={}", name, value);
  return out;
}

response render(exchange& at, const v3_place& place, const consumed& found,
                const v3_formats& formats) {
  std::string records;
  offset_t next = found.from;
  const auto& answer = found.answer;
  const auto shown =
      append_v3_records(records, found.source, answer.batches, found.from, formats, next);
  // A record that cannot be shown ends the list before it; only as the first it is the answer.
  if (!shown && (shown.error().code != errc::not_representable || records.empty()))
    return response::failure(shown.error());
  if (shown)
    next = std::max(next, answer.next_offset);
  std::string out = "{\"kind\":\"KafkaRecordList\",\"metadata\":{\"self\":";
  append_json_string(out, origin_of(at.req) + std::string{at.req.path});
  out += ",\"next\":";
  append_json_string(out, next_link(at.req, next));
  out += "},\"cluster_id\":";
  append_json_string(out, place.image->cluster_id);
  out += ",\"topic_name\":";
  append_json_string(out, found.source.topic);
  out += fmt::format(
      ",\"partition_id\":{},\"next_offset\":{},\"high_watermark\":{},"
      "\"log_start_offset\":{},\"data\":[",
      value_of(found.source.partition), next, answer.high_watermark, answer.log_start);
  out += records;
  out += "]}";
  return response::json(std::move(out));
}

}  // namespace

task<response> fetch_v3_records(exchange& at) {
  const auto place = find_place(
      at, {"offset", "timeout", "max_bytes", "min_bytes", "format", "key_format", "value_format"});
  if (!place)
    co_return response::failure(place.error());
  const auto formats = parse_formats(at.req);
  if (!formats)
    co_return response::failure(formats.error());
  const auto options = parse_consume_options(at.req);
  if (!options)
    co_return response::failure(options.error());
  auto source = partition_of(*place);
  const auto found = co_await consume(at, std::move(source), *options);
  if (!found)
    co_return response::failure(found.error());
  const auto& outcome = found->answer.result;
  if (!outcome.ok()) {
    const error why{outcome.code, outcome.message};
    co_return response::failure(why);
  }
  co_return render(at, *place, *found, *formats);
}

}  // namespace troupe::http
