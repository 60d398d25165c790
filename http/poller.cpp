#include "http/poller.hpp"

#include "runtime/base/assert.hpp"

#include <cerrno>

namespace troupe::http {

std::shared_ptr<poller> poller::create(const loop_executor& executor) {
  int fd = ::epoll_create1(EPOLL_CLOEXEC);
  troupe_assert(fd >= 0, "epoll_create1: errno {}", errno);
  std::shared_ptr<poller> made{new poller(executor, fd)};
  made->wait();
  return made;
}

bool poller::add(int fd, readiness_sink& sink) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &sink;
  return ::epoll_ctl(descriptor_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void poller::remove(int fd, readiness_sink& sink) {
  if (descriptor_.is_open())
    ::epoll_ctl(descriptor_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = next_; i < count_; ++i)
    if (events_[static_cast<std::size_t>(i)].data.ptr == &sink)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
}

void poller::close() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

void poller::wait() {
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                         [self = shared_from_this()](const boost::system::error_code& failed) {
                           if (!failed && self->descriptor_.is_open())
                             self->dispatch();
                         });
}

void poller::dispatch() {
  count_ = ::epoll_wait(descriptor_.native_handle(), events_.data(),
                        static_cast<int>(events_.size()), 0);
  for (next_ = 0; next_ < count_;) {
    const epoll_event& event = events_[static_cast<std::size_t>(next_++)];
    if (event.data.ptr != nullptr)
      static_cast<readiness_sink*>(event.data.ptr)->on_ready(event.events);
  }
  count_ = next_ = 0;
  if (descriptor_.is_open())
    wait();
}

}  // namespace troupe::http
