#include "http/stream.hpp"

#include "runtime/base/assert.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::http {

namespace {

constexpr std::uint32_t read_events = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t write_events = EPOLLOUT | EPOLLHUP | EPOLLERR;

bool would_block(int code) { return code == EAGAIN || code == EWOULDBLOCK; }

io_count written(ssize_t n) {
  if (n >= 0)
    return {io_status::ok, static_cast<std::size_t>(n)};
  return {would_block(errno) ? io_status::again : io_status::failed, 0};
}

}  // namespace

stream::stream(int fd, std::shared_ptr<poller> events) : events_(std::move(events)), fd_(fd) {
  if (!events_->add(fd_, *this)) {
    ::close(fd_);
    fd_ = -1;
  }
}

stream::~stream() { close(); }

io_count stream::try_read(std::span<char> into) {
  if (fd_ < 0)
    return {io_status::failed, 0};
  // Cleared before the read: what comes afterwards is a new edge and sets it again.
  readable_ = false;
  ssize_t n;
  do {
    n = ::recv(fd_, into.data(), into.size(), 0);
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    // A short read has emptied the socket, except that an end of stream may stand behind it.
    readable_ = static_cast<std::size_t>(n) == into.size() || peer_closed_;
    return {io_status::ok, static_cast<std::size_t>(n)};
  }
  if (n == 0) {
    readable_ = true;
    return {io_status::end, 0};
  }
  return {would_block(errno) ? io_status::again : io_status::failed, 0};
}

io_count stream::try_write(std::string_view first, std::string_view second) {
  if (fd_ < 0)
    return {io_status::failed, 0};
  if (first.empty() || second.empty())
    return try_write(first.empty() ? second : first);
  iovec parts[2] = {{const_cast<char*>(first.data()), first.size()},
                    {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ssize_t n;
  do {
    n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return written(n);
}

io_count stream::try_write(std::string_view text) {
  ssize_t n;
  do {
    n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return written(n);
}

asio::awaitable<void, loop_executor> stream::wait_for(std::uint32_t events) {
  constexpr asio::use_awaitable_t<loop_executor> token{};
  auto start = [this, events](auto resume) {
    troupe_assert(!waiter_);
    wanted_ = events;
    waiter_.emplace(std::move(resume));
  };
  return asio::async_initiate<const asio::use_awaitable_t<loop_executor>, void()>(start, token);
}

asio::awaitable<void, loop_executor> stream::readable() { return wait_for(read_events); }

asio::awaitable<void, loop_executor> stream::writable() { return wait_for(write_events); }

void stream::on_ready(std::uint32_t events) {
  if (events & read_events)
    readable_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
    peer_closed_ = true;
  if (events & wanted_)
    interrupt();
}

void stream::interrupt() {
  if (!waiter_)
    return;
  // Out of the member first: the coroutine may wait again, or end and destroy this.
  waiter resume = std::move(*waiter_);
  waiter_.reset();
  wanted_ = 0;
  std::move(resume)();
}

bool stream::is_ipv6() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  return ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         address.ss_family == AF_INET6;
}

void stream::shutdown_write() {
  if (fd_ >= 0)
    ::shutdown(fd_, SHUT_WR);
}

void stream::close() {
  if (fd_ >= 0)
    ::close(release());
}

int stream::release() {
  readable_ = true;  // a read fails now, and need not be waited for
  events_->remove(fd_, *this);
  return std::exchange(fd_, -1);
}

}  // namespace troupe::http
