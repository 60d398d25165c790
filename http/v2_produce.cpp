// API v2: produce to a topic, or to one of its partitions.
#include "http/parse_media.hpp"
#include "http/parse_produce.hpp"
#include "http/parse_query.hpp"
#include "http/produce.hpp"
#include "http/v2.hpp"

#include <algorithm>
#include <array>

namespace troupe::http {

namespace {

constexpr auto query_names = std::to_array<std::string_view>({"acks", "timeout", "async"});

/// What a produce request asks for beside its records.
struct produce_call {
  embedded_format format = embedded_format::binary;
  produce_options options;
  bool async = false;
};

result<produce_call> read_call(const request& from) {
  if (auto known = check_query(from.query, query_names); !known)
    return known.error();
  auto format = parse_content_type(from.content_type);
  if (!format)
    return format.error();
  auto options = parse_produce_options(from);
  if (!options)
    return options.error();
  auto async = query_boolean(from.query, "async", false);
  if (!async)
    return async.error();
  if (*async && from.find_query("acks") != nullptr && options->acks != required_acks::none)
    return error{errc::invalid_parameter,
                 "async=true waits for no acknowledgement: leave acks out."};
  // Whoever does not wait for the outcome is served as one who asked for none.
  if (*async)
    options->acks = required_acks::none;
  return produce_call{*format, *options, *async};
}

void append_result(std::string& out, const record_result& x) {
  if (x.code != errc::none) {
    out += "{\"partition\":null,\"offset\":null,\"error_code\":";
    append_json_number(out, info_of(x.code).code);
    out += ",\"error\":";
    append_error_message(out, x.code, x.message);
    out += '}';
    return;
  }
  out += "{\"partition\":";
  append_json_number(out, value_of(x.partition));
  out += ",\"offset\":";
  if (x.offset == no_offset)
    out += "null";
  else
    append_json_number(out, x.offset);
  out += ",\"error_code\":null,\"error\":null}";
}

std::string render(const std::vector<record_result>& results) {
  constexpr std::string_view head = "{\"offsets\":[";
  constexpr std::string_view tail = "],\"key_schema_id\":null,\"value_schema_id\":null}";
  std::string out;
  out.reserve(head.size() + tail.size() + results.size() * 72);
  out += head;
  for (const auto& x : results) {
    if (&x != &results.front())
      out += ',';
    append_result(out, x);
  }
  out += tail;
  return out;
}

/// The error of the whole request: nothing was stored, and for one reason that lies with the
/// broker, so that the client and what is between must see it in the status.
const record_result* common_failure(const std::vector<record_result>& results) {
  const auto& first = results.front();
  int status = info_of(first.code).http_status;
  if (status != 429 && status < 500)
    return nullptr;
  bool all = std::all_of(results.begin(), results.end(),
                         [&](const record_result& x) { return x.code == first.code; });
  return all ? &first : nullptr;
}

/// The one coroutine of the way; the handlers below only say where to.
task<response> produce(exchange& ex, result<produce_call> call, result<v2_target> target) {
  if (!call)
    co_return response::failure(call.error());
  if (!target)
    co_return response::failure(target.error());
  const auto* partition = target->partition;
  auto body = parse_produce_body(ex.req.body, call->format, partition == nullptr);
  if (!body)
    co_return response::failure(body.error());
  if (partition != nullptr)
    for (auto& record : body->records)
      record.partition = partition->id;
  sticky_partitioner sticky{sticky_seed(ex)};
  std::span<const incoming_record> records = body->records;
  auto results = co_await produce_records(ex.broker(), *target->topic, records, call->options,
                                          sticky, ex.time().wall_ms());
  if (const auto* failure = common_failure(results))
    co_return response::failure({failure->code, failure->message});
  bool stored = std::all_of(results.begin(), results.end(),
                            [](const record_result& x) { return x.code == errc::none; });
  // Even who does not wait learns of records that were refused on the spot.
  if (call->async && stored)
    co_return response::no_content();
  co_return v2_answer(render(results));
}

}  // namespace

task<response> v2_produce_to_topic(exchange& ex) {
  auto call = read_call(ex.req);
  auto topic = find_topic(ex);
  if (!topic)
    return produce(ex, std::move(call), topic.error());
  return produce(ex, std::move(call), v2_target{std::move(*topic), nullptr});
}

task<response> v2_produce_to_partition(exchange& ex) {
  auto call = read_call(ex.req);
  return produce(ex, std::move(call), find_partition(ex));
}

}  // namespace troupe::http
