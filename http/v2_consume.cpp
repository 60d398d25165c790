// API v2: stateless consume of one partition, from any offset, as often as the client likes.
#include "http/ask.hpp"
#include "http/parse_media.hpp"
#include "http/parse_query.hpp"
#include "http/v2.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace troupe::http {

namespace {

constexpr auto query_names =
    std::to_array<std::string_view>({"offset", "timeout", "max_bytes", "min_bytes", "format"});
constexpr std::string_view timestamp_prefix = "timestamp:";
constexpr std::int64_t timeout_default_ms = 1'000;
constexpr auto integer_max = std::numeric_limits<std::int64_t>::max();

/// Where to begin: a number, or what has to be asked for.
struct start_position {
  offset_t offset = no_offset;
  timestamp_ms lookup = earliest_timestamp;  ///< counts when there is no offset
};

struct consume_call {
  answer_format answer;
  start_position start;
  fetch_request fetch;
};

result<start_position> read_start(const request& from) {
  const auto* text = from.find_query("offset");
  if (text == nullptr || *text == "earliest") return start_position{};
  if (*text == "latest") return start_position{no_offset, latest_timestamp};
  if (text->starts_with(timestamp_prefix)) {
    auto at = parse_integer(std::string_view{*text}.substr(timestamp_prefix.size()));
    if (at && *at >= 0) return start_position{no_offset, *at};
  } else if (auto offset = parse_integer(*text); offset && *offset >= 0) {
    return start_position{*offset, no_timestamp};
  }
  return error{errc::invalid_parameter,
               fmt::format("offset must be a number from 0 on, earliest, latest or "
                           "timestamp:<ms since 1970>, not '{}'.",
                           *text)};
}

result<answer_format> read_format(const request& from) {
  const auto* name = from.find_query("format");
  if (name == nullptr) return parse_accept(from.accept);
  if (auto format = parse_embedded_format(*name))
    return answer_format{*format, media_type(*format)};
  return error{errc::invalid_parameter,
               fmt::format("format must be json, binary or text, not '{}'.", *name)};
}

result<consume_call> read_call(const request& from) {
  if (auto known = check_query(from.query, query_names); !known) return known.error();
  auto answer = read_format(from);
  if (!answer) return answer.error();
  auto start = read_start(from);
  if (!start) return start.error();
  auto timeout = query_integer(from.query, "timeout", timeout_default_ms, 0, integer_max);
  if (!timeout) return timeout.error();
  auto max_bytes =
      query_integer(from.query, "max_bytes", limits::fetch_bytes_default, 1, integer_max);
  if (!max_bytes) return max_bytes.error();
  auto min_bytes = query_integer(from.query, "min_bytes", 1, 0, integer_max);
  if (!min_bytes) return min_bytes.error();
  // What is longer or larger than the broker allows is cut to that, as in Kafka.
  auto bytes = std::min<std::int64_t>(*max_bytes, limits::fetch_bytes_max);
  consume_call call{*answer, *start, {}};
  call.fetch.max_bytes = static_cast<std::int32_t>(bytes);
  call.fetch.min_bytes = static_cast<std::int32_t>(std::min(*min_bytes, bytes));
  call.fetch.max_wait_ms = static_cast<std::int32_t>(std::min(*timeout, limits::fetch_wait_ms_max));
  return call;
}

error out_of_range(const fetch_request& asked, const fetch_response& answer) {
  return {errc::offset_out_of_range,
          fmt::format("Offset {} is outside partition {} of topic '{}': the valid range is {} to "
                      "{}, where {} waits for the next record.",
                      asked.offset, value_of(asked.target.partition), asked.target.topic,
                      answer.log_start, answer.high_watermark, answer.high_watermark)};
}

void add_positions(response& to, const fetch_response& answer) {
  to.headers.emplace_back("X-Log-Start-Offset", std::to_string(answer.log_start));
  to.headers.emplace_back("X-High-Watermark", std::to_string(answer.high_watermark));
}

response render(const answer_format& as, const topic_partition& source, offset_t from,
                const fetch_response& answer) {
  record_shape shape;
  shape.format = as.format;
  std::string body = "[";
  offset_t next = from;
  auto count = append_records(body, source, answer.batches, from, shape, &next);
  // A record that cannot be shown ends the answer before it; only as the first it is the answer.
  if (!count && (count.error().code != errc::not_representable || body.size() == 1))
    return response::failure(count.error());
  if (count) next = std::max(next, answer.next_offset);
  body += ']';
  response out = response::json(std::move(body));
  out.content_type = as.media_type;
  out.headers.emplace_back("X-Next-Offset", std::to_string(next));
  add_positions(out, answer);
  return out;
}

/// The offset to begin at.
task<result<offset_t>> resolve(exchange& ex, const topic_partition& target, start_position start) {
  if (start.offset != no_offset) co_return start.offset;
  list_offsets_request question{target, start.lookup};
  auto answer = co_await ask(&broker_client::list_offsets, ex.broker(), std::move(question));
  if (!answer.result.ok()) co_return error{answer.result.code, answer.result.message};
  if (answer.offset != no_offset) co_return answer.offset;
  // No record is that young yet: the next one will be.
  list_offsets_request end{target, latest_timestamp};
  auto last = co_await ask(&broker_client::list_offsets, ex.broker(), std::move(end));
  if (!last.result.ok()) co_return error{last.result.code, last.result.message};
  co_return last.offset;
}

}  // namespace

task<response> v2_consume(exchange& ex) {
  auto call = read_call(ex.req);
  if (!call) co_return response::failure(call.error());
  auto target = find_partition(ex);
  if (!target) co_return response::failure(target.error());
  topic_partition source = target->id();
  auto from = co_await resolve(ex, source, call->start);
  if (!from) co_return response::failure(from.error());
  fetch_request question = call->fetch;
  question.target = source;
  question.offset = *from;
  fetch_request asked = question;
  auto answer = co_await ask(&broker_client::fetch, ex.broker(), std::move(question));
  if (answer.result.code == errc::offset_out_of_range) {
    response refusal = response::failure(out_of_range(asked, answer));
    add_positions(refusal, answer);
    co_return refusal;
  }
  if (!answer.result.ok())
    co_return response::failure({answer.result.code, answer.result.message});
  co_return render(call->answer, source, *from, answer);
}

}  // namespace troupe::http
