// WebSocket fan-out against any server: N subscribers and one producer in one thread, closed loop.
// Counts what each subscriber got, and checks that it is everything, once and in order.
//
//   ws_fanout_bench --port P --target /ws/topics/t?from=latest --subscribers N
//       --as tick|json|plain|nats --publish-port P --publish-target /topics/t
//       [--batch 16] [--window 1024] [--rate R] [--payload 128] [--seconds S]
//       [--pids 12,13] [--stalled K]
//
// --window: records that may be on their way, so the producer goes as fast as the slowest
// subscriber takes them. --rate: records per second instead. --pids: the server's processes; their
// CPU and memory are read when the measured time begins and ends. --stalled: so many subscribers
// read nothing during that time and wake after it.
//
// Prints one line "RESULT name=value ...". See W4 and W12 in docs/performance.md.
#include "app/latency_histogram.hpp"
#include "bench/fanout_publisher.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <vector>

namespace {

using namespace troupe::bench;

struct settings {
  unsigned short port = 0;
  std::string target = "/";
  std::size_t subscribers = 1;
  std::size_t stalled = 0;
  publish_options publish;
  std::uint64_t window = std::numeric_limits<std::uint64_t>::max();
  double rate = 0;
  double seconds = 5;
  std::vector<int> pids;
};

publish_as publish_kind(const std::string& name) {
  if (name == "json")
    return publish_as::json;
  if (name == "plain")
    return publish_as::plain;
  if (name == "nats")
    return publish_as::nats;
  if (name != "tick")
    stop_with("unknown way to publish: " + name);
  return publish_as::tick;
}

settings parse(int argc, char** argv) {
  settings o;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i], value = argv[i + 1];
    auto number = [&] { return std::stoul(value); };
    if (name == "--port")
      o.port = static_cast<unsigned short>(number());
    else if (name == "--target")
      o.target = value;
    else if (name == "--subscribers")
      o.subscribers = number();
    else if (name == "--stalled")
      o.stalled = number();
    else if (name == "--as")
      o.publish.as = publish_kind(value);
    else if (name == "--publish-port")
      o.publish.port = static_cast<unsigned short>(number());
    else if (name == "--publish-target")
      o.publish.target = value;
    else if (name == "--batch")
      o.publish.batch = number();
    else if (name == "--payload")
      o.publish.payload = number();
    else if (name == "--window")
      o.window = number();
    else if (name == "--rate")
      o.rate = std::stod(value);
    else if (name == "--seconds")
      o.seconds = std::stod(value);
    else if (name == "--pids") {
      std::istringstream all{value};
      for (std::string one; std::getline(all, one, ',');)
        o.pids.push_back(std::stoi(one));
    } else
      stop_with("unknown option " + name);
  }
  return o;
}

/// User and system time and memory of the server's processes.
struct server_usage {
  double cpu_seconds = 0;
  std::uint64_t pss_kib = 0;
};

