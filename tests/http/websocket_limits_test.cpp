// What a WebSocket client should not do, and what it is told.
#include "runtime/base/limits.hpp"
#include "tests/support/http/websocket_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

namespace troupe::http {

namespace {

using ::testing::HasSubstr;

http::gateway_config small_messages() {
  http::gateway_config config;
  config.body_bytes_max = 256 * limits::KiB;
  config.body_timeout = std::chrono::milliseconds{400};
  return config;
}

class WebsocketLimits : public testing::websocket_fixture {
 protected:
  WebsocketLimits() : websocket_fixture(small_messages()) { create_topic("t", 1); }

  testing::websocket_client reader() {
    auto socket = open("/ws/topics/t");
    receive_until_caught_up(socket);
    return socket;
  }
  /// The gateway still serves, others and new ones.
  void expect_all_is_well() {
    auto socket = open("/ws/topics/t/produce");
    socket.send(R"({"type":"produce","id":1,"records":[{"value":1}]})");
    EXPECT_EQ(receive(socket).at("type"), "produced");
  }
};

constexpr std::uint8_t text_begins = 0x01, continues = 0x00, ends = 0x80;

}  // namespace

TEST_F(WebsocketLimits, UnknownFramesAreNamedAndTheSocketGoesOn) {
  auto socket = reader();
  socket.send(R"({"type":"dance"})");
  EXPECT_THAT(receive_error(socket, 422), HasSubstr("dance"));
  socket.send(R"({"type":"pause","why":1})");
  EXPECT_THAT(receive_error(socket, 422), HasSubstr("'why'"));
  socket.send(R"({"type":"ack","topic":"t","partition":0,"offset":1})");
  EXPECT_THAT(receive_error(socket, 400), HasSubstr("consumer group"));
  socket.send(R"({"type":"produce","id":1,"records":[]})");
  EXPECT_THAT(receive_error(socket, 400), HasSubstr("only reads"));
  socket.send(R"({"type":"credit","records":1})");
  EXPECT_THAT(receive_error(socket, 400), HasSubstr("credit=manual"));
  socket.send(R"({"type":"seek","partition":7,"offset":1})");
  EXPECT_THAT(receive_error(socket, 40402), HasSubstr("Partition 7"));
  produce("t", 0, 0, 1);
  EXPECT_EQ(receive_records(socket, 1)[0], range(0, 1));
}

TEST_F(WebsocketLimits, FramesThatAreNotJsonAreToleratedOnlySoOften) {
  auto socket = reader();
  for (std::size_t i = 0; i < limits::websocket_bad_frames_max; ++i) {
    socket.send("{nonsense}");
    EXPECT_THAT(receive_error(socket, 400), HasSubstr("column 2"));
  }
  socket.send("{nonsense}");
  receive_error(socket, 400);
  EXPECT_EQ(socket.wait_close(), 1007);
}

TEST_F(WebsocketLimits, TheHandshakeCarriesTheRequestId) {
  testing::http_client client{port()};
  client.write(
      "GET /ws/topics/t HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  auto head = client.read_head();
  EXPECT_EQ(head.status, 101u);
  EXPECT_EQ(head.headers["x-request-id"], "mine");
}

TEST_F(WebsocketLimits, BinaryFramesClose1003) {
  auto socket = reader();
  socket.send_frame(0x82, "binary");
  EXPECT_THAT(receive_error(socket, 415), HasSubstr("text"));
  EXPECT_EQ(socket.wait_close(), 1003);
}

TEST_F(WebsocketLimits, BrokenProtocolCloses) {
  struct {
    const char* what;
    std::uint8_t first;
    std::string payload;
    bool masked;
    std::uint16_t code;
  } cases[] = {
      {"invalid UTF-8", 0x81, "\xc3\x28", true, 1007},
      {"half a character", 0x81, "\xe2\x82", true, 1007},
      {"unmasked", 0x81, "{}", false, 1002},
      {"unknown opcode", 0x83, "", true, 1002},
      {"unknown control opcode", 0x8b, "", true, 1002},
      {"reserved bit", 0xc1, "{}", true, 1002},
      {"continuation of nothing", 0x80, "{}", true, 1002},
      {"fragmented ping", 0x09, "", true, 1002},
      {"long ping", 0x89, std::string(126, 'x'), true, 1002},
      {"close code out of range", 0x88, std::string{'\x00', '\x07'}, true, 1002},
  };
  for (const auto& one : cases) {
    auto socket = reader();
    socket.send_frame(one.first, one.payload, one.masked);
    EXPECT_EQ(socket.wait_close(), one.code) << one.what;
  }
  expect_all_is_well();
}

TEST_F(WebsocketLimits, AMessageAboveTheLimitCloses1009) {
  auto socket = reader();
  socket.send_frame(0x81, std::string(256 * limits::KiB + 1, ' '));
  EXPECT_EQ(socket.wait_close(), 1009);
  auto lying = reader();
  lying.write(std::string{'\x81', '\xff', '\x7f', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff',
                          '\xff', 1, 2, 3, 4});
  EXPECT_EQ(lying.wait_close(), 1009) << "a length nobody can send";
}

TEST_F(WebsocketLimits, AMessageAtTheLimitIsRead) {
  auto socket = reader();
  std::string message = R"({"type":"dance"})";
  message.resize(256 * limits::KiB, ' ');
  socket.send(message);
  EXPECT_THAT(receive_error(socket, 422), HasSubstr("dance"));
}

TEST_F(WebsocketLimits, FragmentsAddUpToTheSameLimit) {
  auto socket = reader();
  socket.send_frame(text_begins, R"({"type":)");
  socket.send_frame(continues, R"("dan)");
  socket.send_frame(0x89, "in between");
  socket.send_frame(ends, R"(ce"})");
  EXPECT_THAT(receive_error(socket, 422), HasSubstr("dance"));
  EXPECT_EQ(socket.pongs(), 1u);
  socket.send_frame(text_begins, std::string(1024, ' '));
  for (int i = 0; i < 300; ++i)
    socket.send_frame(continues, std::string(1024, ' '));
  EXPECT_EQ(socket.wait_close(), 1009);
}

TEST_F(WebsocketLimits, AFloodOfFragmentsThatNeverEndsIsClosed) {
  auto socket = reader();
  socket.send_frame(text_begins, "{");
  std::string flood;
  for (int i = 0; i < 1000; ++i)
    flood += std::string{'\x00', '\x81', 0, 0, 0, 0, ' '};
  for (int i = 0; i < 20; ++i) {
    socket.write(flood);
    if (socket.receive_within(std::chrono::milliseconds{30}))
      break;
  }
  EXPECT_EQ(socket.wait_close(), 1008);
  expect_all_is_well();
}

TEST_F(WebsocketLimits, AMessageMustArriveInTime) {
  auto socket = reader();
  socket.send_frame(text_begins, "{");
  EXPECT_THAT(receive_error(socket, 408), HasSubstr("in time"));
  EXPECT_EQ(socket.wait_close(), 1008);
}

TEST_F(WebsocketLimits, AFloodOfPingsIsAnsweredAndDisturbsNobody) {
  auto socket = reader();
  auto other = reader();
  std::string ping{'\x89', '\x85', 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};
  std::string flood;
  for (int i = 0; i < 1000; ++i)
    flood += ping;
  constexpr int rounds = 20;
  for (int i = 0; i < rounds; ++i) {
    socket.write(flood);
    produce("t", 0, i, 1);
    EXPECT_EQ(receive_records(other, 1)[0], range(i, i + 1));
  }
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (socket.pongs() < rounds * 1000 && std::chrono::steady_clock::now() < end)
    socket.receive_within(std::chrono::milliseconds{50});
  EXPECT_EQ(socket.pongs(), static_cast<std::size_t>(rounds) * 1000);
}

TEST_F(WebsocketLimits, AClosingHandshakeIsAnswered) {
  auto socket = reader();
  socket.send_frame(0x88, std::string{'\x03', '\xe8'} + "bye");
  EXPECT_EQ(socket.wait_close(), 1000);
}

TEST_F(WebsocketLimits, SuddenDisconnectsHarmNobody) {
  auto other = reader();
  for (int i = 0; i < 50; ++i) {
    auto socket = open("/ws/topics/t?from=earliest");
    if (i % 2 == 0)
      produce("t", 0, i, 1);
    socket.close();
  }
  EXPECT_EQ(receive_records(other, 25)[0], range(0, 25));
  expect_all_is_well();
}

TEST_F(WebsocketLimits, AStopCloses1001) {
  auto socket = reader();
  auto behind = open("/ws/topics/t?from=earliest&credit=manual");
  auto stopped = gateway_->stop(std::chrono::milliseconds{3000});
  receive_error(socket, 50302);
  EXPECT_EQ(socket.wait_close(), 1001);
  EXPECT_EQ(behind.wait_close(), 1001);
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds{3}), std::future_status::ready);
}

}  // namespace troupe::http
