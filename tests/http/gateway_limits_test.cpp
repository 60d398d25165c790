// Every limit of the gateway, passed through a real socket. Deadlines pass on a clock that is put
// forward, so no test waits for one.
#include "tests/support/http/http_client.hpp"
#include "tests/support/http/live_gateway.hpp"
#include "tests/support/http/shifted_clock.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using namespace std::chrono_literals;
using troupe::testing::http_answer;
using troupe::testing::http_client;
using troupe::testing::live_gateway;
using troupe::testing::shifted_clock;

class GatewayLimitsTest : public ::testing::Test {
 protected:
  void start(gateway_config config = {}) { server_ = std::make_unique<live_gateway>(config, time); }
  http_client connect() { return http_client{server_->port()}; }

  /// Whether the answer is an error with this status, its code in the body and a request id.
  static ::testing::AssertionResult is_error(http_answer answer, unsigned status) {
    if (answer.status != status)
      return ::testing::AssertionFailure() << answer.status << " " << answer.body;
    if (answer.body.find("{\"error_code\":" + std::to_string(status)) != 0 ||
        answer.body.find("\"message\":\"") == std::string::npos)
      return ::testing::AssertionFailure() << answer.body;
    if (answer.headers["x-request-id"].empty())
      return ::testing::AssertionFailure() << "no request id";
    return ::testing::AssertionSuccess();
  }

  /// Puts the clock forward until `client` hears something.
  void pass(std::chrono::milliseconds all, http_client& client) {
    const auto step = all > 5s ? 5s : 1s;
    for (auto left = all; left > 0ms && !client.readable(120ms); left -= step)
      time.advance(step);
  }

  shifted_clock time;
  std::unique_ptr<live_gateway> server_;
};

TEST_F(GatewayLimitsTest, HeadersTooLarge) {
  start();
  auto client = connect();
  client.write("GET / HTTP/1.1\r\nHost: h\r\nX: " +
               std::string(limits::http_header_bytes_max, 'x'));
  EXPECT_TRUE(is_error(client.read_answer(), 431));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayLimitsTest, TooManyHeaders) {
  start();
  auto client = connect();
  std::string head = "GET /healthz HTTP/1.1\r\nHost: h\r\n";
  for (std::size_t i = 0; i < limits::http_headers_max; ++i)
    head += "X: y\r\n";
  client.write(head + "\r\n");
  EXPECT_TRUE(is_error(client.read_answer(), 431));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayLimitsTest, TargetTooLong) {
  start();
  auto client = connect();
  EXPECT_TRUE(is_error(client.get("/" + std::string(limits::http_target_bytes_max, 'a')), 414));
  EXPECT_TRUE(client.closed_by_server());
  auto other = connect();
  other.write("GET /" + std::string(limits::http_target_bytes_max + 100, 'a'));
  EXPECT_TRUE(is_error(other.read_answer(), 414)) << "without waiting for its end";
}

TEST_F(GatewayLimitsTest, AnnouncedBodyTooLargeIsRefusedBeforeItComes) {
  gateway_config config;
  config.body_bytes_max = 1000;
  start(config);
  auto client = connect();
  client.write("POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n");
  EXPECT_TRUE(is_error(client.read_answer(), 413));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayLimitsTest, SmallBodyAboveTheLimitIsSkippedAndTheConnectionGoesOn) {
  gateway_config config;
  config.body_bytes_max = 1000;
  start(config);
  auto client = connect();
  EXPECT_TRUE(is_error(client.send("POST", "/topics/t", std::string(1001, 'x')), 413));
  EXPECT_EQ(client.get("/healthz").status, 200u);
}

TEST_F(GatewayLimitsTest, ChunkedBodyTooLarge) {
  gateway_config config;
  config.body_bytes_max = 1000;
  start(config);
  auto client = connect();
  client.begin("POST", "/topics/t");
  client.send_chunk(std::string(900, 'x'));
  client.send_chunk(std::string(101, 'x'));
  EXPECT_TRUE(is_error(client.read_answer(), 413));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayLimitsTest, ClientThatGoesOnSendingStillReadsTheRefusal) {
  gateway_config config;
  config.body_bytes_max = 1000;
  start(config);
  auto client = connect();
  client.write("POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n");
  client.write(std::string(4'000'000, 'x'));
  EXPECT_TRUE(is_error(client.read_answer(), 413));
}

