// records:batch: up to limits::batch_entries_max records in one request, each with an id of the
// client's, answered in two lists.
#include "http/check_body.hpp"
#include "http/parse_v3_batch.hpp"
#include "http/v3_handlers.hpp"
#include "http/v3_place.hpp"
#include "http/v3_report.hpp"

namespace troupe::http {

namespace {

std::string render(const report_target& target, const v3_batch& batch,
                   std::span<const record_result> results) {
  std::string successes;
  std::string failures;
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto& list = results[i].code == errc::none ? successes : failures;
    if (!list.empty())
      list += ',';
    append_report(list, target, batch.records.records[i], batch.records.types[i], results[i],
                  batch.ids[i]);
  }
  return "{\"successes\":[" + successes + "],\"failures\":[" + failures + "]}";
}

}  // namespace

task<response> produce_v3_batch(exchange& at) {
  const auto place = find_place(at, {"acks", "timeout"});
  if (!place)
    co_return response::failure(place.error());
  if (const auto fine = check_json_body(at.req); !fine)
    co_return response::failure(fine.error());
  const auto options = parse_produce_options(at.req);
  if (!options)
    co_return response::failure(options.error());
  const auto batch = parse_v3_batch(at.req.body);
  if (!batch)
    co_return response::failure(batch.error());
  sticky_partitioner sticky{sticky_seed(at)};
  const std::span<const incoming_record> records{batch->records.records};
  const auto results = co_await produce_records(at.broker(), *place->topic, records, *options,
                                                sticky, at.time().wall_ms());
  const report_target target{place->image->cluster_id, place->topic->name};
  co_return response::json(render(target, *batch, results), 207);
}

}  // namespace troupe::http
