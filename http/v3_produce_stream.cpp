// Streaming produce: concatenated JSON records in, one delivery report per record out, in order, on
// one request that lasts as long as the client likes. The status is 200 as soon as the stream
// opens; what becomes of each record is in its report. A record that is not valid gets a report
// and the stream goes on, unless no next record can be found in it.
#include "http/ask.hpp"
#include "http/check_body.hpp"
#include "http/v3_handlers.hpp"
#include "http/v3_produce_pipeline.hpp"

namespace troupe::http {

namespace {

/// Reads the next part of the body into the pipeline.
task<void> read_more(exchange& at, v3_produce_pipeline& pipeline) {
  const auto part = co_await at.read_part();
  if (!part)
    pipeline.end(part.error());
  else if (part->end)
    pipeline.end();
  else if (!part->bytes.empty())
    pipeline.feed(part->bytes);
}

task<void> run(exchange& at, v3_produce_pipeline& pipeline) {
  while (!pipeline.ended() || !pipeline.empty()) {
    pipeline.send();
    const auto reports = pipeline.take_reports();
    if (!reports.empty()) {
      const auto written = co_await at.write_part(reports);
      if (!written)
        co_return;
    } else if (pipeline.ended() || pipeline.full()) {
      co_await pipeline.wait();
    } else {
      co_await read_more(at, pipeline);
    }
  }
}

}  // namespace

task<response> produce_v3_stream(exchange& at) {
  const auto place = find_place(at, {"acks", "timeout"});
  if (!place)
    co_return response::failure(place.error());
  if (const auto fine = check_json_body(at.req); !fine)
    co_return response::failure(fine.error());
  const auto options = parse_produce_options(at.req);
  if (!options)
    co_return response::failure(options.error());
  auto head = response::json({});
  if (const auto begun = co_await at.begin_stream(std::move(head)); !begun)
    co_return response::streamed();
  const auto pipeline = std::make_shared<v3_produce_pipeline>(at, *place, *options);
  co_await run(at, *pipeline);
  pipeline->detach();
  co_return response::streamed();
}

}  // namespace troupe::http
