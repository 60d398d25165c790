// Reading over a WebSocket, through a live broker and real sockets.
#include "runtime/base/limits.hpp"
#include "tests/support/http/websocket_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace troupe::http {

namespace {

using ::testing::HasSubstr;

class WebsocketSubscribe : public testing::websocket_fixture {};

}  // namespace

TEST_F(WebsocketSubscribe, FromEarliestReadsAllThenFollows) {
  create_topic("t", 1);
  for (int i = 0; i < 20; ++i)
    produce("t", 0, i * 100, 100);
  auto socket = open("/ws/topics/t?from=earliest");
  EXPECT_EQ(receive_until_caught_up(socket)[0], range(0, 2000));
  produce("t", 0, 2000, 3);
  EXPECT_EQ(receive_records(socket, 3)[0], range(2000, 2003));
}

TEST_F(WebsocketSubscribe, RecordsCarryEverything) {
  create_topic("t", 1);
  produce_raw("t", 0, R"({"key":"k","value":{"a":[1,null]},"timestamp":1600000000000,
                          "headers":[{"key":"h","value":"aGk="}]})");
  auto socket = open("/ws/topics/t?from=earliest");
  auto record = receive(socket).at("records").at(0).as_object();
  EXPECT_EQ(boost::json::serialize(record.at("value")), R"({"a":[1,null]})");
  EXPECT_EQ(record.at("key"), "k");
  EXPECT_EQ(record.at("topic"), "t");
  EXPECT_EQ(record.at("partition"), 0);
  EXPECT_EQ(record.at("offset"), 0);
  EXPECT_EQ(record.at("timestamp"), 1'600'000'000'000);
  EXPECT_EQ(boost::json::serialize(record.at("headers")), R"([{"key":"h","value":"aGk="}])");
}

TEST_F(WebsocketSubscribe, FromLatestSeesWhatComesAfterTheHandshake) {
  create_topic("t", 1);
  produce("t", 0, 0, 10);
  auto socket = open("/ws/topics/t");
  produce("t", 0, 10, 5);
  EXPECT_EQ(receive_records(socket, 5)[0], range(10, 15));
}

TEST_F(WebsocketSubscribe, FromAnOffset) {
  create_topic("t", 1);
  produce("t", 0, 0, 100);
  auto socket = open("/ws/topics/t?from=37");
  EXPECT_EQ(receive_until_caught_up(socket)[0], range(37, 100));
}

TEST_F(WebsocketSubscribe, FromATimestamp) {
  create_topic("t", 1);
  for (int i = 0; i < 10; ++i)
    produce_raw("t", 0, fmt::format(R"({{"value":1,"timestamp":{}}})", 1'600'000'000'000 + i));
  auto socket = open("/ws/topics/t?from=timestamp:1600000000006");
  EXPECT_EQ(receive_until_caught_up(socket)[0], range(6, 10));
  auto later = open("/ws/topics/t?from=timestamp:1900000000000");
  EXPECT_TRUE(receive_until_caught_up(later)[0].empty()) << "no record is that young";
}

TEST_F(WebsocketSubscribe, AllPartitionsEachInOrder) {
  create_topic("t", 8);
  for (int p = 0; p < 8; ++p)
    produce("t", p, 0, 50 + p);
  auto socket = open("/ws/topics/t?from=earliest");
  auto all = receive_until_caught_up(socket, 8);
  for (int p = 0; p < 8; ++p)
    EXPECT_EQ(all[p], range(0, 50 + p));
  for (int p = 0; p < 8; ++p)
    produce("t", p, 50 + p, 1);
  all = receive_records(socket, 8);
  for (int p = 0; p < 8; ++p)
    EXPECT_EQ(all[p], range(50 + p, 51 + p));
}

