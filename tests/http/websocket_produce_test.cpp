// Producing over a WebSocket, through a live broker and real sockets.
#include "tests/support/http/websocket_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>
#include <thread>

namespace troupe::http {

namespace {

using ::testing::HasSubstr;

class WebsocketProduce : public testing::websocket_fixture {
 protected:
  static std::string frame(int id, const std::string& records) {
    return fmt::format(R"({{"type":"produce","id":{},"records":[{}]}})", id, records);
  }
};

}  // namespace

TEST_F(WebsocketProduce, AnswersInOrderAndWhatIsAnsweredIsThere) {
  create_topic("t", 1);
  auto reader = open("/ws/topics/t");
  receive_until_caught_up(reader);
  auto socket = open("/ws/topics/t/produce");
  for (int i = 0; i < 300; ++i)
    socket.send(frame(i, fmt::format(R"({{"value":{}}},{{"value":{}}})", 2 * i, 2 * i + 1)));
  for (int i = 0; i < 300; ++i) {
    auto answer = receive(socket);
    ASSERT_EQ(answer.at("type"), "produced") << boost::json::serialize(answer);
    EXPECT_EQ(answer.at("id").as_int64(), i);
    EXPECT_EQ(answer.at("offsets").at(0).at("offset").as_int64(), 2 * i);
    EXPECT_EQ(answer.at("offsets").at(1).at("offset").as_int64(), 2 * i + 1);
    EXPECT_EQ(answer.at("offsets").at(1).at("partition").as_int64(), 0);
  }
  EXPECT_EQ(receive_records(reader, 600)[0], range(0, 600));
}

TEST_F(WebsocketProduce, KeysAndPartitionsChooseThePlace) {
  create_topic("t", 4);
  auto socket = open("/ws/topics/t/produce?format=text&acks=1");
  socket.send(
      frame(1, R"({"partition":3,"value":"x"},{"key":"k","value":"a"},{"key":"k","value":"b"})"));
  auto offsets = receive(socket).at("offsets").as_array();
  EXPECT_EQ(offsets.at(0).at("partition").as_int64(), 3);
  EXPECT_EQ(offsets.at(1).at("partition"), offsets.at(2).at("partition"));
}

TEST_F(WebsocketProduce, BadRecordsAreReportedAndHinderNoOther) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t/produce?format=binary");
  socket.send(frame(
      5, R"({"value":"aGk="},{"value":"***"},{"value":null},{"partition":9,"value":"aGk="})"));
  auto offsets = receive(socket).at("offsets").as_array();
  EXPECT_EQ(offsets.at(0).at("offset").as_int64(), 0);
  EXPECT_TRUE(offsets.at(1).as_object().contains("error_code"));
  EXPECT_EQ(offsets.at(2).at("offset").as_int64(), 1);
  EXPECT_EQ(offsets.at(3).at("error_code").as_int64(), 40402);
}

TEST_F(WebsocketProduce, AFrameOfTheWrongShapeIsAnsweredWithItsId) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t/produce");
  socket.send(frame(5, R"({"valu":1})"));
  auto answer = receive(socket);
  EXPECT_EQ(answer.at("type"), "error");
  EXPECT_EQ(answer.at("id"), 5);
  EXPECT_THAT(std::string{answer.at("message").as_string()}, HasSubstr("valu"));
  socket.send(frame(6, R"({"value":1})"));
  EXPECT_EQ(receive(socket).at("id"), 6);
}

TEST_F(WebsocketProduce, IdsMayBeStringsAndComeBackWithBadFrames) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t/produce");
  socket.send(R"({"type":"produce","id":"mine","records":[{"value":1}]})");
  auto answer = receive(socket);
  EXPECT_EQ(answer.at("type"), "produced");
  EXPECT_EQ(answer.at("id"), "mine");
  socket.send(R"({"type":"produce","id":2})");
  answer = receive(socket);
  EXPECT_EQ(answer.at("type"), "error");
  EXPECT_EQ(answer.at("id"), 2);
}

TEST_F(WebsocketProduce, WithoutAcksThereIsNoOffset) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t/produce?acks=0");
  socket.send(frame(1, R"({"value":1})"));
  EXPECT_TRUE(receive(socket).at("offsets").at(0).at("offset").is_null());
}

TEST_F(WebsocketProduce, AClientThatReadsNoAnswersIsNotReadEither) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t/produce?acks=1");
  // Far more frames than may be unanswered; the answers are read only at the end.
  std::thread writer{[&] {
    for (int i = 0; i < 5000; ++i)
      socket.send(frame(i, R"({"value":1})"));
  }};
  testing::websocket_client other = open("/ws/topics/t/produce?acks=1");
  other.send(frame(1, R"({"value":1})"));
  EXPECT_EQ(receive(other).at("id"), 1) << "others are served meanwhile";
  writer.join();
  for (int i = 0; i < 5000; ++i)
    ASSERT_EQ(receive(socket).at("id").as_int64(), i);
}

TEST_F(WebsocketProduce, DisconnectsInTheMiddleOfAFrameHarmNobody) {
  create_topic("t", 1);
  std::string whole = frame(1, R"({"value":"a value of some length"})");
  for (std::size_t cut = 1; cut < whole.size(); cut += 7) {
    auto socket = open("/ws/topics/t/produce");
    std::string header{'\x81', static_cast<char>(0x80 | whole.size()), 0, 0, 0, 0};
    socket.write(header + whole.substr(0, cut));
    socket.close();
  }
  auto socket = open("/ws/topics/t/produce");
  socket.send(frame(1, R"({"value":1})"));
  EXPECT_EQ(receive(socket).at("offsets").at(0).at("offset").as_int64(), 0)
      << "half a frame produces nothing";
}

TEST_F(WebsocketProduce, AStopAnswersWhatIsUnderWay) {
  create_topic("t", 1);
  auto socket = open("/ws/topics/t/produce");
  for (int i = 0; i < 20; ++i)
    socket.send(frame(i, R"({"value":1})"));
  EXPECT_EQ(receive(socket).at("id"), 0);
  auto stopped = gateway_->stop(std::chrono::milliseconds{3000});
  int answered = 1;
  while (auto message = socket.receive_within(std::chrono::milliseconds{3000}))
    answered += boost::json::parse(*message).at("type") == "produced" ? 1 : 0;
  EXPECT_EQ(socket.wait_close(), 1001);
  EXPECT_GE(answered, 1);
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds{3}), std::future_status::ready);
}

}  // namespace troupe::http
