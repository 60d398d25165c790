#include "app/sample_run.hpp"

#include "app/progress.hpp"
#include "app/stop_signal.hpp"
#include "app/subscription.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace troupe::app {

namespace json = boost::json;

namespace {

constexpr auto patience = std::chrono::seconds(30);

failure interrupted() { return {exit_failed, "interrupted"}; }

/// Runs `work(i)` on `count` threads and shows progress meanwhile; the first failure stops all.
class crew {
 public:
  explicit crew(progress& bar) : bar_(bar) {}

  attempt<void> run(std::size_t count, const std::function<attempt<void>(std::size_t)>& work) {
    std::vector<std::thread> threads;
    std::atomic<std::size_t> running{count};
    for (std::size_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        if (auto done = work(i); !done)
          fail(done.error());
        --running;
      });
    while (running > 0) {
      bar_.show();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    for (auto& thread : threads)
      thread.join();
    if (failure_)
      return *failure_;
    return {};
  }

  bool stopped() const { return failed_ || stop_requested(); }

 private:
  void fail(failure what) {
    std::lock_guard lock(mutex_);
    if (!failure_)
      failure_ = std::move(what);
    failed_ = true;
  }

  progress& bar_;
  std::mutex mutex_;
  std::optional<failure> failure_;
  std::atomic<bool> failed_{false};
};

/// One batch on its way: the indexes of its records.
attempt<void> send_batch(http_client& http, const sample_options& options, const catalogue& from,
                         std::vector<std::size_t>& batch, std::vector<record_ack>& acks) {
  produce_body body(http::embedded_format::json);
  for (auto i : batch)
    body.add(from.records[i].key, from.records[i].value);
  auto sent = send_records(http, options.topic, http::embedded_format::json, "all", body.take());
  if (!sent)
    return sent.error();
  if (sent->size() != batch.size())
    return failure{exit_failed, fmt::format("{} records were sent and {} answered for",
                                            batch.size(), sent->size())};
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!(*sent)[i].ok())
      return failure{exit_failed, fmt::format("'{}' was refused: {}", from.records[batch[i]].key,
                                              (*sent)[i].error)};
    acks[batch[i]] = std::move((*sent)[i]);
  }
  batch.clear();
  return {};
}

std::uint64_t bytes_of(const catalogue& from) {
  std::uint64_t sum = 0;
  for (const auto& record : from.records)
    sum += record.key.size() + record.value.size();
  return sum;
}

}  // namespace

attempt<void> prepare_topic(sample_options& options) {
  http_client http(options.server);
  admin_client admin(http);
  auto count = admin.partitions(options.topic);
  if (!count && count.error().status == 404)
    return admin.create({options.topic, static_cast<std::int32_t>(options.partitions), -1, {}});
  if (!count)
    return count.error();
  options.partitions = *count;
  return {};
}

attempt<sample_produced> produce_catalogue(const sample_options& options, const catalogue& from) {
  sample_produced out;
  out.acks.resize(from.records.size());
  http_client first(options.server);
  admin_client admin(first);
  for (std::int32_t p = 0; p < options.partitions; ++p) {
    auto range = admin.offsets(options.topic, p);
    if (!range)
      return range.error();
    out.begin.push_back(range->end);
  }
  progress bar("produce", from.records.size());
  crew workers(bar);
  auto connections = static_cast<std::size_t>(options.connections);
  stopwatch time;
  auto done = workers.run(connections, [&](std::size_t mine) -> attempt<void> {
    http_client http(options.server);
    std::vector<std::size_t> batch;
    for (std::size_t i = 0; i < from.records.size(); ++i) {
      if (std::hash<std::string>{}(from.records[i].key) % connections == mine)
        batch.push_back(i);
      bool full = batch.size() >= static_cast<std::size_t>(options.batch);
      if (!full && i + 1 < from.records.size())
        continue;
      if (workers.stopped())
        return interrupted();
      if (batch.empty())
        continue;
      auto count = batch.size();
      if (auto sent = send_batch(http, options, from, batch, out.acks); !sent)
        return sent;
      bar.add(count);
    }
    return {};
  });
  if (!done)
    return done.error();
  out.step = {from.records.size(), bytes_of(from), time.elapsed()};
  return out;
}

attempt<sample_step> read_by_http(const sample_options& options, const sample_produced& what,
                                  sample_check& check) {
  progress bar("read HTTP", what.acks.size());
  crew workers(bar);
  std::atomic<std::size_t> next_partition{0};
  auto read_partition = [&](http_client& http, std::size_t partition) -> attempt<void> {
    fetch_options fetch;
    fetch.partition = static_cast<std::int32_t>(partition);
    fetch.offset = what.begin[partition];
    fetch.format = http::embedded_format::json;
    fetch.wait_ms = 1'000;
    for (stopwatch idle; check.missing(fetch.partition) > 0 && idle.elapsed() < patience;) {
      if (workers.stopped())
        return interrupted();
      auto next = fetch_records(http, options.topic, fetch, [&](const json::object& record) {
        check.take(record);
        bar.add(1);
      });
      if (!next)
        return next.error();
      if (*next != fetch.offset)
        idle = {};
      fetch.offset = *next;
    }
    return {};
  };
  stopwatch time;
  auto count =
      std::min<std::size_t>(static_cast<std::size_t>(options.connections), what.begin.size());
  auto done = workers.run(count, [&](std::size_t) -> attempt<void> {
    http_client http(options.server);
    for (auto p = next_partition++; p < what.begin.size(); p = next_partition++)
      if (auto read = read_partition(http, p); !read)
        return read;
    return {};
  });
  if (!done)
    return done.error();
  return sample_step{bar.done(), what.step.bytes, time.elapsed()};
}

attempt<sample_step> read_by_websocket(const sample_options& options, const sample_produced& what,
                                       sample_check& check) {
  progress bar("read WS", what.acks.size());
  stopwatch time;
  // At the latest offsets nothing comes by itself, so nothing is read before the seeks.
  subscription_options wanted{options.topic, {}, "latest", http::embedded_format::json};
  auto opened = subscription::open(options.server, wanted);
  if (!opened)
    return opened.error();
  for (std::size_t p = 0; p < what.begin.size(); ++p)
    if (auto sought = opened->seek(static_cast<std::int32_t>(p), what.begin[p]); !sought)
      return sought.error();
  subscription_events events;
  events.on_record = [&](const json::object& record) {
    check.take(record);
    bar.add(1);
  };
  stopwatch idle;
  for (auto seen = bar.done(); check.missing() > 0 && idle.elapsed() < patience;) {
    if (stop_requested())
      return interrupted();
    auto polled = opened->poll(std::chrono::milliseconds(200), events);
    if (!polled)
      return polled.error();
    if (bar.done() != seen)
      idle = {};
    seen = bar.done();
    bar.show();
  }
  sample_step step{bar.done(), what.step.bytes, time.elapsed()};
  opened->close();
  return step;
}

}  // namespace troupe::app