TEST_F(WebsocketSubscribe, OnlyTheNamedPartitions) {
  create_topic("t", 4);
  for (int p = 0; p < 4; ++p)
    produce("t", p, 0, 10);
  auto socket = open("/ws/topics/t?partitions=3,1&from=earliest");
  auto all = receive_until_caught_up(socket, 2);
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1], range(0, 10));
  EXPECT_EQ(all[3], range(0, 10));
  produce("t", 0, 10, 1);
  expect_silence(socket);
}

TEST_F(WebsocketSubscribe, EveryFormat) {
  create_topic("t", 1);
  produce_raw("t", 0, R"({"key":"a","value":"b\n"})", "text");
  auto text = open("/ws/topics/t?from=earliest&format=text");
  EXPECT_EQ(receive(text).at("records").at(0).at("value"), "b\n");
  auto binary = open("/ws/topics/t?from=earliest&format=binary");
  auto record = receive(binary).at("records").at(0);
  EXPECT_EQ(record.at("value"), "Ygo=");
  EXPECT_EQ(record.at("key"), "YQ==");
}

TEST_F(WebsocketSubscribe, WhatTheFormatCannotShowIsNamedAndPassed) {
  create_topic("t", 1);
  produce("t", 0, 0, 3);
  produce_raw("t", 0, R"({"value":"not json"})", "text");
  produce("t", 0, 4, 1);
  auto socket = open("/ws/topics/t?from=earliest&format=json");
  EXPECT_EQ(receive_records(socket, 3)[0], range(0, 3));
  auto named = receive(socket);
  EXPECT_EQ(named.at("type"), "error");
  EXPECT_EQ(named.at("error_code"), 40601);
  EXPECT_EQ(named.at("partition"), 0);
  EXPECT_EQ(named.at("offset"), 3);
  EXPECT_EQ(receive_until_caught_up(socket)[0], range(4, 5));
  // And at the tail.
  produce_raw("t", 0, R"({"value":"not json"})", "text");
  produce("t", 0, 6, 1);
  EXPECT_THAT(receive_error(socket, 40601), HasSubstr("offset 5 of partition 0"));
  EXPECT_EQ(receive_records(socket, 1)[0], range(6, 7));
}

TEST_F(WebsocketSubscribe, WithoutAFormatEachRecordIsShownAsItFits) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t");
  receive_until_caught_up(socket);
  produce_raw("t", 0, R"({"key":"k","value":{"a":1}})", "json");
  auto record = receive(socket).at("records").at(0).as_object();
  EXPECT_EQ(boost::json::serialize(record.at("value")), R"({"a":1})");
  EXPECT_FALSE(record.contains("value_format"));
  produce_raw("t", 0, R"({"key":"k","value":"not json"})", "text");
  record = receive(socket).at("records").at(0).as_object();
  EXPECT_EQ(record.at("value"), "not json");
  EXPECT_EQ(record.at("value_format"), "text");
  EXPECT_EQ(record.at("key_format"), "text");
  produce_raw("t", 0, R"({"value":"/w=="})", "binary");
  record = receive(socket).at("records").at(0).as_object();
  EXPECT_EQ(record.at("value"), "/w==");
  EXPECT_EQ(record.at("value_format"), "binary");
}

TEST_F(WebsocketSubscribe, PartitionsThatAreAddedAreReadFromTheirBeginning) {
  create_topic("t", 1);
  auto all = open("/ws/topics/t");
  auto one = open("/ws/topics/t?partitions=0");
  receive_until_caught_up(all);
  receive_until_caught_up(one);
  auto raised =
      http().send("PATCH", fmt::format("/v3/clusters/{}/topics/t", gateway_->cluster_id()),
                  R"({"partitions_count":3})");
  ASSERT_EQ(raised.status, 200u) << raised.body;
  produce("t", 2, 0, 5);
  std::vector<std::int64_t> added;
  testing::received_offsets got;
  while (got[2].size() < 5) {
    auto frame = receive(all);
    if (frame.at("type") == "partition_added")
      added.push_back(frame.at("partition").as_int64());
    if (frame.at("type") == "records")
      for (const auto& record : frame.at("records").as_array())
        got[record.at("partition").as_int64()].push_back(record.at("offset").as_int64());
  }
  EXPECT_EQ(added, range(1, 3));
  EXPECT_EQ(got[2], range(0, 5));
  for (int p = 0; p < 3; ++p)
    produce("t", p, 100, 2);
  EXPECT_EQ(receive_records(all, 6).size(), 3u) << "at the tail of each";
  EXPECT_EQ(receive_records(one, 2)[0], range(0, 2));
  expect_silence(one);
}

