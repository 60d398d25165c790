// The real program as a child process.
#pragma once

#include "app/server_url.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe::test {

/// What a finished process left behind.
struct finished {
  int code = -1;  ///< exit code, or -1 when a signal ended it
  int signal = 0;
  std::string out;
  std::string err;
};

/// Runs the program to its end, at most `limit`; then it is killed and the test fails.
finished run_program(const std::vector<std::string>& arguments, const std::string& input = {},
                     std::chrono::seconds limit = std::chrono::seconds(30));

/// The same with standard output going to `out`, which is closed at the end.
finished run_program_into(int out, const std::vector<std::string>& arguments,
                          const std::string& input = {});

/// A program whose standard input stays open until it is written to and closed, and whose output
/// can be read while it runs. Killed when it still runs at the end.
class child_program {
 public:
  explicit child_program(const std::vector<std::string>& arguments);
  ~child_program();
  child_program(const child_program&) = delete;
  child_program& operator=(const child_program&) = delete;

  std::string out() const;
  std::string err() const;
  /// Waits at most 20 s until standard output or standard error holds `words`.
  bool await_out(const std::string& words) const;
  bool await_err(const std::string& words) const;
  void signal(int number);
  finished wait(std::chrono::seconds limit = std::chrono::seconds(10));

 private:
  std::string directory_;
  int in_ = -1;  // the end to write to
  int pid_ = -1;
};

/// A directory that is gone with the test.
class temporary_directory {
 public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// `troupe serve` on a free port of 127.0.0.1. Killed when it still runs at the end.
class broker_process {
 public:
  /// Starts it and waits until it says where it listens; the test fails when it does not.
  explicit broker_process(const std::string& data_dir, std::vector<std::string> more = {});
  ~broker_process();
  broker_process(const broker_process&) = delete;
  broker_process& operator=(const broker_process&) = delete;

  const app::server_url& server() const { return server_; }
  std::string url() const { return "http://" + server_.authority(); }
  int pid() const { return pid_; }

  void signal(int number);
  /// SIGKILL, and waits until it is gone.
  void kill();
  /// SIGTERM, and waits at most `limit` for its end.
  finished stop(std::chrono::seconds limit = std::chrono::seconds(10));
  finished wait(std::chrono::seconds limit);
  bool running() const { return pid_ > 0; }
  /// Memory that is resident, in bytes.
  std::size_t resident_bytes() const;

 private:
  bool await_listening();

  int pid_ = -1;
  int out_ = -1;
  std::string err_path_;
  std::string said_;
  app::server_url server_;
};

}  // namespace troupe::test
