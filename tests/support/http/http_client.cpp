#include "tests/support/http/http_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace troupe::testing {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string render(const http_headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers)
    out += name + ": " + value + "\r\n";
  return out;
}

}  // namespace

http_client::http_client(std::uint16_t port) : port_(std::to_string(port)) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error{"cannot connect"};
}

http_client::~http_client() { close(); }

void http_client::close() {
  if (socket_ >= 0)
    ::close(socket_);
  socket_ = -1;
}

http_answer http_client::get(std::string_view target, const http_headers& headers) {
  write(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}\r\n", target, port_,
                    render(headers)));
  return read_answer();
}

http_answer http_client::send(std::string_view method, std::string_view target,
                              std::string_view body, std::string_view content_type,
                              const http_headers& headers) {
  const auto type =
      content_type.empty() ? std::string{} : fmt::format("Content-Type: {}\r\n", content_type);
  write(fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}{}Content-Length: {}\r\n\r\n{}",
                    method, target, port_, type, render(headers), body.size(), body));
  return read_answer();
}

void http_client::begin(std::string_view method, std::string_view target,
                        const http_headers& headers) {
  write(fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nTransfer-Encoding: chunked\r\n{}\r\n",
                    method, target, port_, render(headers)));
}

void http_client::send_chunk(std::string_view data) {
  write(fmt::format("{:x}\r\n{}\r\n", data.size(), data));
}

void http_client::end_chunks() { write("0\r\n\r\n"); }

void http_client::write(std::string_view data) {
  while (!data.empty()) {
    const auto sent = ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      throw std::runtime_error{"cannot send"};
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool http_client::receive() {
  std::array<char, 65536> buffer;
  const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (got > 0)
    received_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string http_client::take(std::size_t size) {
  while (received_.size() < size)
    if (!receive())
      throw std::runtime_error{"no answer: '" + received_ + "'"};
  auto out = received_.substr(0, size);
  received_.erase(0, size);
  return out;
}

std::string http_client::take_line() {
  std::size_t end;
  while ((end = received_.find("\r\n")) == std::string::npos)
    if (!receive())
      throw std::runtime_error{"no answer: '" + received_ + "'"};
  auto line = take(end);
  take(2);
  return line;
}

http_answer http_client::read_head() {
  http_answer out;
  const auto status = take_line();
  out.status = static_cast<unsigned>(std::stoul(status.substr(status.find(' ') + 1)));
  for (auto line = take_line(); !line.empty(); line = take_line()) {
    const auto colon = line.find(':');
    out.headers[lower(line.substr(0, colon))] = line.substr(line.find_first_not_of(' ', colon + 1));
  }
  return out;
}

std::string http_client::read_chunk() {
  const auto size = std::stoul(take_line(), nullptr, 16);
  auto data = take(size);
  take(2);
  return data;
}

std::string http_client::read_chunks() {
  std::string out;
  for (auto chunk = read_chunk(); !chunk.empty(); chunk = read_chunk())
    out += chunk;
  return out;
}

http_answer http_client::read_answer() {
  auto out = read_head();
  if (out.headers.count("transfer-encoding") != 0)
    out.body = read_chunks();
  else if (out.headers.count("content-length") != 0)
    out.body = take(std::stoul(out.headers["content-length"]));
  return out;
}

bool http_client::readable(std::chrono::milliseconds within) {
  pollfd what{socket_, POLLIN, 0};
  return !received_.empty() || ::poll(&what, 1, static_cast<int>(within.count())) > 0;
}

void http_client::shutdown_write() { ::shutdown(socket_, SHUT_WR); }

void http_client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

bool http_client::closed_by_server() { return received_.empty() && !receive(); }

}  // namespace troupe::testing
