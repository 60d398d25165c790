// What the broker costs without a gateway: requests through broker_client from one loop, against a
// real data directory. Prints one line per measurement, as JSON.
//
//   actor_bench produce [--flush os|fsync] [--partitions N] [--outstanding N] [--seconds S] ...
//   actor_bench fetch [--outstanding N] [--seconds S] [--bytes N] [--dir D]
//   actor_bench partitions [--count N] [--filled] [--dir D]
#include "actors/node.hpp"
#include "runtime/record/batch_builder.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <future>

namespace {

using namespace troupe;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

struct settings {
  std::string flush = "os";
  int outstanding = 64;
  double seconds = 3;
  int bytes = 100;
  int partitions = 1;
  int count = 10'000;
  bool filled = false;
  std::string directory = "/tmp/troupe-actor-bench";
};

double seconds_since(steady::time_point t) {
  return std::chrono::duration<double>(steady::now() - t).count();
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

std::size_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::unique_ptr<node> open_node(const settings& use, std::uint32_t loops) {
  node_options options;
  options.config.data_dir = use.directory;
  options.config.io_threads = loops;
  options.config.disk_reserve_bytes = 0;
  auto started = node::start(std::move(options));
  if (!started) {
    fmt::print(stderr, "{}\n", to_string(started.error()));
    std::exit(1);
  }
  return std::move(*started);
}

void create_topic(node& on, const std::string& name, int partitions, const std::string& flush) {
  auto loop = on.loops()[0];
  std::promise<topic_response> answered;
  boost::asio::post(*loop.context, [&] {
    create_topic_request what{name, partitions, -1, {{"flush", flush}}, false};
    loop.client->create_topic(std::move(what),
                              [&](topic_response x) { answered.set_value(std::move(x)); });
  });
  if (auto x = answered.get_future().get(); !x.result.ok()) {
    fmt::print(stderr, "{}\n", x.result.message);
    std::exit(1);
  }
}

bytes make_batch(int size) {
  std::string value(static_cast<std::size_t>(size), 'x');
  batch_builder builder;
  builder.add({.key = {}, .value = value, .headers = {}, .timestamp = 1'700'000'000'000});
  return builder.finish();
}

/// Keeps a number of requests in flight until the time is over. Lives on one loop.
class pump {
 public:
  pump(broker_client& client, const settings& use)
      : client_(client), batch_(make_batch(use.bytes)), partitions_(use.partitions) {}

  void run(bool fetching, int outstanding, steady::time_point end, std::promise<void>& done) {
    fetching_ = fetching;
    end_ = end;
    done_ = &done;
    for (int i = 0; i < outstanding; ++i)
      next();
  }
  std::uint64_t count = 0;
  std::uint64_t failures = 0;

 private:
  void next() {
    ++in_flight_;
    target_.partition = partition_id{turn_++ % partitions_};
    if (fetching_) {
      fetch_request what{target_, static_cast<offset_t>(count % 1'000), 1, 1, 0, {}};
      client_.fetch(std::move(what), [this](const fetch_response& x) { answered(x.result); });
    } else {
      produce_request what{target_, batch_, required_acks::all, 30'000};
      client_.produce(std::move(what), [this](const produce_response& x) { answered(x.result); });
    }
  }
  void answered(const outcome& how) {
    ++count;
    failures += how.ok() ? 0 : 1;
    --in_flight_;
    if ((count & 63) == 0)
      over_ = over_ || steady::now() >= end_;
    if (!over_)
      next();
    else if (in_flight_ == 0)
      done_->set_value();
  }

  broker_client& client_;
  bytes batch_;
  topic_partition target_{"t", partition_id{0}};
  int partitions_;
  int turn_ = 0;
  bool fetching_ = false;
  bool over_ = false;
  int in_flight_ = 0;
  steady::time_point end_;
  std::promise<void>* done_ = nullptr;
};

void run_requests(const settings& use, bool fetching) {
  std::filesystem::remove_all(use.directory);
  auto broker = open_node(use, 1);
  create_topic(*broker, "t", use.partitions, use.flush);
  auto loop = broker->loops()[0];
  auto round = [&](bool fetch, int outstanding, double seconds) {
    pump requests{*loop.client, use};
    std::promise<void> done;
    auto began = steady::now();
    auto cpu = cpu_seconds();
    boost::asio::post(*loop.context, [&] {
      auto length = std::chrono::duration<double>(seconds);
      auto end = began + std::chrono::duration_cast<steady::duration>(length);
      requests.run(fetch, outstanding, end, done);
    });
    done.get_future().wait();
    auto n = static_cast<double>(requests.count);
    auto wall = seconds_since(began);
    fmt::print(
        "{{\"bench\":\"{}\",\"flush\":\"{}\",\"partitions\":{},\"outstanding\":{},"
        "\"bytes\":{},\"per_second\":{:.0f},\"wall_us\":{:.3f},\"cpu_us\":{:.3f},\"failures\":{}}}"
        "\n",
        fetch ? "fetch" : "produce", use.flush, use.partitions, outstanding, use.bytes, n / wall,
        wall / n * 1e6, (cpu_seconds() - cpu) / n * 1e6, requests.failures);
  };
  round(false, use.outstanding, fetching ? 0.5 : 0.2);
  round(fetching, use.outstanding, use.seconds);
  (void)broker->stop(10s);
  std::filesystem::remove_all(use.directory);
}

/// One record in every partition, at most 64 in flight.
void fill(node& on, int partitions) {
  auto loop = on.loops()[0];
  auto batch = make_batch(100);
  std::promise<void> done;
  int sent = 0;
  int answered = 0;
  std::function<void()> next = [&] {
    produce_request what{{"t", partition_id{sent++}}, batch, required_acks::all, 30'000};
    loop.client->produce(std::move(what), [&](const produce_response&) {
      if (sent < partitions)
        next();
      if (++answered == partitions)
        done.set_value();
    });
  };
  boost::asio::post(*loop.context, [&] {
    for (int i = 0; i < std::min(64, partitions); ++i)
      next();
  });
  done.get_future().wait();
}

void run_partitions(const settings& use) {
  std::filesystem::remove_all(use.directory);
  auto broker = open_node(use, 2);
  create_topic(*broker, "first", 1, "os");
  auto memory = resident_bytes();
  auto began = steady::now();
  create_topic(*broker, "t", use.count, "os");
  auto created = seconds_since(began);
  // The last partition answers when all have been started.
  std::this_thread::sleep_for(500ms);
  if (use.filled)
    fill(*broker, use.count);
  auto grown = resident_bytes() - memory;
  auto cpu = cpu_seconds();
  std::this_thread::sleep_for(3s);
  auto idle = (cpu_seconds() - cpu) / 3;
  began = steady::now();
  (void)broker->stop(30s);
  auto stopped = seconds_since(began);
  broker.reset();
  began = steady::now();
  broker = open_node(use, 2);
  auto restarted = seconds_since(began);
  auto each = static_cast<double>(use.count);
  fmt::print(
      "{{\"bench\":\"partitions\",\"count\":{},\"filled\":{},\"create_us_each\":{:.1f},"
      "\"bytes_each\":{:.0f},\"idle_cpu_percent\":{:.2f},\"stop_s\":{:.2f},"
      "\"restart_s\":{:.2f}}}\n",
      use.count, use.filled, created / each * 1e6, static_cast<double>(grown) / each, idle * 100,
      stopped, restarted);
  (void)broker->stop(30s);
  std::filesystem::remove_all(use.directory);
}

}  // namespace

int main(int argc, char** argv) {
  settings use;
  CLI::App program{"What the broker costs without a gateway."};
  program.require_subcommand(1);
  auto* produce = program.add_subcommand("produce", "produce one-record batches");
  auto* fetch = program.add_subcommand("fetch", "fetch single batches");
  auto* partitions = program.add_subcommand("partitions", "create and restart many partitions");
  for (auto* each : {produce, fetch, partitions})
    each->add_option("--dir", use.directory, "data directory, emptied before and after");
  for (auto* each : {produce, fetch}) {
    each->add_option("--flush", use.flush)->check(CLI::IsMember({"os", "fsync"}));
    each->add_option("--outstanding", use.outstanding);
    each->add_option("--partitions", use.partitions);
    each->add_option("--seconds", use.seconds);
    each->add_option("--bytes", use.bytes, "of the value of a record");
  }
  partitions->add_option("--count", use.count);
  partitions->add_flag("--filled", use.filled, "with one record in each");
  CLI11_PARSE(program, argc, argv);
  if (*partitions)
    run_partitions(use);
  else
    run_requests(use, fetch->parsed());
}
