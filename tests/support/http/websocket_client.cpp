#include "tests/support/http/websocket_client.hpp"

#include "tests/support/http/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace troupe::testing {

namespace {

constexpr std::chrono::milliseconds patience{10'000};
constexpr std::uint8_t text = 0x81, close_frame = 0x88, ping = 0x9, pong = 0xA;

const http_headers handshake_headers{{"Connection", "Upgrade"},
                                     {"Upgrade", "websocket"},
                                     {"Sec-WebSocket-Version", "13"},
                                     {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};

}  // namespace

websocket_client::websocket_client(std::uint16_t port, std::string_view target,
                                   int receive_buffer) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0)
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("connect failed");
  shake_hands(port, target);
}

websocket_client::websocket_client(websocket_client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      received_(std::move(other.received_)),
      taken_(other.taken_),
      close_code_(other.close_code_),
      pongs_(other.pongs_) {}

websocket_client::~websocket_client() { close(); }

void websocket_client::close() {
  if (socket_ >= 0)
    ::close(std::exchange(socket_, -1));
}

void websocket_client::shake_hands(std::uint16_t port, std::string_view target) {
  std::string request = "GET " + std::string{target} +
                        " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n";
  for (const auto& [name, value] : handshake_headers)
    request += name + ": " + value + "\r\n";
  write(request + "\r\n");
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (!wait_readable(patience) || !read_some())
      throw std::runtime_error("no handshake: " + received_);
  if (!received_.starts_with("HTTP/1.1 101 "))
    throw std::runtime_error("refused: " + received_);
  if (received_.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos)
    throw std::runtime_error("wrong Sec-WebSocket-Accept: " + received_);
  taken_ = end + 4;
}

void websocket_client::write(std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    // A server that has closed is met when its answer is read.
    if (n < 0)
      return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void websocket_client::send(std::string_view payload) { send_frame(text, payload); }

void websocket_client::send_frame(std::uint8_t first, std::string_view payload, bool masked) {
  std::string out(1, static_cast<char>(first));
  std::size_t size = payload.size();
  auto mask_bit = static_cast<std::uint8_t>(masked ? 0x80 : 0);
  std::size_t wide = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
  out += static_cast<char>(mask_bit | (wide == 0 ? size : wide == 2 ? 126u : 127u));
  while (wide-- > 0)
    out += static_cast<char>(size >> (8 * wide));
  std::array<char, 4> key{'\x12', '\x34', '\x56', '\x78'};
  if (masked)
    out.append(key.data(), key.size());
  for (std::size_t i = 0; i < size; ++i)
    out += masked ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i];
  write(out);
}

bool websocket_client::wait_readable(std::chrono::milliseconds limit) {
  pollfd one{socket_, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(limit.count())) > 0;
}

bool websocket_client::read_some() {
  if (taken_ * 2 >= received_.size()) {
    received_.erase(0, taken_);
    taken_ = 0;
  }
  std::array<char, 65536> piece;
  while (true) {
    auto n = ::recv(socket_, piece.data(), piece.size(), MSG_DONTWAIT);
    if (n > 0)
      received_.append(piece.data(), static_cast<std::size_t>(n));
    if (n == 0)
      return false;
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    if (n < static_cast<ssize_t>(piece.size()))
      return true;
  }
}

void websocket_client::trim() {
  if (taken_ != received_.size())
    return;
  received_ = std::string{};
  taken_ = 0;
}

std::optional<websocket_client::frame> websocket_client::next_frame() {
  std::string_view rest{received_};
  rest.remove_prefix(taken_);
  if (rest.size() < 2)
    return std::nullopt;
  auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(rest[i]); };
  if ((byte(0) & 0xf0) != 0x80)
    throw std::runtime_error("not a final frame without extensions");
  if ((byte(1) & 0x80) != 0)
    throw std::runtime_error("a server must not mask");
  std::size_t size = byte(1);
  std::size_t wide = size < 126 ? 0 : size == 126 ? 2 : 8;
  if (rest.size() < 2 + wide)
    return std::nullopt;
  if (wide > 0)
    size = 0;
  for (std::size_t i = 0; i < wide; ++i)
    size = size << 8 | byte(2 + i);
  if (rest.size() < 2 + wide + size)
    return std::nullopt;
  taken_ += 2 + wide + size;
  return frame{static_cast<std::uint8_t>(byte(0) & 0x0f), std::string{rest.substr(2 + wide, size)}};
}

std::optional<std::string> websocket_client::next_message() {
  while (auto one = next_frame()) {
    switch (one->opcode) {
      case 0x1: return std::move(one->payload);
      case ping: send_frame(0x80 | pong, one->payload); break;
      case pong: ++pongs_; break;
      case 0x8:
        close_code_ =
            one->payload.size() < 2
                ? std::uint16_t{1005}
                : static_cast<std::uint16_t>(static_cast<std::uint8_t>(one->payload[0]) << 8 |
                                             static_cast<std::uint8_t>(one->payload[1]));
        send_frame(close_frame, one->payload.substr(0, 2));
        return std::nullopt;
      default: throw std::runtime_error("unknown opcode from the server");
    }
  }
  return std::nullopt;
}

std::optional<std::string> websocket_client::receive_within(std::chrono::milliseconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    if (auto message = next_message())
      return message;
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (close_code_ != 0 || left.count() <= 0 || !wait_readable(left))
      return std::nullopt;
    if (!read_some()) {
      auto last = next_message();
      if (!last && close_code_ == 0)
        close_code_ = cut;
      return last;
    }
  }
}

std::string websocket_client::receive() {
  if (auto message = receive_within(patience))
    return std::move(*message);
  throw std::runtime_error("no message; close code " + std::to_string(close_code_));
}

std::uint16_t websocket_client::wait_close() {
  auto end = std::chrono::steady_clock::now() + patience;
  while (close_code_ == 0) {
    receive_within(std::chrono::milliseconds{100});
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("not closed");
  }
  close();
  return close_code_;
}

refusal refused_handshake(std::uint16_t port, std::string_view target) {
  http_client client{port};
  auto answer = client.get(target, handshake_headers);
  return {answer.status, answer.body};
}

}  // namespace troupe::testing
