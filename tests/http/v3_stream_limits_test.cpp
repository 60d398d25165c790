// Streaming produce at its edges: clients that do not read, memory that is short, a broker that
// stops.
#include "tests/support/http/v3_fixture.hpp"

#include <fmt/format.h>

#include <atomic>
#include <thread>

namespace troupe::testing {
namespace {

namespace json = boost::json;

std::string record(std::string_view value) {
  return fmt::format(R"({{"value":{{"type":"STRING","data":"{}"}}}})", value);
}

std::string stream_path(const live_gateway& server) {
  return fmt::format("/v3/clusters/{}/topics/stream/records", server.cluster_id());
}

void create_topic(const live_gateway& server) {
  http_client client{server.port()};
  const auto made = client.send("POST", fmt::format("/v3/clusters/{}/topics", server.cluster_id()),
                                R"({"topic_name":"stream"})");
  ASSERT_EQ(made.status, 201u) << made.body;
}

/// Sends without reading until the server no longer takes anything, then reads: nothing is lost.
TEST(V3StreamLimits, WhoDoesNotReadIsMadeToWaitAndLosesNothing) {
  live_gateway server;
  create_topic(server);
  http_client client{server.port()};
  client.begin("POST", stream_path(server) + "?acks=1");
  EXPECT_EQ(client.read_head().status, 200u);
  // More than the buffers of both directions can hold.
  constexpr int chunks = 600;
  constexpr int records = 100;
  std::string many;
  for (int i = 0; i < records; ++i)
    many += record(std::string(1000, 'x'));
  std::atomic<int> sent = 0;
  std::thread writer{[&] {
    for (; sent < chunks; ++sent)
      client.send_chunk(many);
    client.end_chunks();
  }};
  int before = -1;
  for (int i = 0; i < 100 && before != sent; ++i) {
    before = sent;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  EXPECT_LT(sent, chunks) << "the server took everything without being read";
  const auto reports = parse_lines(client.read_chunks());
  writer.join();
  ASSERT_EQ(reports.size(), static_cast<std::size_t>(records * chunks));
  for (std::size_t i = 0; i < reports.size(); ++i)
    ASSERT_EQ(reports[i].at("offset"), is(static_cast<int>(i)));
}

TEST(V3StreamLimits, WhatDoesNotFitIntoTheGatewayIsRefusedRecordByRecord) {
  http::gateway_config config;
  config.body_bytes_max = 4'000'000;
  config.inflight_bytes_max = 100'000;
  live_gateway server{config};
  create_topic(server);
  http_client client{server.port()};
  client.begin("POST", stream_path(server));
  EXPECT_EQ(client.read_head().status, 200u);
  client.send_chunk(record("small"));
  EXPECT_EQ(json::parse(client.read_chunk()).at("error_code"), is(200));
  client.send_chunk(record(std::string(900'000, 'x')));
  const auto refused = json::parse(client.read_chunk());
  EXPECT_EQ(refused.at("error_code"), is(50302));
  client.send_chunk(record("small again"));
  EXPECT_EQ(json::parse(client.read_chunk()).at("offset"), is(1));
  client.end_chunks();
  EXPECT_EQ(client.read_chunk(), "");
}

TEST(V3StreamLimits, AStopEndsTheStreamWithAReason) {
  live_gateway server;
  create_topic(server);
  http_client client{server.port()};
  client.begin("POST", stream_path(server));
  EXPECT_EQ(client.read_head().status, 200u);
  client.send_chunk(record("before"));
  EXPECT_EQ(json::parse(client.read_chunk()).at("offset"), is(0));
  auto stopped = server.stop(std::chrono::seconds{5});
  EXPECT_EQ(json::parse(client.read_chunk()).at("error_code"), is(50302));
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds{5}), std::future_status::ready);
}

TEST(V3StreamLimits, ASilentStreamEndsWithAReason) {
  http::gateway_config config;
  config.idle_timeout = std::chrono::milliseconds{200};
  live_gateway server{config};
  create_topic(server);
  http_client client{server.port()};
  client.begin("POST", stream_path(server));
  EXPECT_EQ(client.read_head().status, 200u);
  EXPECT_EQ(json::parse(client.read_chunk()).at("error_code"), is(408));
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_TRUE(client.closed_by_server());
}

TEST(V3StreamLimits, AClientThatWaitsForContinueIsTold) {
  live_gateway server;
  create_topic(server);
  http_client client{server.port()};
  client.begin("POST", stream_path(server), {{"Expect", "100-continue"}});
  EXPECT_EQ(client.read_head().status, 100u);
  EXPECT_EQ(client.read_head().status, 200u);
  client.send_chunk(record("told"));
  EXPECT_EQ(json::parse(client.read_chunk()).at("offset"), is(0));
  client.end_chunks();
  EXPECT_EQ(client.read_chunk(), "");
}

TEST(V3StreamLimits, ATopicThatIsDeletedUnderAStreamFailsItsRecords) {
  live_gateway server;
  create_topic(server);
  http_client client{server.port()};
  client.begin("POST", stream_path(server));
  EXPECT_EQ(client.read_head().status, 200u);
  client.send_chunk(record("before"));
  EXPECT_EQ(json::parse(client.read_chunk()).at("offset"), is(0));
  http_client other{server.port()};
  EXPECT_EQ(other.send("DELETE", fmt::format("/v3/clusters/{}/topics/stream", server.cluster_id()))
                .status,
            204u);
  client.send_chunk(record("after"));
  EXPECT_NE(json::parse(client.read_chunk()).at("error_code"), is(200));
  client.end_chunks();
  EXPECT_EQ(client.read_chunk(), "");
}

}  // namespace
}  // namespace troupe::testing
