#include "app/line_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace troupe::app {

attempt<line_reader> line_reader::open(const std::string& path) {
  if (path == "-")
    return line_reader(STDIN_FILENO, false);
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return failure{exit_failed, fmt::format("cannot read '{}': {}", path, std::strerror(errno))};
  line_reader reader(fd, true);
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
    reader.size_ = static_cast<std::uint64_t>(status.st_size);
  return reader;
}

line_reader::line_reader(line_reader&& other) noexcept
    : fd_(other.fd_),
      owned_(std::exchange(other.owned_, false)),
      ended_(other.ended_),
      buffer_(std::move(other.buffer_)),
      at_(other.at_),
      scanned_(other.scanned_),
      lines_(other.lines_),
      read_(other.read_),
      size_(other.size_) {}

line_reader::~line_reader() {
  if (owned_)
    ::close(fd_);
}

attempt<bool> line_reader::fill() {
  // What was returned already is dropped only here, so that views stay valid until the next call.
  buffer_.erase(0, at_);
  scanned_ -= at_;
  at_ = 0;
  constexpr std::size_t chunk = std::size_t{256} * 1024;
  auto have = buffer_.size();
  if (have > line_bytes_max)
    return failure{exit_failed,
                   fmt::format("line {} is longer than {} bytes", lines_ + 1, line_bytes_max)};
  buffer_.resize(have + chunk);
  auto got = ::read(fd_, buffer_.data() + have, chunk);
  buffer_.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got < 0 && errno == EINTR)
    return true;
  if (got < 0)
    return failure{exit_failed, fmt::format("reading failed: {}", std::strerror(errno))};
  read_ += static_cast<std::uint64_t>(got);
  ended_ = got == 0;
  return true;
}

attempt<line_state> line_reader::next(std::string_view& into, std::chrono::milliseconds wait) {
  for (;;) {
    auto end = buffer_.find('\n', scanned_);
    if (end != buffer_.npos || (ended_ && at_ < buffer_.size())) {
      auto stop = end == buffer_.npos ? buffer_.size() : end;
      into = std::string_view(buffer_).substr(at_, stop - at_);
      at_ = scanned_ = std::min(stop + 1, buffer_.size());
      ++lines_;
      return line_state::line;
    }
    scanned_ = buffer_.size();
    if (ended_)
      return line_state::end;
    pollfd ready{fd_, POLLIN, 0};
    auto got = poll(&ready, 1, static_cast<int>(wait.count()));
    if (got == 0 || (got < 0 && errno == EINTR))
      return line_state::nothing_yet;
    if (auto filled = fill(); !filled)
      return filled.error();
  }
}

}  // namespace troupe::app
