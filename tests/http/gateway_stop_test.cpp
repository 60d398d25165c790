// How the gateway stops: what is in flight is finished, what is idle goes at once, what takes too
// long is cut.
#include "tests/support/http/http_client.hpp"
#include "tests/support/http/live_gateway.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using namespace std::chrono_literals;
using troupe::testing::http_client;
using troupe::testing::live_gateway;

class GatewayStopTest : public ::testing::Test {
 protected:
  GatewayStopTest() {
    http_client{server.port()}.send("POST", "/admin/topics", R"({"topic_name":"t"})");
  }

  /// A fetch that waits for records.
  void begin_fetch(http_client& client, int wait_ms) {
    client.write("GET /topics/t/partitions/0/records?offset=0&timeout=" + std::to_string(wait_ms) +
                 " HTTP/1.1\r\nHost: h\r\n\r\n");
    client.readable(100ms);
  }
  static bool finishes(std::future<void>& what, std::chrono::milliseconds within) {
    return what.wait_for(within) == std::future_status::ready;
  }

  live_gateway server;
};

TEST_F(GatewayStopTest, IdleConnectionsAreClosedAtOnce) {
  http_client fresh{server.port()}, used{server.port()};
  used.get("/healthz");
  auto stopped = server.stop(10s);
  EXPECT_TRUE(finishes(stopped, 2s));
  EXPECT_TRUE(used.closed_by_server());
  EXPECT_TRUE(fresh.closed_by_server());
}

TEST_F(GatewayStopTest, RequestInFlightIsFinishedAndItsConnectionClosed) {
  http_client client{server.port()};
  begin_fetch(client, 500);
  auto stopped = server.stop(10s);
  auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.headers["connection"], "close");
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_TRUE(finishes(stopped, 5s));
}

TEST_F(GatewayStopTest, RequestThatHasBegunToArriveIsServed) {
  http_client client{server.port()};
  client.write("GET /healthz HTTP/1.1\r\n");
  client.readable(100ms);
  auto stopped = server.stop(10s);
  EXPECT_FALSE(client.readable(300ms)) << "it has begun, so it is not idle";
  client.write("Host: h\r\n\r\n");
  auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.headers["connection"], "close");
  client.close();
  EXPECT_TRUE(finishes(stopped, 5s));
}

TEST_F(GatewayStopTest, NobodyIsAcceptedAnyMore) {
  auto port = server.port();
  auto stopped = server.stop(10s);
  ASSERT_TRUE(finishes(stopped, 2s));
  EXPECT_THROW(http_client{port}, std::runtime_error);
}

TEST_F(GatewayStopTest, WhatIsLeftAfterTheGraceIsCut) {
  http_client client{server.port()};
  begin_fetch(client, 30'000);
  auto stopped = server.stop(300ms);
  EXPECT_TRUE(finishes(stopped, 3s));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayStopTest, EndlessUploadIsToldToEnd) {
  http_client client{server.port()};
  client.begin("POST", "/v3/clusters/" + server.cluster_id() + "/topics/t/records");
  client.send_chunk(R"({"value":{"type":"STRING","data":"x"}})");
  client.readable(500ms);
  auto stopped = server.stop(10s);
  EXPECT_TRUE(finishes(stopped, 5s));
}

TEST_F(GatewayStopTest, UploadThatIsNotCompleteIsAnsweredBeforeItIsCut) {
  http_client body{server.port()}, head{server.port()};
  body.write("POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n{");
  head.write("GET /healthz HTTP/1.1\r\n");
  head.readable(100ms);
  auto stopped = server.stop(800ms);
  for (auto* client : {&body, &head}) {
    auto answer = client->read_answer();
    EXPECT_EQ(answer.status, 503u);
    EXPECT_EQ(answer.headers["connection"], "close");
    EXPECT_EQ(answer.body, R"({"error_code":50302,"message":"The broker is shutting down."})");
  }
  EXPECT_TRUE(finishes(stopped, 3s));
}

TEST_F(GatewayStopTest, AddressInUseIsSaid) {
  std::string said;
  try {
    live_gateway second(gateway_config{}, system_clock(), server.port());
  } catch (const std::runtime_error& failed) {
    said = failed.what();
  }
  EXPECT_NE(said.find("Cannot listen on 127.0.0.1"), std::string::npos) << said;
}

}  // namespace
}  // namespace troupe::http
