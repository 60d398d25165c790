#include "app/commands.hpp"
#include "app/line_reader.hpp"
#include "app/options.hpp"
#include "app/output.hpp"
#include "app/sample_run.hpp"
#include "app/stop_signal.hpp"
#include "app/table.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <memory>
#include <unordered_set>

namespace troupe::app {

namespace json = boost::json;

namespace {

struct sample_settings {
  std::string server = default_server;
  std::string output = "text";
  std::string input = "-";
  sample_options run;
};

/// Everything the sample found out.
struct sample_outcome {
  std::uint64_t keys = 0;
  sample_step produced;
  sample_step by_http;
  sample_step by_websocket;
  std::vector<std::string> differences;
};

/// The whole input, however slowly it comes. Says once what it waits for.
attempt<std::string> read_input(const std::string& path) {
  constexpr auto step = std::chrono::milliseconds(100);
  constexpr auto patience = std::chrono::seconds(1);
  auto input = line_reader::open(path);
  if (!input)
    return input.error();
  stopwatch time;
  std::string text;
  std::string_view line;
  bool said = false;
  for (;;) {
    auto state = input->next(line, step);
    if (!state)
      return state.error();
    if (*state == line_state::end)
      return text;
    if (stop_requested())
      return failure{exit_failed,
                     "stopped while the package catalogue was read; nothing was sent."};
    if (*state == line_state::line) {
      text += line;
      text += '\n';
    } else if (text.empty() && !said && time.elapsed() > patience) {
      said = true;
      print_error(
          "waiting for the package catalogue on {}; 'apt-cache dumpavail' prints it. Ctrl-C "
          "ends.\n",
          path == "-" ? "standard input" : "'" + path + "'");
    }
  }
}

attempt<catalogue> read_catalogue(const std::string& path) {
  auto text = read_input(path);
  if (!text)
    return text.error();
  auto read = parse_catalogue(*text);
  if (read.records.empty())
    return failure{exit_failed,
                   "the package catalogue is empty" +
                       (read.skipped > 0 ? " (" + read.first_skipped + ")" : std::string()) +
                       ". Run 'apt-get update' as root, then 'apt-cache dumpavail' prints it."};
  return read;
}

attempt<sample_outcome> run_sample(sample_options& options, const catalogue& from) {
  sample_outcome out;
  std::unordered_set<std::string_view> keys;
  for (const auto& record : from.records)
    keys.insert(record.key);
  out.keys = keys.size();
  if (auto ready = prepare_topic(options); !ready)
    return ready.error();
  auto produced = produce_catalogue(options, from);
  if (!produced)
    return produced.error();
  out.produced = produced->step;
  auto partitions = static_cast<std::int32_t>(options.partitions);
  auto read = [&](auto by, const char* name, sample_step& into) -> attempt<void> {
    sample_check check(from.records, produced->acks, partitions);
    auto step = by(options, *produced, check);
    if (!step)
      return step.error();
    into = *step;
    for (auto& what : check.differences())
      out.differences.push_back(fmt::format("{}: {}", name, what));
    return {};
  };
  if (auto done = read(read_by_http, "HTTP", out.by_http); !done)
    return done.error();
  if (auto done = read(read_by_websocket, "WebSocket", out.by_websocket); !done)
    return done.error();
  return out;
}

json::object as_json(const sample_step& step) {
  return {{"records", step.records},
          {"bytes", step.bytes},
          {"seconds", static_cast<double>(step.time.count()) / 1e9},
          {"records_per_second", rate_of(step.records, step.time)}};
}

void show_json(const sample_outcome& x) {
  json::object out{{"keys", x.keys},
                   {"produced", as_json(x.produced)},
                   {"read_http", as_json(x.by_http)},
                   {"read_websocket", as_json(x.by_websocket)},
                   {"equal", x.differences.empty()},
                   {"differences", json::value_from(x.differences)}};
  print_json(out);
}

void print_text(const sample_options& options, const sample_outcome& x) {
  table rows({"step", "records", "size", "time", "records/s", "bytes/s"});
  auto add = [&](const char* name, const sample_step& step) {
    rows.add({name, with_commas(step.records), as_size(static_cast<double>(step.bytes)),
              as_duration(step.time),
              with_commas(static_cast<std::uint64_t>(rate_of(step.records, step.time))),
              as_size(rate_of(step.bytes, step.time)) + "/s"});
  };
  add("produced over HTTP, on disk", x.produced);
  add("read back over HTTP", x.by_http);
  add("read back over WebSocket", x.by_websocket);
  print_out("\nTopic '{}', {}, {}, {}, batches of {}\n\n{}\n", options.topic,
            counted(static_cast<std::uint64_t>(options.partitions), "partition"),
            counted(x.keys, "key"),
            counted(static_cast<std::uint64_t>(options.connections), "connection"), options.batch,
            rows.text());
  if (x.differences.empty()) {
    print_out(
        "Equal: both ways gave every record once, at its acknowledged partition and offset,\n"
        "per key in the order sent, with key and content as sent.\n");
    return;
  }
  print_out("NOT EQUAL:\n");
  for (const auto& what : x.differences)
    print_out("  {}\n", what);
}

int run(sample_settings& settings) {
  auto server = parse_server_url(settings.server);
  if (!server)
    return report(server.error());
  settings.run.server = *server;
  watch_stop_signals();
  auto from = read_catalogue(settings.input);
  if (!from)
    return report(from.error());
  if (from->skipped > 0)
    print_error("{} of the catalogue skipped, the first at {}\n", counted(from->skipped, "stanza"),
                from->first_skipped);
  auto outcome = run_sample(settings.run, *from);
  if (!outcome)
    return report(outcome.error());
  if (settings.output == "json")
    show_json(*outcome);
  else
    print_text(settings.run, *outcome);
  return outcome->differences.empty() ? exit_ok : exit_failed;
}

}  // namespace

command sample_command() {
  auto o = std::make_shared<sample_settings>();
  command it;
  it.name = "sample";
  it.summary = "Send this machine's Debian package catalogue through a broker and compare";
  it.help =
      "Produces every package of the catalogue as a JSON record keyed by the package's name, "
      "reads\n"
      "all of them back over HTTP and over a WebSocket subscription, and compares: every record\n"
      "once, per key in order, content equal. Ends with 1 when anything differs. A topic that\n"
      "exists is added to, and only what this run sent is read back; nobody else may write to it\n"
      "meanwhile.";
  it.examples =
      "Example:\n"
      "  apt-cache dumpavail | troupe sample";
  it.options = {
      server_option(o->server),
      file_option("--input,-i", o->input, "Output of 'apt-cache dumpavail'; - is standard input"),
      text_option("--topic,-t", o->run.topic, "The topic; created when it does not exist", "TOPIC"),
      number_option("--partitions", o->run.partitions, "Partitions of a topic that is created", "N",
                    1, 20'000),
      number_option("--connections,-c", o->run.connections, "HTTP connections", "N", 1, 256),
      number_option("--batch,-b", o->run.batch, "Records per request", "N", 1, 10'000),
      output_option(o->output)};
  it.run = [o] { return run(*o); };
  return it;
}

}  // namespace troupe::app
