#include "app/admin_client.hpp"
#include "app/commands.hpp"
#include "app/follower.hpp"
#include "app/options.hpp"
#include "app/record_client.hpp"
#include "app/record_printer.hpp"
#include "app/stop_signal.hpp"
#include "app/units.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>

namespace troupe::app {

namespace json = boost::json;

namespace {

struct consume_options {
  std::string server = default_server;
  std::string output = "text";
  std::string topic;
  std::string from = "earliest";
  std::string format;
  std::int64_t partition = -1;
  std::int64_t max = -1;
  std::int64_t wait_s = 0;
  bool follow = false;
  bool no_reconnect = false;
  print_options print;
};

/// The common part of both ways of reading: prints, counts, knows when it is enough.
class reader {
 public:
  explicit reader(const consume_options& options) : options_(options), printer_(options.print) {}

  void take(const json::object& record) {
    if (!enough())
      printer_.print(record);
  }
  bool enough() const {
    return stop_requested() || reader_gone_ ||
           (options_.max >= 0 && printer_.count() >= static_cast<std::uint64_t>(options_.max));
  }
  void flush() { reader_gone_ = !printer_.flush(); }
  std::uint64_t count() const { return printer_.count(); }

 private:
  const consume_options& options_;
  record_printer printer_;
  bool reader_gone_ = false;
};

struct position {
  std::int32_t partition;
  offset_t next;  ///< from a timestamp: the beginning
  offset_t end;
};

std::optional<offset_t> as_offset(std::string_view text) {
  offset_t value = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value < 0)
    return {};
  return value;
}

bool by_timestamp(const consume_options& o) { return o.from.starts_with("timestamp:"); }

attempt<void> check_from(std::string_view from) {
  bool known = from == "earliest" || from == "latest" || as_offset(from) ||
               (from.starts_with("timestamp:") && as_offset(from.substr(10)));
  if (known)
    return {};
  return failure{exit_usage, fmt::format("--from '{}': give earliest, latest, an offset or "
                                         "timestamp:MILLISECONDS.",
                                         from)};
}

failure out_of_range(const consume_options& o, std::int32_t partition, const offset_range& log) {
  return {exit_failed,
          fmt::format("offset {} of {}-{} is out of range: the log is [{}, {}). Give --from "
                      "earliest, latest or an offset in it{}.",
                      o.from, o.topic, partition, log.begin, log.end,
                      o.partition < 0 ? ", or one --partition" : "")};
}

/// Fails when there is no such partition, or an offset lies outside the log of one.
attempt<std::vector<position>> start_positions(const consume_options& o, http_client& http) {
  admin_client admin(http);
  auto count = admin.partitions(o.topic);
  if (!count)
    return count.error();
  if (o.partition >= *count)
    return failure{exit_failed, fmt::format("topic '{}' has partitions 0 to {}; there is no {}",
                                            o.topic, *count - 1, o.partition)};
  std::vector<position> out;
  for (std::int32_t p = 0; p < *count; ++p) {
    if (o.partition >= 0 && o.partition != p)
      continue;
    auto range = admin.offsets(o.topic, p);
    if (!range)
      return range.error();
    auto asked = as_offset(o.from);
    if (asked && (*asked < range->begin || *asked > range->end))
      return out_of_range(o, p, *range);
    auto next = asked ? *asked : o.from == "latest" ? range->end : range->begin;
    out.push_back({p, next, range->end});
  }
  return out;
}

/// Reads what is there over plain HTTP and, with --wait, by long poll what comes within the time.
attempt<void> consume_http(const consume_options& o, http_client& http,
                           std::vector<position> positions, reader& to) {
  fetch_options fetch;
  fetch.format = o.print.format;
  stopwatch since_start;
  auto last_record = since_start.elapsed();
  auto wait = std::chrono::seconds(o.wait_s);
  bool idle = false;
  while (!to.enough()) {
    bool moved = false;
    for (auto& at : positions) {
      if (o.wait_s == 0 && at.next >= at.end)
        continue;
      fetch.partition = at.partition;
      fetch.offset = at.next;
      fetch.wait_ms = !idle ? 0 : positions.size() == 1 ? 1'000 : 100;
      auto next = fetch_records(http, o.topic, fetch, [&](const json::object& r) { to.take(r); });
      if (!next)
        return next.error();
      moved = moved || *next != at.next;
      at.next = *next;
      to.flush();
      if (to.enough())
        return {};
    }
    if (moved)
      last_record = since_start.elapsed();
    idle = !moved;
    if (idle && since_start.elapsed() - last_record >= wait)
      return {};
  }
  return {};
}

/// Reads over a WebSocket, to the end of what is there or, with --follow, until stopped.
attempt<void> consume_websocket(const consume_options& o, const server_url& server,
                                const std::vector<position>& positions, reader& to) {
  follower::options chosen{server, {o.topic, {}, o.from, o.print.format}};
  chosen.reconnect = o.follow && !o.no_reconnect;
  chosen.enough = [&to] { return to.enough(); };
  if (o.partition >= 0)
    chosen.what.partitions = {static_cast<std::int32_t>(o.partition)};
  std::map<std::int32_t, offset_t> start;
  if (!by_timestamp(o))
    for (const auto& at : positions)
      start[at.partition] = at.next;
  follower from(std::move(chosen), std::move(start));
  if (auto opened = from.open(); !opened)
    return opened;
  std::set<std::int32_t> caught_up;
  subscription_events events;
  events.on_record = [&](const json::object& record) { to.take(record); };
  events.on_caught_up = [&](std::int32_t partition, offset_t) { caught_up.insert(partition); };
  while (!to.enough() && (o.follow || caught_up.size() < positions.size())) {
    auto polled = from.poll(std::chrono::milliseconds(200), events);
    if (!polled && !stop_requested())
      return polled;
    to.flush();
  }
  from.close();
  return {};
}

attempt<void> consume(const consume_options& o, const server_url& server, reader& to) {
  http_client http(server);
  auto positions = start_positions(o, http);
  if (!positions)
    return positions.error();
  if (o.follow || by_timestamp(o))
    return consume_websocket(o, server, *positions, to);
  return consume_http(o, http, std::move(*positions), to);
}

int run(consume_options& o) {
  auto server = parse_server_url(o.server);
  if (!server)
    return report(server.error());
  if (auto valid = check_from(o.from); !valid)
    return report(valid.error());
  o.print.json = o.output == "json";
  // Bytes always get through as base64; a format matters only where it is seen.
  if (o.format.empty())
    o.format = o.print.json ? "text" : "binary";
  o.print.format = *http::parse_embedded_format(o.format);
  watch_stop_signals();
  reader to(o);
  auto done = consume(o, *server, to);
  to.flush();
  if (done)
    return exit_ok;
  if (done.error().status == 406)
    return report(
        {exit_failed, done.error().message + "\nUse --format binary: it shows any bytes."});
  return report(done.error());
}

}  // namespace

