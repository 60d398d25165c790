#include "runtime/env/posix_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>

namespace troupe {

namespace {

/// Repeats a call as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto outcome = call();
    if (outcome >= 0 || errno != EINTR)
      return outcome;
  }
}

errc code_for(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT: return errc::disk_full;
    case ENOENT: return errc::not_found;
    case EMFILE:
    case ENFILE: return errc::overloaded;
    default: return errc::io_error;
  }
}

/// The parts still to be written, in portions that one pwritev takes.
class gather {
 public:
  explicit gather(std::span<const byte_view> parts) : parts_(parts) {}

  /// Fills `into` from where the last write ended; returns how many are filled.
  std::size_t fill(std::span<iovec> into) const {
    std::size_t n = 0;
    auto skip = done_in_part_;
    for (auto i = part_; i < parts_.size() && n < into.size(); ++i) {
      const auto rest = parts_[i].subspan(std::exchange(skip, 0));
      if (!rest.empty())
        into[n++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    return n;
  }

  void advance(std::size_t written) {
    while (part_ < parts_.size() && written >= parts_[part_].size() - done_in_part_) {
      written -= parts_[part_].size() - done_in_part_;
      done_in_part_ = 0;
      ++part_;
    }
    done_in_part_ += written;
  }

 private:
  std::span<const byte_view> parts_;
  std::size_t part_ = 0;
  std::size_t done_in_part_ = 0;
};

class posix_file final : public file {
 public:
  posix_file(descriptor opened, std::string path)
      : descriptor_(std::move(opened)), path_(std::move(path)) {}

  result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto n = uninterrupted([&] {
        return ::pread(fd(), into.data() + done, into.size() - done,
                       static_cast<off_t>(position + done));
      });
      if (n < 0)
        return posix_error("read", path_, errno);
      if (n == 0)
        break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  result<void> write_at(std::uint64_t position, std::span<const byte_view> parts) override {
    gather left{parts};
    std::array<iovec, 1024> vectors;  // IOV_MAX of Linux
    for (auto n = left.fill(vectors); n > 0; n = left.fill(vectors)) {
      const auto written = uninterrupted([&] {
        return ::pwritev(fd(), vectors.data(), static_cast<int>(n), static_cast<off_t>(position));
      });
      if (written < 0)
        return posix_error("write", path_, errno);
      if (written == 0)
        return posix_error("write", path_, EIO);
      position += static_cast<std::size_t>(written);
      left.advance(static_cast<std::size_t>(written));
    }
    return {};
  }

  result<void> truncate(std::uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(fd(), static_cast<off_t>(size)); }) != 0)
      return posix_error("truncate", path_, errno);
    return {};
  }

  result<void> sync() override {
    // Not repeated when interrupted: after any failure the outcome is unknown (rule S8).
    if (::fdatasync(fd()) != 0)
      return failed_sync("sync", path_, errno);
    return {};
  }

  result<std::uint64_t> size() const override {
    struct stat about {};
    if (::fstat(fd(), &about) != 0)
      return posix_error("stat", path_, errno);
    return static_cast<std::uint64_t>(about.st_size);
  }

 private:
  int fd() const { return descriptor_.number(); }

  descriptor descriptor_;
  std::string path_;
};

}  // namespace

error posix_error(std::string_view operation, const std::string& path, int number) {
  return {code_for(number),
          fmt::format("{} {}: {}", operation, path, std::generic_category().message(number))};
}

error failed_sync(std::string_view operation, const std::string& path, int number) {
  auto failure = posix_error(operation, path, number);
  failure.code = errc::io_error;
  return failure;
}

descriptor::~descriptor() {
  if (number_ >= 0)
    ::close(number_);
}

result<descriptor> open_descriptor(const std::string& path, int flags) {
  const auto number = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
  if (number < 0)
    return posix_error("open", path, errno);
  return descriptor{number};
}

file_ptr make_posix_file(descriptor opened, std::string path) {
  return std::make_shared<posix_file>(std::move(opened), std::move(path));
}

}  // namespace troupe