TEST_F(WebsocketSubscribe, MorePartitionsThanASocketReadsEndIt) {
  create_topic("t", static_cast<int>(limits::websocket_subscriptions_max));
  auto socket = open("/ws/topics/t");
  receive_until_caught_up(socket, static_cast<int>(limits::websocket_subscriptions_max));
  http().send("PATCH", fmt::format("/v3/clusters/{}/topics/t", gateway_->cluster_id()),
              fmt::format(R"({{"partitions_count":{}}})", limits::websocket_subscriptions_max + 1));
  EXPECT_THAT(receive_error(socket, 40002), HasSubstr("1001 partitions now"));
  EXPECT_EQ(socket.wait_close(), 1008);
}

TEST_F(WebsocketSubscribe, AllSubscribersAtTheTailReceiveTheSame) {
  create_topic("t", 1);
  std::vector<testing::websocket_client> sockets;
  for (int i = 0; i < 20; ++i) {
    sockets.push_back(open("/ws/topics/t"));
    receive_until_caught_up(sockets.back());
  }
  for (int i = 0; i < 200; ++i)
    produce("t", 0, i, 1);
  for (auto& socket : sockets)
    EXPECT_EQ(receive_records(socket, 200)[0], range(0, 200));
}

TEST_F(WebsocketSubscribe, SeekGoesBackAndForth) {
  create_topic("t", 2);
  for (int p = 0; p < 2; ++p)
    produce("t", p, 0, 100);
  auto socket = open("/ws/topics/t?from=latest");
  receive_until_caught_up(socket, 2);
  socket.send(R"({"type":"seek","partition":1,"offset":90})");
  auto all = receive_until_caught_up(socket);
  EXPECT_EQ(all[1], range(90, 100));
  EXPECT_TRUE(all[0].empty());
  socket.send(R"({"type":"seek","position":"earliest"})");
  all = receive_until_caught_up(socket, 2);
  EXPECT_EQ(all[0], range(0, 100));
  EXPECT_EQ(all[1], range(0, 100));
  socket.send(R"({"type":"seek","partition":0,"timestamp":0})");
  EXPECT_EQ(receive_until_caught_up(socket)[0], range(0, 100));
  // The newest seek wins, whatever of the older one is on its way.
  socket.send(R"({"type":"seek","partition":0,"offset":0})");
  socket.send(R"({"type":"seek","partition":0,"position":"latest"})");
  std::int64_t reached = 0;
  while (reached != 100) {
    auto frame = receive(socket);
    if (frame.at("type") == "caught_up")
      reached = frame.at("next_offset").as_int64();
  }
  produce("t", 0, 100, 1);
  EXPECT_EQ(receive_records(socket, 1)[0], range(100, 101));
}

TEST_F(WebsocketSubscribe, OutsideTheLogItSaysWhereItGoesOn) {
  create_topic("t", 1);
  produce("t", 0, 0, 10);
  auto socket = open("/ws/topics/t?from=5000");
  EXPECT_THAT(receive_error(socket, 416), HasSubstr("goes on at offset 10"));
  receive_until_caught_up(socket);
  produce("t", 0, 10, 1);
  EXPECT_EQ(receive_records(socket, 1)[0], range(10, 11));
}

