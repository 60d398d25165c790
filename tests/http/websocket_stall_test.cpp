// Clients that do not read: they cost little, disturb nobody and lose nothing.
#include "runtime/base/limits.hpp"
#include "tests/support/http/websocket_fixture.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace troupe::http {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr int small_receive_buffer = 4096;

class WebsocketStall : public testing::websocket_fixture {
 protected:
  WebsocketStall() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    create_topic("t", 1);
  }

  testing::websocket_client stalled_reader(const std::string& query = "") {
    return {port(), "/ws/topics/t" + query, small_receive_buffer};
  }
  /// Bytes the program has asked for and not given back: user memory, without the kernel's.
  static std::size_t memory_in_use() {
    auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  }
  /// Records of about 1 KiB, ten at a time.
  void produce_large(int count) {
    while (count > 0) {
      int some = std::min(count, 10);
      count -= some;
      std::string records = fmt::format(R"({{"value":"{}"}})", std::string(1000, 'x'));
      std::string all = records;
      while (--some > 0)
        all += "," + records;
      produce_raw("t", 0, all);
    }
  }
  double metric(const std::string& name) {
    std::string text = http().get("/metrics").body;
    auto line = text.find("\n" + name + " ");
    return line == std::string::npos ? -1 : std::stod(text.substr(line + name.size() + 2));
  }
  static void expect_gapless(testing::websocket_client& from, std::int64_t first,
                             std::int64_t end) {
    std::int64_t next = first;
    while (next < end) {
      auto frame = receive(from);
      if (frame.at("type") == "caught_up")
        continue;
      ASSERT_EQ(frame.at("type"), "records") << boost::json::serialize(frame);
      for (const auto& record : frame.at("records").as_array())
        ASSERT_EQ(record.at("offset").as_int64(), next++);
    }
  }
};

/// Reads many sockets as data comes.
class reader_pool {
 public:
  explicit reader_pool(std::vector<testing::websocket_client>& sockets)
      : sockets_(sockets), next_(sockets.size(), -1) {
    for (auto& each : sockets_)
      polled_.push_back({each.descriptor(), POLLIN, 0});
  }

  /// Until every socket has been told of everything before `offset`; false when that takes long.
  bool read_until(std::int64_t offset) {
    auto end = steady::now() + 20s;
    // Some came together with the handshake.
    for (std::size_t i = 0; i < sockets_.size(); ++i)
      take_messages(i);
    while (*std::min_element(next_.begin(), next_.end()) < offset) {
      if (steady::now() > end)
        return false;
      if (::poll(polled_.data(), polled_.size(), 1000) <= 0)
        continue;
      for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (polled_[i].revents == 0)
          continue;
        if (!sockets_[i].read_some())
          return false;
        take_messages(i);
      }
    }
    return true;
  }

 private:
  void take_messages(std::size_t i) {
    constexpr std::string_view field = "offset\":";
    while (auto message = sockets_[i].next_message()) {
      bool records = message->starts_with(R"({"type":"records")");
      auto last = std::stoll(message->substr(message->rfind(field) + field.size()));
      next_[i] = records ? last + 1 : last;
    }
    sockets_[i].trim();
  }

  std::vector<testing::websocket_client>& sockets_;
  std::vector<std::int64_t> next_;
  std::vector<pollfd> polled_;
};

}  // namespace

TEST_F(WebsocketStall, AStalledReaderLosesNothingWhenItWakes) {
  auto socket = stalled_reader();
  auto healthy = open("/ws/topics/t");
  produce_large(3000);
  expect_gapless(healthy, 0, 3000);
  std::this_thread::sleep_for(std::chrono::milliseconds{limits::websocket_stall_ms + 300});
  produce_large(100);
  expect_gapless(socket, 0, 3100);
  produce_large(10);
  expect_gapless(socket, 3100, 3110);
  expect_gapless(healthy, 3000, 3110);
}

TEST_F(WebsocketStall, ReadersThatStallWhileTheyCatchUpLoseNothing) {
  produce_large(2000);
  std::vector<testing::websocket_client> sockets;
  for (int i = 0; i < 10; ++i)
    sockets.push_back(stalled_reader("?from=earliest"));
  std::this_thread::sleep_for(std::chrono::milliseconds{limits::websocket_stall_ms + 300});
  for (auto& socket : sockets)
    expect_gapless(socket, 0, 2000);
}

TEST_F(WebsocketStall, SeekAndPauseReachAStalledReader) {
  produce_large(2000);
  auto socket = stalled_reader("?from=earliest");
  std::this_thread::sleep_for(300ms);
  socket.send(R"({"type":"seek","offset":1990})");
  std::this_thread::sleep_for(100ms);
  std::int64_t last = -1;
  std::int64_t jumped_from = 2000;
  while (last != 1999) {
    auto frame = receive(socket);
    if (frame.at("type") == "caught_up")
      continue;
    for (const auto& record : frame.at("records").as_array()) {
      auto offset = record.at("offset").as_int64();
      if (offset != last + 1) {
        EXPECT_EQ(offset, 1990);
        jumped_from = last;
      }
      last = offset;
    }
  }
  EXPECT_LT(jumped_from, 1500) << "what was queued before the seek is forgotten";
}

TEST_F(WebsocketStall, AThousandReadersOfWhichAHundredAreStalled) {
  constexpr std::size_t healthy_count = 900;
  constexpr std::size_t stalled_count = 100;
  std::vector<testing::websocket_client> healthy;
  for (std::size_t i = 0; i < healthy_count; ++i)
    healthy.push_back(open("/ws/topics/t"));
  reader_pool pool{healthy};
  ASSERT_TRUE(pool.read_until(0)) << "caught up";

  int next = 0;
  auto send_rounds = [&](int count, int records) {
    std::vector<double> took;
    for (int i = 0; i < count; ++i) {
      auto begin = steady::now();
      produce_large(records);
      next += records;
      EXPECT_TRUE(pool.read_until(next));
      took.push_back(std::chrono::duration<double, std::milli>(steady::now() - begin).count());
    }
    std::sort(took.begin(), took.end());
    return took[took.size() * 99 / 100];
  };
  send_rounds(20, 20);
  double before = send_rounds(60, 1);

  ::malloc_trim(0);
  std::size_t idle = memory_in_use();
  int first = next;
  std::vector<testing::websocket_client> stalled;
  for (std::size_t i = 0; i < stalled_count; ++i)
    stalled.push_back(stalled_reader());
  for (auto& each : stalled)
    receive_until_caught_up(each);
  // Enough that no socket buffer hides the stall.
  send_rounds(40, 20);
  std::this_thread::sleep_for(std::chrono::milliseconds{limits::websocket_stall_ms + 500});
  EXPECT_EQ(metric("troupe_websocket_stalled_subscribers"), 100);
  EXPECT_EQ(metric("troupe_websocket_connections"), 1000);
  auto grown = static_cast<double>(memory_in_use()) - static_cast<double>(idle);
  double each = grown / stalled_count / limits::KiB;
  double during = send_rounds(60, 1);
  std::printf("stalled: %.1f KiB each; healthy p99 %.2f ms before, %.2f ms with stalled ones\n",
              each, before, during);
  EXPECT_LT(each, 64);
  EXPECT_LT(during, before * 2 + 20) << "healthy readers are disturbed";
  for (auto& socket : stalled)
    expect_gapless(socket, first, next);
}

}  // namespace troupe::http
