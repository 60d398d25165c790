// Web pages of other origins: what they may do, and what their browsers are told.
#include "http/cross_origin.hpp"
#include "tests/support/http/http_client.hpp"
#include "tests/support/http/live_gateway.hpp"

#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using troupe::testing::http_answer;
using troupe::testing::http_client;
using troupe::testing::http_headers;
using troupe::testing::live_gateway;

const std::string friendly = "https://app.example";
const std::string foreign = "http://evil.example";

class CrossOrigin : public ::testing::Test {
 protected:
  void start(std::vector<std::string> allowed = {}) {
    gateway_config config;
    config.allowed_origins = std::move(allowed);
    server_ = std::make_unique<live_gateway>(config);
    EXPECT_EQ(
        http_client{server_->port()}.send("POST", "/admin/topics", R"({"topic_name":"t"})").status,
        201u);
  }
  std::string own() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  http_answer get(const http_headers& headers) {
    return http_client{server_->port()}.get("/topics/t", headers);
  }
  /// Host is what a browser sends, not the test client's.
  http_answer write(std::string_view method, std::string_view target, const std::string& origin) {
    http_client client{server_->port()};
    client.write(std::string{method} + ' ' + std::string{target} + " HTTP/1.1\r\nHost: " + own() +
                 "\r\nOrigin: " + origin +
                 "\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n"
                 R"({"records":[{"value":"x"}]})");
    return client.read_answer();
  }
  unsigned handshake(const std::string& target, const std::string& origin) {
    http_client client{server_->port()};
    client.write("GET " + target + " HTTP/1.1\r\nHost: " + own() +
                 (origin.empty() ? "" : "\r\nOrigin: " + origin) +
                 "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    return client.read_head().status;
  }

  std::unique_ptr<live_gateway> server_;
};

TEST_F(CrossOrigin, ForeignPagesChangeNothing) {
  start();
  for (auto method : {"POST", "PUT", "DELETE", "PATCH"}) {
    auto answer = write(method, "/v3/clusters/c/topics/t/configs/flush", foreign);
    EXPECT_TRUE(answer.status == 403u || answer.status == 405u) << method << answer.status;
  }
  auto refused = write("POST", "/topics/t", foreign);
  EXPECT_EQ(refused.status, 403u);
  EXPECT_NE(refused.body.find("Web pages on 'http://evil.example' may not"), std::string::npos);
  EXPECT_EQ(write("POST", "/topics/t", "null").status, 403u);
  EXPECT_EQ(write("POST", "/topics/t", "http://" + own()).status, 200u);
  EXPECT_EQ(get({{"Origin", foreign}}).status, 200u) << "its browser keeps the answer from it";
  EXPECT_EQ(get({{"Origin", foreign}}).headers.count("access-control-allow-origin"), 0u);
}

TEST_F(CrossOrigin, ForeignPagesOpenNoWebSocket) {
  start({friendly});
  for (auto target : {"/ws/topics/t", "/ws/topics/t/produce"}) {
    EXPECT_EQ(handshake(target, foreign), 403u);
    EXPECT_EQ(handshake(target, friendly), 101u);
    EXPECT_EQ(handshake(target, "http://" + own()), 101u);
    EXPECT_EQ(handshake(target, ""), 101u);
  }
}

TEST_F(CrossOrigin, AllowedPagesSeeTheAnswers) {
  start({"https://other.example", friendly});
  auto answer = write("POST", "/topics/t", friendly);
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.headers["access-control-allow-origin"], friendly);
  EXPECT_EQ(answer.headers["vary"], "Origin");
  EXPECT_NE(answer.headers["access-control-expose-headers"].find("X-Next-Offset"),
            std::string::npos);
  EXPECT_EQ(write("POST", "/topics/none", friendly).headers["access-control-allow-origin"],
            friendly)
      << "errors too";
  EXPECT_EQ(write("POST", "/topics/t", foreign).status, 403u);
  EXPECT_EQ(get({}).headers["vary"], "Origin");
}

TEST_F(CrossOrigin, PreflightsNameMethodsAndHeaders) {
  start({friendly});
  auto ask = [&](const std::string& origin) {
    return http_client{server_->port()}.send("OPTIONS", "/topics/t", {}, "",
                                             {{"Origin", origin},
                                              {"Access-Control-Request-Method", "POST"},
                                              {"Access-Control-Request-Headers", "content-type"}});
  };
  auto allowed = ask(friendly);
  EXPECT_EQ(allowed.status, 204u);
  EXPECT_EQ(allowed.headers["access-control-allow-origin"], friendly);
  EXPECT_NE(allowed.headers["access-control-allow-methods"].find("POST"), std::string::npos);
  EXPECT_EQ(allowed.headers["access-control-allow-headers"], "content-type");
  EXPECT_EQ(ask(foreign).headers.count("access-control-allow-origin"), 0u);
}

TEST_F(CrossOrigin, AnyPageWhereTheOperatorSaysSo) {
  start({"*"});
  EXPECT_EQ(write("POST", "/topics/t", foreign).headers["access-control-allow-origin"], foreign);
}

TEST(OwnOrigin, IsTheAuthorityOfTheRequest) {
  EXPECT_TRUE(is_own_origin("http://127.0.0.1:8082", "127.0.0.1:8082"));
  EXPECT_TRUE(is_own_origin("https://Broker.example", "broker.example"));
  EXPECT_FALSE(is_own_origin("http://127.0.0.1:8083", "127.0.0.1:8082"));
  EXPECT_FALSE(is_own_origin("null", "127.0.0.1:8082"));
  EXPECT_FALSE(is_own_origin("127.0.0.1:8082", "127.0.0.1:8082"));
  EXPECT_FALSE(is_own_origin("http://127.0.0.1:8082.evil.example", "127.0.0.1:8082"));
}

}  // namespace
}  // namespace troupe::http
