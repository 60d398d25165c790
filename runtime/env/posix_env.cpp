#include "runtime/env/posix_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace troupe {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view lock_name = ".lock";

int flags_of(open_mode mode) {
  switch (mode) {
    case open_mode::read_only: return O_RDONLY;
    case open_mode::read_write: return O_RDWR;
    case open_mode::create: return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

class posix_lock final : public directory_lock {
 public:
  explicit posix_lock(descriptor held) : held_(std::move(held)) {}

 private:
  descriptor held_;  // closing it releases the lock
};

class posix_env_impl final : public env {
 public:
  result<file_ptr> open(const std::string& path, open_mode mode) override {
    auto opened = open_descriptor(path, flags_of(mode));
    if (!opened)
      return opened.error();
    return make_posix_file(std::move(*opened), path);
  }

  result<std::vector<std::string>> list(const std::string& directory) override {
    std::error_code failed;
    std::vector<std::string> names;
    fs::directory_iterator at{directory, failed};
    for (; !failed && at != fs::directory_iterator{}; at.increment(failed))
      names.push_back(at->path().filename().string());
    if (failed)
      return posix_error("list", directory, failed.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  result<bool> exists(const std::string& path) override {
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0)
      return true;
    if (errno == ENOENT || errno == ENOTDIR)
      return false;
    return posix_error("stat", path, errno);
  }

  result<void> create_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0755) == 0)
      return {};
    const auto number = errno;
    struct stat about {};
    if (number == EEXIST && ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode))
      return {};
    return posix_error("create directory", path, number);
  }

  result<void> remove_file(const std::string& path) override {
    if (::unlink(path.c_str()) != 0)
      return posix_error("remove", path, errno);
    return {};
  }

  result<void> remove_all(const std::string& path) override {
    std::error_code failed;
    fs::remove_all(path, failed);
    if (failed)
      return posix_error("remove", path, failed.value());
    return {};
  }

  result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return posix_error("rename", from, errno);
    return {};
  }

  result<void> sync_directory(const std::string& directory) override {
    auto opened = open_descriptor(directory, O_RDONLY | O_DIRECTORY);
    if (!opened)
      return opened.error();
    if (::fsync(opened->number()) != 0)
      return failed_sync("sync", directory, errno);
    return {};
  }

  result<void> sync_filesystem(const std::string& directory) override {
    auto opened = open_descriptor(directory, O_RDONLY | O_DIRECTORY);
    if (!opened)
      return opened.error();
    if (::syncfs(opened->number()) != 0)
      return failed_sync("sync the file system of", directory, errno);
    return {};
  }

  result<disk_space> space(const std::string& directory) override {
    struct statvfs about {};
    if (::statvfs(directory.c_str(), &about) != 0)
      return posix_error("statvfs", directory, errno);
    const std::uint64_t unit = about.f_frsize;
    return disk_space{.free_bytes = about.f_bavail * unit, .total_bytes = about.f_blocks * unit};
  }

  result<std::unique_ptr<directory_lock>> lock_directory(const std::string& path) override {
    auto opened = open_descriptor(fmt::format("{}/{}", path, lock_name), O_RDWR | O_CREAT);
    if (!opened)
      return opened.error();
    if (::flock(opened->number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK)
        return posix_error("lock", path, errno);
      return error{errc::directory_in_use, fmt::format("{} is in use by another process", path)};
    }
    return std::unique_ptr<directory_lock>{std::make_unique<posix_lock>(std::move(*opened))};
  }
};

}  // namespace

env& posix_env() {
  static posix_env_impl instance;
  return instance;
}

}  // namespace troupe
