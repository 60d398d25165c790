// Files of the machine, over pread and pwritev. For posix_env.cpp.
#pragma once

#include "runtime/env/env.hpp"

namespace troupe {

/// "open /data/x: No space left on device", with the code that the errno `number` stands for.
error posix_error(std::string_view operation, const std::string& path, int number);

/// The same for a sync, after which nothing can be repaired by making room: always io_error.
error failed_sync(std::string_view operation, const std::string& path, int number);

/// Owns a descriptor; closes it in the destructor.
class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor();

  int number() const { return number_; }

 private:
  int number_;
};

/// Repeats an interrupted open(2); O_CLOEXEC is added.
result<descriptor> open_descriptor(const std::string& path, int flags);

file_ptr make_posix_file(descriptor opened, std::string path);

}  // namespace troupe