TEST_F(WebsocketSubscribe, PausedPartitionsAreSilentAndLoseNothing) {
  create_topic("t", 2);
  auto socket = open("/ws/topics/t");
  receive_until_caught_up(socket, 2);
  socket.send(R"({"type":"pause","partitions":[0]})");
  expect_silence(socket);
  produce("t", 0, 0, 10);
  produce("t", 1, 0, 10);
  EXPECT_EQ(receive_records(socket, 10)[1], range(0, 10));
  expect_silence(socket);
  socket.send(R"({"type":"resume"})");
  EXPECT_EQ(receive_records(socket, 10)[0], range(0, 10));
  socket.send(R"({"type":"pause"})");
  expect_silence(socket);
  produce("t", 1, 10, 10);
  expect_silence(socket);
  socket.send(R"({"type":"resume","partitions":[1]})");
  EXPECT_EQ(receive_records(socket, 10)[1], range(10, 20));
}

TEST_F(WebsocketSubscribe, CreditIsNeverExceeded) {
  create_topic("t", 1);
  produce("t", 0, 0, 1000);
  auto socket = open("/ws/topics/t?from=earliest&credit=manual");
  expect_silence(socket);
  socket.send(R"({"type":"credit","records":7})");
  EXPECT_EQ(receive_records(socket, 7)[0], range(0, 7));
  expect_silence(socket);
  socket.send(R"({"type":"credit","records":993})");
  EXPECT_EQ(receive_records(socket, 993)[0], range(7, 1000));
  produce("t", 0, 1000, 5);
  expect_silence(socket);
  socket.send(R"({"type":"credit","records":2})");
  EXPECT_EQ(receive_records(socket, 2)[0], range(1000, 1002));
  expect_silence(socket);
  socket.send(R"({"type":"credit","records":100,"bytes":1})");
  EXPECT_EQ(receive_records(socket, 1)[0], range(1002, 1003)) << "one record uses up the bytes";
  expect_silence(socket);
  socket.send(R"({"type":"credit","records":0,"bytes":100000})");
  EXPECT_EQ(receive_records(socket, 2)[0], range(1003, 1005));
  receive_until_caught_up(socket);
  produce("t", 0, 1005, 3);
  EXPECT_EQ(receive_records(socket, 3)[0], range(1005, 1008)) << "credit left serves the tail";
}

TEST_F(WebsocketSubscribe, ADeletedTopicEndsItsSockets) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t");
  receive_until_caught_up(socket);
  delete_topic("t");
  receive_error(socket, 40401);
  EXPECT_EQ(socket.wait_close(), 1011);
}

TEST_F(WebsocketSubscribe, RefusedBeforeTheHandshake) {
  create_topic("t", 2);
  struct {
    const char* target;
    unsigned status;
    const char* body;
  } cases[] = {
      {"/ws/topics/none", 404, R"("error_code":40401)"},
      {"/ws/topics/t?partitions=0,2", 404, R"("error_code":40402)"},
      {"/ws/topics/t?partitions=x", 400, "partitions"},
      {"/ws/topics/t?from=tomorrow", 400, "from"},
      {"/ws/topics/t?format=xml", 400, "format"},
      {"/ws/topics/t?credit=1", 400, "credit"},
      {"/ws/topics/t?form=json", 400, "Unknown parameter 'form'"},
      {"/ws/topics/none/produce", 404, R"("error_code":40401)"},
      {"/ws/topics/t/produce?acks=2", 400, "acks"},
      {"/ws/topics/t/produce?from=latest", 400, "Unknown parameter 'from'"},
      {"/ws/consumers/g?topics=t", 501, R"("error_code":501)"},
  };
  for (const auto& one : cases) {
    auto answer = testing::refused_handshake(port(), one.target);
    EXPECT_EQ(answer.status, one.status) << one.target << ": " << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(one.body)) << one.target;
    EXPECT_THAT(answer.body, HasSubstr("\"error_code\"")) << one.target;
  }
}

}  // namespace troupe::http
