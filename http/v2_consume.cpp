// API v2: stateless consume of one partition, from any offset, as often as the client likes.
#include "http/consume.hpp"
#include "http/parse_media.hpp"
#include "http/parse_query.hpp"
#include "http/v2.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

namespace {

constexpr auto query_names =
    std::to_array<std::string_view>({"offset", "timeout", "max_bytes", "min_bytes", "format"});

result<answer_format> read_format(const request& from) {
  const auto* name = from.find_query("format");
  if (name == nullptr)
    return parse_accept(from.accept);
  if (auto format = parse_embedded_format(*name))
    return answer_format{*format, media_type(*format)};
  return error{errc::invalid_parameter,
               fmt::format("format must be json, binary or text, not '{}'.", *name)};
}

void add_positions(response& to, const fetch_response& answer) {
  to.headers.emplace_back("X-Log-Start-Offset", std::to_string(answer.log_start));
  to.headers.emplace_back("X-High-Watermark", std::to_string(answer.high_watermark));
}

response render(const answer_format& as, const consumed& found) {
  record_shape shape;
  shape.format = as.format;
  std::string body = "[";
  offset_t next = found.from;
  auto count = append_records(body, found.source, found.answer.batches, found.from, shape, &next);
  // A record that cannot be shown ends the answer before it; only as the first it is the answer.
  if (!count && (count.error().code != errc::not_representable || body.size() == 1))
    return response::failure(count.error());
  if (count)
    next = std::max(next, found.answer.next_offset);
  body += ']';
  response out = response::json(std::move(body));
  out.content_type = as.media_type;
  out.headers.emplace_back("X-Next-Offset", std::to_string(next));
  add_positions(out, found.answer);
  return out;
}

}  // namespace

task<response> v2_consume(exchange& ex) {
  if (auto known = check_query(ex.req.query, query_names); !known)
    co_return response::failure(known.error());
  auto format = read_format(ex.req);
  if (!format)
    co_return response::failure(format.error());
  auto options = parse_consume_options(ex.req);
  if (!options)
    co_return response::failure(options.error());
  auto target = find_partition(ex);
  if (!target)
    co_return response::failure(target.error());
  topic_partition source = target->id();
  auto found = co_await consume(ex, std::move(source), *options);
  if (!found)
    co_return response::failure(found.error());
  const auto& outcome = found->answer.result;
  if (!outcome.ok()) {
    response refusal = response::failure({outcome.code, outcome.message});
    add_positions(refusal, found->answer);
    co_return refusal;
  }
  co_return render(*format, *found);
}

}  // namespace troupe::http