TEST_F(GatewayLimitsTest, EndlessChunkExtensionIsRefused) {
  start();
  auto client = connect();
  client.begin("POST", "/topics/t");
  client.write("5;" + std::string(2 * limits::http_header_bytes_max, 'x'));
  EXPECT_TRUE(is_error(client.read_answer(), 431));
}

TEST_F(GatewayLimitsTest, ConnectionsAboveTheLimitGet503AndGiveTheirPlaceBack) {
  gateway_config config;
  config.connections_max = 2;
  start(config);
  auto first = connect();
  EXPECT_EQ(first.get("/healthz").status, 200u);
  {
    auto second = connect();
    EXPECT_EQ(second.get("/healthz").status, 200u);
    auto third = connect();
    auto refused = third.get("/healthz");
    EXPECT_EQ(refused.status, 503u);
    EXPECT_EQ(refused.headers["retry-after"], "1");
    EXPECT_NE(refused.body.find("\"error_code\":50302"), std::string::npos);
    EXPECT_TRUE(third.closed_by_server());
  }
  unsigned status = 0;
  for (int i = 0; i < 100 && status != 200; ++i)
    status = connect().get("/healthz").status;
  EXPECT_EQ(status, 200u);
}

class GatewayBudgetTest : public GatewayLimitsTest {
 protected:
  GatewayBudgetTest() {
    gateway_config config;
    config.body_bytes_max = 256 * limits::KiB;
    config.inflight_bytes_max = 1 * limits::MiB;
    start(config);
    auto client = connect();
    client.send("POST", "/admin/topics", R"({"topic_name":"t"})");
    EXPECT_EQ(produce(10), 200u);
  }

