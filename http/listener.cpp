#include "http/listener.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe::http {

namespace {

constexpr int backlog = 4096;
/// Accepted at a time before the loop does something else.
constexpr int accepts_max = 64;
constexpr std::chrono::milliseconds retry_after{100};

}  // namespace

listener::listener(admission& limit, std::vector<std::shared_ptr<loop>> loops)
    : limit_(limit),
      loops_(std::move(loops)),
      acceptor_(loops_.front()->services().executor),
      retry_(loops_.front()->services().executor) {}

result<void> listener::open(const std::string& host, std::uint16_t port) {
  boost::system::error_code failed;
  auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failed);
  if (failed)
    return error{errc::invalid_parameter, fmt::format("'{}' is not an IP address.", host)};
  asio::ip::tcp::endpoint at{address, port};
  auto step = [&](auto call) {
    if (!failed)
      call();
  };
  step([&] { acceptor_.open(at.protocol(), failed); });
  step([&] { acceptor_.set_option(asio::socket_base::reuse_address(true), failed); });
  step([&] { acceptor_.bind(at, failed); });
  step([&] { acceptor_.listen(backlog, failed); });
  step([&] { acceptor_.native_non_blocking(true, failed); });
  step([&] { port_ = acceptor_.local_endpoint(failed).port(); });
  if (failed)
    return error{errc::io_error,
                 fmt::format("Cannot listen on {}:{}: {}.", host, port, failed.message())};
  return {};
}

void listener::start() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] { self->wait(); });
}

void listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

void listener::wait() {
  if (!acceptor_.is_open())
    return;
  acceptor_.async_wait(asio::socket_base::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& failed) {
                         if (!failed && self->acceptor_.is_open())
                           self->accept_waiting();
                       });
}

void listener::accept_waiting() {
  for (int i = 0; i < accepts_max; ++i) {
    int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        return pause();
      if (errno == EINTR || errno == ECONNABORTED)
        continue;
      break;
    }
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    auto& target = loops_[next_++ % loops_.size()];
    asio::dispatch(target->services().executor,
                   [target, fd, permit = connection_permit{limit_}]() mutable {
                     target->serve(fd, std::move(permit));
                   });
  }
  wait();
}

/// No descriptors left: the connections that wait stay in the kernel's queue for a moment.
void listener::pause() {
  spdlog::warn("cannot accept a connection: {}", std::strerror(errno));
  retry_.expires_after(retry_after);
  retry_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed)
      self->wait();
  });
}

}  // namespace troupe::http
