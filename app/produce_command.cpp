#include "app/admin_client.hpp"
#include "app/commands.hpp"
#include "app/line_reader.hpp"
#include "app/options.hpp"
#include "app/output.hpp"
#include "app/progress.hpp"
#include "app/record_client.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <memory>
#include <thread>

namespace troupe::app {

namespace json = boost::json;

namespace {

struct produce_options {
  std::string server = default_server;
  std::string output = "text";
  std::string topic;
  std::string file = "-";
  std::string format = "text";
  std::string key_separator;
  std::string acks = "all";
  std::int64_t batch = 500;
  std::int64_t batch_bytes = 1 << 20;
  std::int64_t retry_s = 30;
  bool tombstones = false;
};

struct line_record {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::uint64_t line = 0;
};

struct totals {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
};

/// Errors of single records after which the same record may be sent again.
bool is_retriable(int error_code) {
  auto status = error_code > 599 ? error_code / 100 : error_code;
  return status == 429 || status == 503 || status == 507;
}

class producer {
 public:
  producer(const produce_options& options, server_url server)
      : options_(options),
        http_(std::move(server)),
        format_(*http::parse_embedded_format(options.format)) {}

  /// Takes one line of the input. Fails when it is not valid in the chosen format.
  attempt<void> add(std::string_view line, std::uint64_t number) {
    line_record record;
    record.line = number;
    auto value = line;
    if (!options_.key_separator.empty()) {
      auto at = line.find(options_.key_separator);
      if (at == line.npos)
        return failure{exit_failed, fmt::format("line {}: there is no key separator '{}'", number,
                                                options_.key_separator)};
      record.key = line.substr(0, at);
      value = line.substr(at + options_.key_separator.size());
    }
    if (!options_.tombstones || !value.empty())
      record.value = value;
    if (auto valid = check(record); !valid)
      return valid;
    bytes_ += line.size();
    batch_.push_back(std::move(record));
    return {};
  }

  bool full() const {
    return batch_.size() >= static_cast<std::size_t>(options_.batch) ||
           bytes_ >= static_cast<std::size_t>(options_.batch_bytes);
  }

  /// Sends what was added; retries what the broker refused for now, in order. Fails when a record
  /// is refused for good, once all before it are stored.
  attempt<void> flush() {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options_.retry_s);
    while (!batch_.empty()) {
      auto sent = send_once();
      // A broker that was never there is not waited for; one that restarts is.
      bool never_there = !sent && sent.error().code == exit_unreachable && totals_.records == 0;
      if (!sent && (!sent.error().retriable || never_there))
        return sent.error();
      if (batch_.empty())
        break;
      if (std::chrono::steady_clock::now() >= deadline)
        return failure{sent ? exit_failed : sent.error().code,
                       fmt::format("line {}: {}; gave up after {} s", batch_[0].line, last_error_,
                                   options_.retry_s)};
      ++totals_.retries;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    bytes_ = 0;
    if (refused_)
      return *refused_;
    return {};
  }

  const totals& so_far() const { return totals_; }

 private:
  attempt<void> check(const line_record& record) const {
    if (format_ == http::embedded_format::binary)
      return {};
    for (const auto* part : {&record.key, &record.value})
      if (*part && !http::is_valid_utf8(**part))
        return failure{exit_failed, fmt::format("line {}: it is not valid UTF-8; use --format "
                                                "binary",
                                                record.line)};
    if (format_ == http::embedded_format::json && record.value &&
        !http::is_valid_json(*record.value))
      return failure{exit_failed, fmt::format("line {}: it is not valid JSON; use --format text "
                                              "to send it as it is",
                                              record.line)};
    return {};
  }

  attempt<void> send_once() {
    produce_body body(format_);
    for (const auto& record : batch_)
      body.add(record.key, record.value);
    auto acks = send_records(http_, options_.topic, format_, options_.acks, body.take());
    ++totals_.requests;
    if (!acks) {
      last_error_ = acks.error().message;
      return acks.error();
    }
    std::vector<line_record> again;
    for (std::size_t i = 0; i < batch_.size() && i < acks->size(); ++i) {
      const auto& ack = (*acks)[i];
      if (ack.ok()) {
        ++totals_.records;
        totals_.bytes += batch_[i].value ? batch_[i].value->size() : 0;
      } else if (refused_) {
        continue;  // behind the line that ends the command
      } else if (is_retriable(ack.error_code)) {
        last_error_ = ack.error;
        again.push_back(std::move(batch_[i]));
      } else {
        refused_ = failure{exit_failed, fmt::format("line {}: {} (error {})", batch_[i].line,
                                                    ack.error, ack.error_code)};
      }
    }
    batch_ = std::move(again);
    return {};
  }