  unsigned produce(std::size_t bytes) {
    return connect()
        .send("POST", "/topics/t",
              R"({"records":[{"value":")" + std::string(bytes, 'x') + R"("}]})")
        .status;
  }
  unsigned read() { return connect().get("/topics/t/partitions/0/records").status; }
  /// A body of 256,000 bytes of which `sent` have come.
  std::unique_ptr<http_client> upload(std::size_t sent) {
    auto client = std::make_unique<http_client>(server_->port());
    client->write("POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 256000\r\n\r\n" +
                  std::string(sent, ' '));
    return client;
  }
  std::size_t in_flight() {
    auto text = connect().get("/metrics").body;
    constexpr std::string_view name = "\ntroupe_http_in_flight_bytes ";
    return std::stoul(text.substr(text.find(name) + name.size()));
  }
  /// Uploads that fill what uploads may hold.
  void fill() {
    for (int i = 0; i < 3; ++i)
      held_.push_back(upload(250'000));
    while (in_flight() < 750'000)
      continue;
  }

  std::vector<std::unique_ptr<http_client>> held_;
};

TEST_F(GatewayBudgetTest, WhatIsDeclaredAndHasNotComeHoldsNothing) {
  for (int i = 0; i < 50; ++i)
    held_.push_back(upload(100));
  EXPECT_EQ(produce(200'000), 200u);
  EXPECT_EQ(read(), 200u);
  EXPECT_LT(in_flight(), 50 * 8 * limits::KiB);
}

TEST_F(GatewayBudgetTest, LargeBodyThatDoesNotFitIsRefusedInItsMiddleAndMemoryIsGivenBack) {
  fill();
  auto client = upload(200'000);
  auto refused = client->read_answer();
  EXPECT_EQ(refused.status, 503u);
  EXPECT_EQ(refused.headers["retry-after"], "1");
  auto chunked = connect();
  chunked.begin("POST", "/topics/t");
  chunked.send_chunk(std::string(200'000, ' '));
  EXPECT_EQ(chunked.read_answer().status, 503u);
  held_.clear();
  unsigned status = 503;
  for (int i = 0; i < 1000 && status == 503; ++i)
    status = produce(200'000);
  EXPECT_EQ(status, 200u);
}

TEST_F(GatewayBudgetTest, LargeBodiesStarveNeitherSmallOnesNorReads) {
  fill();
  EXPECT_EQ(produce(200'000), 503u);
  EXPECT_EQ(produce(10'000), 200u);
  EXPECT_EQ(produce(50'000), 200u);
  EXPECT_EQ(read(), 200u);
}

TEST_F(GatewayLimitsTest, SlowHeadIs408) {
  start();
  auto client = connect();
  client.write("GET /healthz HT");
  pass(11s, client);
  EXPECT_TRUE(is_error(client.read_answer(), 408));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayLimitsTest, HeadDeadlineIsNotMovedByBytesThatTrickle) {
  start();
  auto client = connect();
  client.write("GET /healthz HTTP/1.1\r\nHost: h\r\n");
  for (int i = 0; i < 15 && !client.readable(0ms); ++i) {
    client.write("X: y\r\n");
    pass(1s, client);
  }
  EXPECT_TRUE(is_error(client.read_answer(), 408));
}

TEST_F(GatewayLimitsTest, StalledBodyIs408) {
  gateway_config config;
  config.body_rate_min = 0;
  start(config);
  auto client = connect();
  client.write("POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n{");
  pass(31s, client);
  EXPECT_TRUE(is_error(client.read_answer(), 408));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayLimitsTest, BodyBelowTheMinimumRateIs408) {
  start();
  for (bool chunked : {false, true}) {
    auto client = connect();
    if (chunked)
      client.begin("POST", "/topics/t");
    else
      client.write("POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    int sent = 0;
    for (; sent < 20 && !client.readable(0ms); ++sent) {
      client.write(chunked ? "1\r\nx\r\n" : "x");
      pass(1s, client);
    }
    EXPECT_GE(sent, 5);
    EXPECT_LT(sent, 10);
    EXPECT_TRUE(is_error(client.read_answer(), 408));
  }
}

TEST_F(GatewayLimitsTest, BodyAtTheMinimumRateMayTakeItsTime) {
  start();
  auto client = connect();
  client.write("POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    client.write(std::string(2000, ' '));
    pass(1s, client);
  }
  EXPECT_NE(client.read_answer().status, 408u);
}

TEST_F(GatewayLimitsTest, IdleConnectionIsClosedInSilence) {
  start();
  auto fresh = connect();
  auto used = connect();
  used.get("/healthz");
  pass(10s, used);
  EXPECT_EQ(used.get("/healthz").status, 200u) << "not before its time";
  pass(80s, used);
  EXPECT_TRUE(used.closed_by_server());
  EXPECT_TRUE(fresh.closed_by_server());
}

TEST_F(GatewayLimitsTest, ClientThatDoesNotReadIsCut) {
  start();
  auto client = connect();
  auto record = R"({"records":[{"value":")" + std::string(900'000, 'x') + R"("}]})";
  client.send("POST", "/admin/topics", R"({"topic_name":"big"})");
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(client.send("POST", "/topics/big", record).status, 200u);
  client.write(
      "GET /topics/big/partitions/0/records?offset=0&max_bytes=20000000 HTTP/1.1\r\n"
      "Host: h\r\nAccept: application/vnd.kafka.json.v2+json\r\n\r\n");
  ASSERT_TRUE(client.readable(5000ms));
  auto other = connect();
  for (int i = 0; i < 40; ++i) {
    time.advance(1000ms);
    other.readable(20ms);
  }
  EXPECT_THROW(client.read_answer(), std::runtime_error) << "it ends in the middle";
}

TEST_F(GatewayLimitsTest, DisconnectsAnywhereAreSurvived) {
  start();
  std::string request =
      "POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 27\r\n\r\n"
      R"({"records":[{"value":"x"}]})";
  for (std::size_t n = 0; n <= request.size(); ++n) {
    auto client = connect();
    client.write(std::string_view{request}.substr(0, n));
    if (n % 2 == 0)
      client.reset();
  }
  auto client = connect();
  EXPECT_EQ(client.get("/healthz").status, 200u);
}

}  // namespace
}  // namespace troupe::http
