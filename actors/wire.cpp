#include "actors/wire.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe {

namespace {

std::string remote_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return "?";
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return wire_name(text, ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  return wire_name(text, ntohs(v4.sin_port));
}

}  // namespace

std::string wire_name(const std::string& address, std::uint16_t port) {
  return fmt::format("{}:{}", address, port);
}

wire::wire(int socket, std::unique_ptr<tls_session> tls)
    : socket_(socket), tls_(std::move(tls)), remote_(remote_of(socket)) {}

wire::~wire() {
  if (socket_ >= 0 && !handed_over_)
    close(socket_);
}

void wire::cut() {
  std::lock_guard guard{mutex_};
  if (socket_ >= 0)
    shutdown(socket_, SHUT_RDWR);
}

bool wire::ended() const {
  std::lock_guard guard{mutex_};
  return socket_ < 0;
}

std::string wire::failure() const {
  std::lock_guard guard{mutex_};
  return failure_;
}

void wire::set_failure(std::string why) {
  std::lock_guard guard{mutex_};
  if (failure_.empty())
    failure_ = std::move(why);
}

int wire::hand_over() {
  handed_over_ = true;
  return socket_;
}

void wire::socket_closed() {
  std::lock_guard guard{mutex_};
  socket_ = -1;
}

}  // namespace troupe
