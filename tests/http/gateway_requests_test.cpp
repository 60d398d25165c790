// HTTP as clients speak it, through real sockets against a whole broker.
#include "tests/support/http/http_client.hpp"
#include "tests/support/http/live_gateway.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace troupe::http {
namespace {

using troupe::testing::http_client;
using troupe::testing::live_gateway;

class GatewayRequestsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<live_gateway>();
    http_client{server_->port()}.send("POST", "/admin/topics",
                                      R"({"topic_name":"t","partitions_count":1})");
  }
  static void TearDownTestSuite() { server_.reset(); }

  static std::string code_in(const std::string& body) {
    return boost::json::serialize(boost::json::parse(body).as_object().at("error_code"));
  }

  static std::unique_ptr<live_gateway> server_;
  http_client client{server_->port()};
  const std::string one_record = R"({"records":[{"value":"x"}]})";
};

std::unique_ptr<live_gateway> GatewayRequestsTest::server_;

TEST_F(GatewayRequestsTest, OneConnectionServesManyRequests) {
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(client.get("/healthz").status, 200u);
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(client.send("POST", "/topics/t", one_record).status, 200u);
}

TEST_F(GatewayRequestsTest, PipelinedRequestsAreAnsweredInOrder) {
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += "GET /nowhere/" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n" +
           "POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
           "Content-Length: 2\r\n\r\n{}";
  client.write(all);
  for (int i = 0; i < 100; ++i) {
    auto answer = client.read_answer();
    ASSERT_EQ(answer.status, 404u);
    ASSERT_NE(answer.body.find("'/nowhere/" + std::to_string(i) + "'"), std::string::npos);
    ASSERT_EQ(client.read_answer().status, 422u);
  }
}

TEST_F(GatewayRequestsTest, RequestsMayArriveByteByByte) {
  std::string request =
      "POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(one_record.size()) + "\r\n\r\n" + one_record;
  for (char c : request)
    client.write({&c, 1});
  EXPECT_EQ(client.read_answer().status, 200u);
}

TEST_F(GatewayRequestsTest, ChunkedBodiesAreJoined) {
  client.begin("POST", "/topics/t", {{"Content-Type", "application/json"}});
  for (char c : one_record)
    client.send_chunk({&c, 1});
  client.end_chunks();
  EXPECT_EQ(client.read_answer().status, 200u);
  EXPECT_EQ(client.get("/healthz").status, 200u) << "the connection goes on";
}