command consume_command() {
  auto o = std::make_shared<consume_options>();
  command it;
  it.name = "consume";
  it.summary = "Print the records of a topic";
  it.help =
      "Prints the values of a topic's records, one per line, and ends at the end of what is\n"
      "there. With --follow it goes on with new records as they come, over a WebSocket; when the\n"
      "connection is lost it connects again and goes on at the next offset.\n"
      "Within a partition records come in order; between partitions there is none.";
  auto format = choice_option("--format", o->format,
                              "How keys and values look with --output json (default: text); "
                              "binary is base64",
                              "FORMAT", {"text", "json", "binary"});
  it.options = {
      server_option(o->server),
      topic_argument(o->topic),
      text_option("--from", o->from, "Where to begin: earliest, latest, an offset or timestamp:MS",
                  "POSITION"),
      {"--follow,-f", &o->follow, "Go on with new records until Ctrl-C"},
      {"--no-reconnect", &o->no_reconnect,
       "With --follow: end with 3 when the connection is lost, instead of connecting again"},
      number_option("--partition,-p", o->partition, "Only this partition", "N", 0, 20'000),
      number_option("--max,-n", o->max, "End after so many records", "N", 0, INT64_MAX),
      number_option("--wait", o->wait_s, "At the end, wait so long for new records by long poll",
                    "SECONDS", 0, 86'400),
      format,
      {"--print-key", &o->print.key, "Print the key before the value"},
      {"--print-offset", &o->print.offset, "Print the offset"},
      {"--print-partition", &o->print.partition, "Print the partition"},
      {"--print-timestamp", &o->print.timestamp, "Print the timestamp (ms since 1970)"},
      {"--print-headers", &o->print.headers, "Print the headers as NAME=VALUE,..."},
      text_option("--separator", o->print.separator, "Between what is printed (default: a tab)",
                  "TEXT"),
      output_option(o->output)};
  it.examples =
      "Examples:\n"
      "  troupe consume greetings\n"
      "  troupe consume orders --follow --from latest --print-key\n"
      "  troupe consume orders --from timestamp:1700000000000 --output json | jq .value";
  it.run = [o] { return run(*o); };
  return it;
}

}  // namespace troupe::app
