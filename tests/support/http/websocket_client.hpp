// A plain WebSocket client for tests, written from RFC 6455 and from nothing of ours: what it takes
// for a frame is one. Also sends what no client should. Gives up with an exception after ten
// seconds of silence.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::testing {

/// Owned by one thread.
class websocket_client {
 public:
  static constexpr std::uint16_t cut = 1006;  ///< closed without a close frame

  /// Shakes hands; throws unless the answer is 101. A small `receive_buffer` makes a client that
  /// does not read stall its server soon.
  websocket_client(std::uint16_t port, std::string_view target, int receive_buffer = 0);
  websocket_client(websocket_client&& other) noexcept;
  websocket_client(const websocket_client&) = delete;
  ~websocket_client();

  void send(std::string_view text);
  /// One frame: its first byte (FIN and opcode) and its payload.
  void send_frame(std::uint8_t first, std::string_view payload, bool masked = true);
  void write(std::string_view bytes);

  /// The next text message; pings in between are answered.
  std::string receive();
  /// The same, or nothing within `limit` or once the socket is closed.
  std::optional<std::string> receive_within(std::chrono::milliseconds limit);
  /// Reads on until the server closes, then closes too; says how.
  std::uint16_t wait_close();
  /// Bytes that can be read without waiting are read; false when the server has closed.
  bool read_some();
  /// A message among what has been read, without waiting.
  std::optional<std::string> next_message();

  /// Gives back the memory of what has been taken, where that is all.
  void trim();

  std::size_t pongs() const { return pongs_; }
  int descriptor() const { return socket_; }
  void close();

 private:
  struct frame {
    std::uint8_t opcode = 0;
    std::string payload;
  };

  void shake_hands(std::uint16_t port, std::string_view target);
  bool wait_readable(std::chrono::milliseconds limit);
  std::optional<frame> next_frame();

  int socket_ = -1;
  std::string received_;
  std::size_t taken_ = 0;  // of received_
  std::uint16_t close_code_ = 0;
  std::size_t pongs_ = 0;
};

/// What a WebSocket handshake at `target` is answered with, when it is refused.
struct refusal {
  unsigned status = 0;
  std::string body;
};
refusal refused_handshake(std::uint16_t port, std::string_view target);

}  // namespace troupe::testing
