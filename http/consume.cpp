#include "http/consume.hpp"

#include "http/ask.hpp"
#include "http/parse_query.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace troupe::http {

namespace {

constexpr std::string_view timestamp_prefix = "timestamp:";
constexpr auto integer_max = std::numeric_limits<std::int64_t>::max();

result<void> read_start(const request& from, consume_options& into) {
  const auto* text = from.find_query("offset");
  if (text == nullptr || *text == "earliest")
    return {};
  if (*text == "latest") {
    into.lookup = latest_timestamp;
    return {};
  }
  if (text->starts_with(timestamp_prefix)) {
    auto at = parse_integer(std::string_view{*text}.substr(timestamp_prefix.size()));
    if (at && *at >= 0) {
      into.lookup = *at;
      return {};
    }
  } else if (auto offset = parse_integer(*text); offset && *offset >= 0) {
    into.offset = *offset;
    return {};
  }
  return error{errc::invalid_parameter,
               fmt::format("offset must be a number from 0 on, earliest, latest or "
                           "timestamp:<ms since 1970>, not '{}'.",
                           *text)};
}

task<result<offset_t>> look_up(exchange& ex, const topic_partition& source, timestamp_ms when) {
  list_offsets_request question{source, when};
  auto answer = co_await ask(&broker_client::list_offsets, ex.broker(), std::move(question));
  if (!answer.result.ok())
    co_return error{answer.result.code, answer.result.message};
  co_return answer.offset;
}

/// The offset to begin at.
task<result<offset_t>> resolve(exchange& ex, const topic_partition& source,
                               const consume_options& options) {
  if (options.offset != no_offset)
    co_return options.offset;
  auto found = co_await look_up(ex, source, options.lookup);
  // Where no record is that young yet, the next one will be.
  if (found && *found == no_offset)
    found = co_await look_up(ex, source, latest_timestamp);
  co_return found;
}

std::string out_of_range(const topic_partition& source, offset_t offset,
                         const fetch_response& answer) {
  return fmt::format(
      "Offset {} is outside partition {} of topic '{}': the valid range is {} to "
      "{}, where {} waits for the next record.",
      offset, value_of(source.partition), source.topic, answer.log_start, answer.high_watermark,
      answer.high_watermark);
}

}  // namespace

result<consume_options> parse_consume_options(const request& from) {
  consume_options out;
  if (auto start = read_start(from, out); !start)
    return start.error();
  auto timeout = query_integer(from.query, "timeout", out.timeout_ms, 0, integer_max);
  if (!timeout)
    return timeout.error();
  auto max_bytes =
      query_integer(from.query, "max_bytes", limits::fetch_bytes_default, 1, integer_max);
  if (!max_bytes)
    return max_bytes.error();
  auto min_bytes = query_integer(from.query, "min_bytes", out.min_bytes, 0, integer_max);
  if (!min_bytes)
    return min_bytes.error();
  const auto bytes = std::min<std::int64_t>(*max_bytes, limits::fetch_bytes_max);
  out.timeout_ms = static_cast<std::int32_t>(std::min(*timeout, limits::fetch_wait_ms_max));
  out.max_bytes = static_cast<std::int32_t>(bytes);
  out.min_bytes = static_cast<std::int32_t>(std::min(*min_bytes, bytes));
  return out;
}

task<result<consumed>> consume(exchange& ex, topic_partition source, consume_options options) {
  const auto from = co_await resolve(ex, source, options);
  if (!from)
    co_return from.error();
  fetch_request question{source, *from, options.max_bytes, options.min_bytes, options.timeout_ms};
  consumed out{std::move(source), *from, {}};
  out.answer = co_await ask(&broker_client::fetch, ex.broker(), std::move(question));
  auto& outcome = out.answer.result;
  if (outcome.code == errc::offset_out_of_range)
    outcome.message = out_of_range(out.source, out.from, out.answer);
  else if (!outcome.ok())
    co_return error{outcome.code, outcome.message};
  if (auto room = ex.hold(out.answer.batches.size()); !room)
    co_return room.error();
  co_return std::move(out);
}

}  // namespace troupe::http