server_usage read_usage(const std::vector<int>& pids) {
  server_usage sum;
  for (int pid : pids) {
    auto base = "/proc/" + std::to_string(pid);
    std::ifstream stat{base + "/stat"};
    std::string line;
    std::getline(stat, line);
    std::istringstream fields{line.substr(line.rfind(')') + 1)};
    std::string skipped;
    for (int i = 0; i < 11; ++i)
      fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    sum.cpu_seconds += (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::ifstream memory{base + "/smaps_rollup"};
    for (std::string name; memory >> name;)
      if (name == "Pss:") {
        std::uint64_t kib = 0;
        memory >> kib;
        sum.pss_kib += kib;
      }
  }
  return sum;
}

struct subscriber {
  unique_socket socket;
  frame_scanner scanner;
  std::uint64_t last = 0;  // number of the last record
  bool stalled = false;
};

/// One run; everything happens in its only thread.
class fanout {
 public:
  explicit fanout(const settings& options)
      : options_(options), poll_(::epoll_create1(0)), publisher_(options.publish) {
    for (std::size_t i = 0; i < options_.subscribers; ++i)
      subscribe(i);
    watch(publisher_.fd(), options_.subscribers);
    // Whoever says what it begins with has said so by then.
    run_until(now_ns() + 300'000'000, false);
  }

  void measure() {
    auto second = 1e9;
    run_until(now_ns() + static_cast<std::int64_t>(std::min(0.5, options_.seconds / 4) * second),
              true);
    set_stalled(true);
    auto before = read_usage(options_.pids);
    auto records = records_, frames = frames_now(), sent = publisher_.sent();
    auto begin = now_ns();
    measuring_ = true;
    run_until(begin + static_cast<std::int64_t>(options_.seconds * second), true);
    measuring_ = false;
    auto took = static_cast<double>(now_ns() - begin) / second;
    auto after = read_usage(options_.pids);
    records = records_ - records;
    frames = frames_now() - frames;
    sent = publisher_.sent() - sent;
    set_stalled(false);
    auto woken = now_ns();
    drain();
    auto us = [this](double share) {
      return static_cast<long long>(latency_.quantile(share).count() / 1000);
    };
    std::printf(
        "RESULT records=%llu frames=%llu sent=%llu seconds=%.4f cpu=%.3f pss_before=%llu "
        "pss_after=%llu p50=%lld p99=%lld max=%lld wake_ms=%lld complete=%d\n",
        static_cast<unsigned long long>(records), static_cast<unsigned long long>(frames),
        static_cast<unsigned long long>(sent), took, after.cpu_seconds - before.cpu_seconds,
        static_cast<unsigned long long>(before.pss_kib),
        static_cast<unsigned long long>(after.pss_kib), us(0.5), us(0.99),
        static_cast<long long>(latency_.max().count() / 1000),
        static_cast<long long>((now_ns() - woken) / 1'000'000), complete() ? 1 : 0);
  }

 private:
  void subscribe(std::size_t index) {
    auto it = std::make_unique<subscriber>();
    bool will_stall = index >= options_.subscribers - options_.stalled;
    it->socket = connect_to(options_.port, will_stall ? 4096 : 0);
    auto fd = it->socket.get();
    write_all(fd, "GET " + options_.target +
                      " HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    std::string answer;
    while (answer.find("\r\n\r\n") == answer.npos)
      answer += read_some(fd);
    if (!answer.starts_with("HTTP/1.1 101"))
      stop_with("no WebSocket: " + answer);
    if (options_.publish.as == publish_as::nats) {
      write_all(fd, client_frame(2, "CONNECT {\"verbose\":false}\r\n"));
      write_all(fd, client_frame(2, "SUB " + options_.publish.target + " 1\r\n"));
    }
    subscribers_.push_back(std::move(it));
    take(*subscribers_.back(), std::string_view{answer}.substr(answer.find("\r\n\r\n") + 4));
    watch(fd, index);
  }

  void watch(int fd, std::size_t index) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void set_stalled(bool stalled) {
    for (auto i = options_.subscribers - options_.stalled; i < options_.subscribers; ++i) {
      subscribers_[i]->stalled = stalled;
      if (stalled)
        ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, subscribers_[i]->socket.get(), nullptr);
      else
        watch(subscribers_[i]->socket.get(), i);
    }
    arrived_ = options_.subscribers;  // who counts has changed: counted anew
  }

  void take(subscriber& it, std::string_view data) {
    auto now = measuring_ && options_.rate > 0 ? now_ns() : 0;
    auto on_record = [&](const record_mark& mark) {
      if (mark.number != it.last + 1)
        stop_with("record " + std::to_string(mark.number) + " came after " +
                  std::to_string(it.last));
      it.last = mark.number;
      ++records_;
      if (it.last == barrier_ && !it.stalled)
        ++arrived_;
      if (now > 0)
        latency_.add(std::chrono::nanoseconds{now - mark.sent_ns});
    };
    it.scanner.feed(data, on_record, [&](unsigned opcode, std::string_view payload) {
      if (opcode == 8)
        stop_with("the server closed a subscription: " + std::string{payload});
      if (opcode == 9)
        write_all(it.socket.get(), client_frame(10, payload));
    });
  }

  /// Whether the producer may send now.
  bool may_send(std::int64_t now) {
    if (publisher_.full())
      return false;
    if (options_.rate > 0)
      return now >= next_send_;
    if (arrived_ >= options_.subscribers - (measuring_ ? options_.stalled : 0)) {
      passed_ = barrier_;
      barrier_ = publisher_.sent();
      arrived_ = static_cast<std::size_t>(
          std::count_if(subscribers_.begin(), subscribers_.end(),
                        [&](const auto& x) { return !x->stalled && x->last >= barrier_; }));
    }
    return publisher_.sent() - passed_ < options_.window;
  }

  void send() {
    publisher_.send_batch();
    if (options_.rate > 0)
      next_send_ += static_cast<std::int64_t>(1e9 * static_cast<double>(options_.publish.batch) /
                                              options_.rate);
  }

  void run_until(std::int64_t end, bool producing) {
    std::vector<epoll_event> events(256);
    next_send_ = now_ns();
    for (auto now = now_ns(); now < end; now = now_ns()) {
      if (producing && may_send(now))
        send();
      int n = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), 1);
      for (int i = 0; i < n; ++i)
        on_event(events[static_cast<std::size_t>(i)].data.u64);
    }
  }

  void on_event(std::uint64_t index) {
    if (index == options_.subscribers)
      return publisher_.on_readable();
    auto& it = *subscribers_[index];
    take(it, read_some(it.socket.get()));
  }

  /// Everybody has everything.
  bool complete() const {
    return std::all_of(subscribers_.begin(), subscribers_.end(),
                       [this](const auto& x) { return x->last == publisher_.sent(); });
  }

  void drain() {
    for (int turn = 0; turn < 3000 && !(complete() && publisher_.idle()); ++turn)
      run_until(now_ns() + 10'000'000, false);
  }

  std::uint64_t frames_now() const {
    std::uint64_t sum = 0;
    for (const auto& x : subscribers_)
      sum += x->scanner.frames();
    return sum;
  }

  const settings options_;
  unique_socket poll_;
  publisher publisher_;
  std::vector<std::unique_ptr<subscriber>> subscribers_;
  std::uint64_t records_ = 0;
  bool measuring_ = false;
  std::uint64_t barrier_ = 0;  // the record everybody is to reach next
  std::size_t arrived_ = 0;    // subscribers that have
  std::uint64_t passed_ = 0;   // the record everybody has
  std::int64_t next_send_ = 0;
  troupe::app::latency_histogram latency_;
};

}  // namespace

int main(int argc, char** argv) {
  fanout run{parse(argc, argv)};
  run.measure();
}