TEST_F(GatewayRequestsTest, LargeBodiesOfBothFramings) {
  std::string body = R"({"records":[{"value":")" + std::string(700'000, 'x') + R"("}]})";
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.send("POST", "/topics/t", body).status, 200u);
  client.begin("POST", "/topics/t", {{"Content-Type", "application/json"}});
  for (std::size_t at = 0; at < body.size(); at += 9'999)
    client.send_chunk(std::string_view{body}.substr(at, 9'999));
  client.end_chunks();
  EXPECT_EQ(client.read_answer().status, 200u);
}

TEST_F(GatewayRequestsTest, ContinueIsSentBeforeTheBodyIsAwaited) {
  client.write(
      "POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: " +
      std::to_string(one_record.size()) + "\r\n\r\n");
  EXPECT_EQ(client.read_head().status, 100u);
  client.write(one_record);
  EXPECT_EQ(client.read_answer().status, 200u);
}

TEST_F(GatewayRequestsTest, ContinueIsNotSentWhenTheBodyIsNotWanted) {
  client.write(
      "POST /nowhere HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 100000\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 404u);
  EXPECT_TRUE(client.closed_by_server()) << "nobody knows whether the body comes";
}

TEST_F(GatewayRequestsTest, HeadHasTheLengthAndNoBody) {
  client.write("HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  auto head = client.read_head();
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.headers["content-length"], "15");
  EXPECT_EQ(client.get("/healthz").body, R"({"status":"ok"})") << "nothing was in between";
}

TEST_F(GatewayRequestsTest, OptionsNamesTheMethods) {
  auto answer = client.send("OPTIONS", "/topics/t");
  EXPECT_EQ(answer.status, 204u);
  EXPECT_NE(answer.headers["allow"].find("POST"), std::string::npos);
  EXPECT_EQ(client.send("OPTIONS", "*").status, 204u);
  EXPECT_EQ(client.send("OPTIONS", "/nowhere").status, 404u);
}

TEST_F(GatewayRequestsTest, WrongMethodIs405AndSaysWhatThereIs) {
  auto answer = client.send("PATCH", "/topics");
  EXPECT_EQ(answer.status, 405u);
  EXPECT_EQ(answer.headers["allow"], "GET, HEAD, OPTIONS");
  EXPECT_EQ(code_in(answer.body), "405");
  auto unknown = client.send("BREW", "/topics");
  EXPECT_EQ(unknown.status, 405u);
  EXPECT_NE(unknown.body.find("method BREW"), std::string::npos) << unknown.body;
}

TEST_F(GatewayRequestsTest, UnknownPathIs404WithThePath) {
  auto answer = client.get("/no/such/path?x=1");
  EXPECT_EQ(answer.status, 404u);
  EXPECT_EQ(answer.headers["content-type"], "application/json");
  EXPECT_EQ(answer.body, R"({"error_code":404,"message":"There is no '/no/such/path'."})");
}

TEST_F(GatewayRequestsTest, BodyOfARefusedRequestIsNotTakenForTheNextOne) {
  for (auto target : {"/nowhere", "/healthz", "/topics/t/partitions/0/offsets"})
    EXPECT_NE(client.send("POST", target, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").status, 200u);
  EXPECT_EQ(client.get("/readyz").body, R"({"ready":true})");
}

TEST_F(GatewayRequestsTest, RequestIdIsTheClientsOrOurs) {
  EXPECT_EQ(client.get("/healthz", {{"X-Request-Id", "mine-1"}}).headers["x-request-id"], "mine-1");
  auto first = client.get("/healthz").headers["x-request-id"];
  auto second = client.get("/nowhere").headers["x-request-id"];
  EXPECT_FALSE(first.empty());
  EXPECT_NE(first, second);
  auto count_of = [](const std::string& id) {
    return std::stoull(id.substr(id.find('-') + 1), nullptr, 16);
  };
  EXPECT_EQ(count_of(second), count_of(first) + 1) << first << ' ' << second;
  for (int i = 0; i < 40; ++i)
    client.get("/healthz");
  EXPECT_EQ(count_of(client.get("/healthz").headers["x-request-id"]), count_of(second) + 41);
  auto strange = client.get("/healthz", {{"X-Request-Id", "with space"}});
  EXPECT_NE(strange.headers["x-request-id"], "with space");
  auto longest = client.get("/healthz", {{"X-Request-Id", std::string(129, 'i')}});
  EXPECT_LT(longest.headers["x-request-id"].size(), 30u);
}

TEST_F(GatewayRequestsTest, Http10ClosesUnlessAskedNotTo) {
  client.write("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto kept = client.read_answer();
  EXPECT_EQ(kept.headers["connection"], "keep-alive");
  client.write("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_answer().headers["connection"], "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayRequestsTest, ConnectionCloseIsObeyed) {
  auto answer = client.get("/healthz", {{"Connection", "close"}});
  EXPECT_EQ(answer.headers["connection"], "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayRequestsTest, TargetsOfOtherForms) {
  client.write("\r\nGET http://127.0.0.1/healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200u) << "absolute, behind an empty line";
  EXPECT_EQ(client.get("healthz").status, 400u);
  EXPECT_EQ(client.get("/topics/%zz").status, 400u);
  EXPECT_EQ(client.get("/topics/%ff").status, 400u);
  EXPECT_EQ(client.get("/topics/t?x=%").status, 400u);
  EXPECT_EQ(client.get("/topics/%74").status, 200u);
}

TEST_F(GatewayRequestsTest, HalfClosedConnectionsGetTheirAnswer) {
  client.write("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  client.shutdown_write();
  EXPECT_EQ(client.read_answer().status, 200u);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(GatewayRequestsTest, PostWithoutLengthIs411) {
  client.write("POST /topics/t HTTP/1.1\r\nHost: h\r\n\r\n");
  auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 411u);
  EXPECT_EQ(code_in(answer.body), "411");
}

TEST_F(GatewayRequestsTest, PartsOfTheApiThatAreNotThereYetSaySo) {
  for (auto [method, target] : std::vector<std::pair<std::string, std::string>>{
           {"POST", "/consumers/g"},
           {"DELETE", "/consumers/g/instances/i"},
           {"POST", "/consumers/g/instances/i/positions/end"},
           {"GET", "/consumers/g/instances/i/records"},
           {"GET", "/v3/clusters/c/consumer-groups"},
           {"GET", "/v3/clusters/c/consumer-groups/g/lags/t/partitions/0"},
           {"GET", "/ws/consumers/g"},
           {"POST", "/transactions"}}) {
    auto answer = client.send(method, target, "{}");
    EXPECT_EQ(answer.status, 501u) << target;
    EXPECT_EQ(code_in(answer.body), "501");
  }
}

TEST_F(GatewayRequestsTest, EncodedBodiesAreRefused) {
  auto answer = client.send("POST", "/topics/t", one_record, "application/json",
                            {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(answer.status, 415u);
  EXPECT_NE(answer.body.find("Content-Encoding 'gzip' is not supported"), std::string::npos);
  EXPECT_EQ(client
                .send("POST", "/topics/t", one_record, "application/json",
                      {{"Content-Encoding", "identity"}})
                .status,
            200u);
}

TEST_F(GatewayRequestsTest, WhatTheBrokerFailsIsLoggedOnceWithItsReason) {
  // Its own: what other tests have failed in the same second counts too.
  live_gateway fresh;
  ::testing::internal::CaptureStdout();
  http_client asking{fresh.port()};
  for (int i = 0; i < 50; ++i)
    asking.send("POST", "/consumers/g", "{}", "application/json",
                {{"X-Request-Id", "mine-" + std::to_string(i)}});
  asking.get("/nowhere");
  auto text = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("POST /consumers/{group} -> 501 not_implemented: "), std::string::npos);
  EXPECT_NE(text.find("Consumer groups are not supported"), std::string::npos);
  EXPECT_EQ(text.find("request mine-0\n"), text.rfind("request mine-0\n")) << text;
  EXPECT_NE(text.find("mine-0"), std::string::npos) << text;
  EXPECT_EQ(text.find("nowhere"), std::string::npos) << "only what is the broker's business";
  auto count = std::count(text.begin(), text.end(), '\n');
  EXPECT_LE(count, 25) << "a flood of failures is no flood of lines";
}

TEST_F(GatewayRequestsTest, MessagesAreSentences) {
  client.write("POST /topics/t HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(
      client.read_answer().body,
      R"({"error_code":411,"message":"The request needs Content-Length or chunked encoding."})");
}

TEST_F(GatewayRequestsTest, WebSocketPathsNeedAHandshake) {
  auto answer = client.get("/ws/topics/t");
  EXPECT_EQ(answer.status, 400u);
  EXPECT_NE(answer.body.find("handshake"), std::string::npos);
  EXPECT_EQ(client.get("/healthz").status, 200u);
}

TEST_F(GatewayRequestsTest, MetricsCountWhatWasAnswered) {
  client.get("/healthz");
  auto answer = client.get("/metrics");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  for (auto line : {"troupe_http_requests_total{code=\"200\",method=\"GET\",route=\"/healthz\"}",
                    "troupe_http_request_duration_seconds_bucket{route=\"/healthz\"",
                    "troupe_http_connections ", "troupe_ready 1", "troupe_topics 1",
                    "troupe_http_in_flight_bytes "})
    EXPECT_NE(answer.body.find(line), std::string::npos) << line;
}

TEST_F(GatewayRequestsTest, DescriptionsOfTheApisAreServed) {
  for (auto target : {"/openapi.json", "/asyncapi.json"}) {
    auto answer = client.get(target);
    ASSERT_EQ(answer.status, 200u) << target;
    EXPECT_TRUE(boost::json::parse(answer.body).is_object());
  }
}

}  // namespace
}  // namespace troupe::http