  const produce_options& options_;
  http_client http_;
  http::embedded_format format_;
  std::vector<line_record> batch_;
  std::size_t bytes_ = 0;
  totals totals_;
  std::string last_error_;
  std::optional<failure> refused_;  // the first record that will never be stored
};

/// The input ends here with `why`, but what came before is still stored.
attempt<void> give_up(producer& to, const failure& why) {
  if (auto flushed = to.flush(); !flushed)
    return failure{flushed.error().code,
                   fmt::format("{}; before that, {}", why.message, flushed.error().message)};
  return why;
}

/// Reads, batches and sends until the input ends. What comes slowly is sent at once.
attempt<void> produce_lines(line_reader& input, producer& to, progress& bar) {
  constexpr auto patience = std::chrono::milliseconds(20);
  std::string_view line;
  for (;;) {
    auto state = input.next(line, patience);
    if (!state)
      return give_up(to, state.error());
    if (*state == line_state::line)
      if (auto added = to.add(line, input.line_number()); !added)
        return give_up(to, added.error());
    if (*state != line_state::line || to.full()) {
      auto before = to.so_far().records;
      if (auto flushed = to.flush(); !flushed)
        return flushed;
      bar.add(input.size() > 0 ? input.bytes_read() - bar.done() : to.so_far().records - before);
      bar.show();
    }
    if (*state == line_state::end)
      return {};
  }
}

void print_totals(const produce_options& options, const totals& x, std::chrono::nanoseconds time) {
  auto seconds = static_cast<double>(time.count()) / 1e9;
  if (options.output == "json") {
    json::object out{{"topic", options.topic},
                     {"records", x.records},
                     {"bytes", x.bytes},
                     {"requests", x.requests},
                     {"retries", x.retries},
                     {"seconds", seconds},
                     {"records_per_second", rate_of(x.records, time)}};
    print_json(out);
    return;
  }
  print_error("{} ({}) to '{}' in {}: {} records/s{}\n", counted(x.records, "record"),
              as_size(static_cast<double>(x.bytes)), options.topic, as_duration(time),
              with_commas(static_cast<std::uint64_t>(rate_of(x.records, time))),
              x.retries > 0 ? ", " + counted(x.retries, "retry", "retries") : "");
}

/// Whether there is such a topic and broker, before the first line has come. A broker that refuses
/// for now is left to the retries.
attempt<void> look_for_topic(const produce_options& options, const server_url& server) {
  http_client http(server);
  auto found = admin_client(http).partitions(options.topic);
  if (found || (found.error().retriable && found.error().code != exit_unreachable))
    return {};
  return found.error();
}

int run(const produce_options& options) {
  auto server = parse_server_url(options.server);
  if (!server)
    return report(server.error());
  auto input = line_reader::open(options.file);
  if (!input)
    return report(input.error());
  if (auto there = look_for_topic(options, *server); !there)
    return report(there.error());
  producer to(options, *server);
  stopwatch time;
  attempt<void> done;
  {
    progress bar("produce", input->size());
    done = produce_lines(*input, to, bar);
  }
  print_totals(options, to.so_far(), time.elapsed());
  return done ? exit_ok : report(done.error());
}

}  // namespace

command produce_command() {
  auto o = std::make_shared<produce_options>();
  command it;
  it.name = "produce";
  it.summary = "Send lines of a file or of standard input as records";
  it.help =
      "Sends every line as one record. Records with the same key go to the same partition and\n"
      "keep their order. The command ends when the input ends and every record is\n"
      "acknowledged; with a failure it says which line, and what came before is stored.";
  it.options = {
      server_option(o->server),
      topic_argument(o->topic),
      file_option("--file,-f", o->file, "Read from FILE instead of standard input"),
      choice_option("--format", o->format,
                    "What a line is: text (UTF-8), json (one JSON text) or binary (any bytes)",
                    "FORMAT", {"text", "json", "binary"}),
      text_option("--key-separator,-k", o->key_separator, "Split each line into key and value here",
                  "TEXT"),
      {"--tombstones", &o->tombstones, "An empty value is null: it deletes its key in compaction"},
      acks_option(o->acks),
      number_option("--batch", o->batch, "Most records in one request", "N", 1, 100'000),
      number_option("--batch-bytes", o->batch_bytes, "Most bytes of records in one request",
                    "BYTES", 1, 12 << 20),
      number_option("--retry", o->retry_s,
                    "Go on trying for so long when the broker refuses for now", "SECONDS", 0,
                    3'600),
      output_option(o->output)};
  it.examples =
      "Examples:\n"
      "  echo 'hello' | troupe produce greetings\n"
      "  troupe produce orders --file orders.jsonl --format json --batch 1000\n"
      "  printf 'alice:42\\nbob:7\\n' | troupe produce scores --key-separator :";
  it.run = [o] { return run(*o); };
  return it;
}

}  // namespace troupe::app
