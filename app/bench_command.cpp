#include "app/admin_client.hpp"
#include "app/bench_load.hpp"
#include "app/commands.hpp"
#include "app/options.hpp"
#include "app/output.hpp"
#include "app/stop_signal.hpp"
#include "app/table.hpp"
#include "app/units.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <memory>

namespace troupe::app {

namespace json = boost::json;

namespace {

struct bench_options {
  std::string server = default_server;
  std::string output = "text";
  std::int64_t partitions = 6;
  load_options load;
};

using load_function = attempt<load_result> (*)(const load_options&);

/// Creates the topic where it is missing and learns how many partitions it has.
attempt<void> prepare(bench_options& o) {
  auto server = parse_server_url(o.server);
  if (!server)
    return server.error();
  o.load.server = *server;
  http_client http(*server);
  admin_client admin(http);
  auto count = admin.partitions(o.load.topic);
  if (!count && count.error().status == 404) {
    auto created = admin.create({o.load.topic, static_cast<std::int32_t>(o.partitions), -1, {}});
    if (!created)
      return created;
    count = static_cast<std::int32_t>(o.partitions);
  }
  if (!count)
    return count.error();
  o.load.partitions = *count;
  return {};
}

constexpr std::pair<const char*, double> quantiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

double in_us(std::chrono::nanoseconds value) { return static_cast<double>(value.count()) / 1e3; }

void show_json(const char* name, const bench_options& o, const load_result& x) {
  json::object latency{{"max", in_us(x.latency.max())}};
  for (auto [label, share] : quantiles)
    latency[label] = in_us(x.latency.quantile(share));
  json::object out{{"bench", name}, {"connections", o.load.connections}};
  // What this kind of load was told, and no more.
  if (std::string_view(name) == "consume") {
    out["fetch_bytes"] = o.load.fetch_bytes;
  } else {
    out["batch"] = o.load.batch;
    out["record_bytes"] = o.load.record_bytes;
    out["acks"] = o.load.acks;
  }
  if (std::string_view(name) == "fanout")
    out["rate"] = o.load.rate;
  json::object found{{"seconds", static_cast<double>(x.time.count()) / 1e9},
                     {"requests", x.requests},
                     {"records", x.records},
                     {"errors", x.errors},
                     {"requests_per_second", rate_of(x.requests, x.time)},
                     {"records_per_second", rate_of(x.records, x.time)},
                     {"payload_bytes_per_second", rate_of(x.payload_bytes, x.time)},
                     {"wire_bytes_per_second", rate_of(x.wire_bytes, x.time)},
                     {"latency_us", latency}};
  out.insert(found.begin(), found.end());
  print_json(out);
}

void print_text(const char* name, const bench_options& o, const load_result& x) {
  auto whole = [](double value) { return with_commas(static_cast<std::uint64_t>(value)); };
  print_out("bench {}: topic '{}', {}, {}, {} s\n\n", name, o.load.topic,
            counted(static_cast<std::uint64_t>(o.load.partitions), "partition"),
            counted(static_cast<std::uint64_t>(o.load.connections), "connection"),
            o.load.duration_s);
  table rates({"", "total", "per second"});
  rates.add({std::string(name) == "fanout" ? "frames" : "requests", with_commas(x.requests),
             whole(rate_of(x.requests, x.time))});
  rates.add({"records", with_commas(x.records), whole(rate_of(x.records, x.time))});
  if (x.payload_bytes > 0)
    rates.add({"payload", as_size(static_cast<double>(x.payload_bytes)),
               as_size(rate_of(x.payload_bytes, x.time))});
  rates.add({"on the wire", as_size(static_cast<double>(x.wire_bytes)),
             as_size(rate_of(x.wire_bytes, x.time))});
  print_out("{}\n", rates.text());
  table latency({"latency", "p50", "p90", "p99", "p99.9", "max"});
  std::vector<std::string> row{std::string(name) == "fanout" ? "produce to delivery" : "request"};
  for (auto [label, share] : quantiles)
    row.push_back(as_duration(x.latency.quantile(share)));
  row.push_back(as_duration(x.latency.max()));
  latency.add(row);
  print_out("{}", latency.text());
  if (x.errors > 0)
    print_out("\n{}, the first: {}\n", counted(x.errors, "error"), x.first_error);
}

int run(const char* name, bench_options& o, load_function load) {
  if (auto ready = prepare(o); !ready)
    return report(ready.error());
  watch_stop_signals();
  auto result = load(o.load);
  if (!result)
    return report(result.error());
  if (o.output == "json")
    show_json(name, o, *result);
  else
    print_text(name, o, *result);
  return result->errors == 0 ? exit_ok : exit_failed;
}

command make(const char* name, const char* summary, const char* help, load_function load,
             std::vector<option_spec> (*own)(load_options&)) {
  auto o = std::make_shared<bench_options>();
  o->load.topic = "bench";
  command it;
  it.name = name;
  it.summary = summary;
  it.help = help;
  it.options = {
      server_option(o->server),
      text_option("--topic,-t", o->load.topic, "The topic; created when it does not exist",
                  "TOPIC"),
      number_option("--partitions", o->partitions, "Partitions of a topic that is created", "N", 1,
                    20'000),
      number_option("--connections,-c", o->load.connections, "Connections", "N", 1, 50'000),
      number_option("--duration,-d", o->load.duration_s, "Measured time", "SECONDS", 1, 86'400),
      number_option("--warmup", o->load.warmup_s, "Time before it that is not measured", "SECONDS",
                    0, 3'600),
      number_option("--threads", o->load.threads, "Threads of this load generator", "N", 1, 64),
      output_option(o->output)};
  for (auto& option : own(o->load))
    it.options.push_back(option);
  it.run = [o, name, load] { return run(name, *o, load); };
  return it;
}

std::vector<option_spec> produce_options(load_options& o) {
  return {
      number_option("--batch,-b", o.batch, "Records per request", "N", 1, 100'000),
      number_option("--record-bytes,-r", o.record_bytes, "Size of a value", "BYTES", 0, 1 << 20),
      acks_option(o.acks)};
}

std::vector<option_spec> consume_options(load_options& o) {
  return {number_option("--fetch-bytes", o.fetch_bytes, "Most bytes per request", "BYTES", 1,
                        64 << 20)};
}

std::vector<option_spec> fanout_options(load_options& o) {
  return {number_option("--rate", o.rate, "Records produced per second", "N", 1, 10'000'000),
          number_option("--batch,-b", o.batch, "Most records per produce request", "N", 1, 100'000),
          number_option("--record-bytes,-r", o.record_bytes, "Size of a value, at least 21",
                        "BYTES", 21, 1 << 20),
          acks_option(o.acks)};
}

}  // namespace

command bench_command() {
  command it;
  it.name = "bench";
  it.summary = "Measure a broker with a load of your choice";
  it.help =
      "Puts load on a running broker and prints rates and latency percentiles. Generator and\n"
      "broker share the machine when both run here: read the figures accordingly.";
  it.examples =
      "Examples:\n"
      "  troupe bench produce --connections 64 --batch 1 --acks all\n"
      "  troupe bench consume --topic packages --connections 4\n"
      "  troupe bench fanout --connections 1000 --rate 100";
  it.children = {
      make("produce", "Produce as fast as acknowledgements allow",
           "Every connection sends a batch, waits for the acknowledgement and sends again.",
           run_produce_load, produce_options),
      make("consume", "Read partitions from beginning to end, again and again",
           "Every connection reads one partition over HTTP; at its end it begins again.",
           run_consume_load, consume_options),
      make("fanout", "Deliver one stream to many WebSocket subscribers",
           "One producer at a fixed rate; every subscriber receives every record.", run_fanout_load,
           fanout_options)};
  return it;
}

}  // namespace troupe::app
