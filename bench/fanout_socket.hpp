// Plain sockets for load generators: whatever a library would add would be measured too.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::bench {

[[noreturn]] inline void stop_with(const std::string& reason) {
  std::fprintf(stderr, "%s\n", reason.c_str());
  std::exit(1);
}

class unique_socket {
 public:
  unique_socket() = default;
  explicit unique_socket(int fd) : fd_(fd) {}
  unique_socket(unique_socket&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  unique_socket& operator=(unique_socket&& from) noexcept {
    std::swap(fd_, from.fd_);
    return *this;
  }
  ~unique_socket() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// Connects to 127.0.0.1; `receive_buffer` in bytes, 0 for what the system gives.
inline unique_socket connect_to(unsigned short port, int receive_buffer) {
  unique_socket socket{::socket(AF_INET, SOCK_STREAM, 0)};
  if (receive_buffer > 0)
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    stop_with(std::string{"connect: "} + std::strerror(errno));
  int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

inline void write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    auto n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n <= 0)
      stop_with(std::string{"send: "} + std::strerror(errno));
    data.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// What is there, at most 64 KiB; blocks when there is nothing.
inline std::string_view read_some(int fd) {
  static char room[64 * 1024];
  auto n = ::recv(fd, room, sizeof room, 0);
  if (n == 0)
    stop_with("the server closed a connection");
  if (n < 0)
    stop_with(std::string{"recv: "} + std::strerror(errno));
  return {room, static_cast<std::size_t>(n)};
}

}  // namespace troupe::bench
