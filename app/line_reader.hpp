// Lines from a file or a pipe that may be fed slowly by a person or a program.
#pragma once

#include "app/failure.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace troupe::app {

enum class line_state { line, nothing_yet, end };

/// Owns the file descriptor it opened; standard input stays open. Owned by one thread.
class line_reader {
 public:
  /// "-" is standard input.
  static attempt<line_reader> open(const std::string& path);
  line_reader(line_reader&& other) noexcept;
  ~line_reader();

  /// The next line in `into`, without its end; waits at most `wait` for it. A last line without an
  /// end counts. The view is valid until the next call. Fails when reading fails or a line is
  /// longer than `line_bytes_max`.
  attempt<line_state> next(std::string_view& into, std::chrono::milliseconds wait);
  /// Lines returned so far.
  std::uint64_t line_number() const { return lines_; }
  /// Size of the file, 0 when it is not one.
  std::uint64_t size() const { return size_; }
  std::uint64_t bytes_read() const { return read_; }

  static constexpr std::size_t line_bytes_max = 64u << 20;

 private:
  line_reader(int fd, bool owned) : fd_(fd), owned_(owned) {}
  attempt<bool> fill();

  int fd_;
  bool owned_;
  bool ended_ = false;
  std::string buffer_;
  std::size_t at_ = 0;       ///< start of the next line in buffer_
  std::size_t scanned_ = 0;  ///< buffer_ has no line end in [at_, scanned_)
  std::uint64_t lines_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace troupe::app
