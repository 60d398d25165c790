#include "tests/support/e2e/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace troupe::test {

namespace {

using steady = std::chrono::steady_clock;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The one of this build, or another one that the environment names.
std::string program_path() {
  const char* other = std::getenv("TROUPE_PROGRAM");
  return other != nullptr ? other : TROUPE_PROGRAM;
}

/// The environment without what only tests know: a broker refuses settings it has never heard of.
std::vector<char*> environment() {
  std::vector<char*> kept;
  for (char** at = environ; *at != nullptr; ++at) {
    std::string_view entry = *at;
    if (!entry.starts_with("TROUPE_NIGHTLY=") && !entry.starts_with("TROUPE_PROGRAM="))
      kept.push_back(*at);
  }
  kept.push_back(nullptr);
  return kept;
}

/// Starts the program; its descriptors are those given.
int spawn(const std::vector<std::string>& arguments, int in, int out, int err) {
  std::vector<char*> argv;
  auto program = program_path();
  argv.push_back(program.data());
  auto copies = arguments;
  for (auto& argument : copies)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  auto envp = environment();
  int pid = fork();
  if (pid != 0)
    return pid;
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

int open_file(const std::string& path, int flags) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  EXPECT_GE(fd, 0) << path;
  return fd;
}

/// Waits for the end of `pid`; false when it had to be killed.
bool await_end(int pid, std::chrono::seconds limit, finished& into) {
  auto end = steady::now() + limit;
  int status = 0;
  bool in_time = true;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (steady::now() > end) {
      in_time = false;
      ::kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  into.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  into.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return in_time;
}

}  // namespace

namespace {

/// `out` below zero: a file, whose content comes back.
finished run(const std::vector<std::string>& arguments, const std::string& input,
             std::chrono::seconds limit, int out) {
  temporary_directory work;
  std::ofstream(work / "in", std::ios::binary) << input;
  int in = open_file(work / "in", O_RDONLY);
  if (out < 0)
    out = open_file(work / "out", O_WRONLY | O_CREAT);
  int err = open_file(work / "err", O_WRONLY | O_CREAT);
  int pid = spawn(arguments, in, out, err);
  for (int fd : {in, out, err})
    ::close(fd);
  finished result;
  EXPECT_TRUE(await_end(pid, limit, result)) << "still running after " << limit.count() << " s";
  result.out = content_of(work / "out");
  result.err = content_of(work / "err");
  return result;
}

}  // namespace

finished run_program(const std::vector<std::string>& arguments, const std::string& input,
                     std::chrono::seconds limit) {
  return run(arguments, input, limit, -1);
}

finished run_program_into(int out, const std::vector<std::string>& arguments,
                          const std::string& input) {
  return run(arguments, input, std::chrono::seconds(30), out);
}

child_program::child_program(const std::vector<std::string>& arguments) {
  auto pattern = (std::filesystem::temp_directory_path() / "troupe-e2e-XXXXXX").string();
  directory_ = mkdtemp(pattern.data());
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return;
  in_ = ends[1];
  int out = open_file(directory_ + "/out", O_WRONLY | O_CREAT);
  int err = open_file(directory_ + "/err", O_WRONLY | O_CREAT);
  pid_ = spawn(arguments, ends[0], out, err);
  for (int fd : {ends[0], out, err})
    ::close(fd);
}

child_program::~child_program() {
  finished ignored;
  if (pid_ > 0)
    await_end(pid_, std::chrono::seconds(0), ignored);
  ::close(in_);
  std::error_code failed;
  std::filesystem::remove_all(directory_, failed);
}

std::string child_program::out() const { return content_of(directory_ + "/out"); }
std::string child_program::err() const { return content_of(directory_ + "/err"); }

namespace {

bool await_content(const std::string& path, const std::string& words) {
  auto end = steady::now() + std::chrono::seconds(20);
  while (content_of(path).find(words) == std::string::npos) {
    if (steady::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace

bool child_program::await_out(const std::string& words) const {
  return await_content(directory_ + "/out", words);
}

bool child_program::await_err(const std::string& words) const {
  return await_content(directory_ + "/err", words);
}

void child_program::signal(int number) { ::kill(pid_, number); }

finished child_program::wait(std::chrono::seconds limit) {
  finished result;
  EXPECT_TRUE(await_end(pid_, limit, result)) << "still running after " << limit.count() << " s";
  pid_ = -1;
  result.out = out();
  result.err = err();
  return result;
}

temporary_directory::temporary_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "troupe-e2e-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

broker_process::broker_process(const std::string& data_dir, std::vector<std::string> more) {
  std::vector<std::string> arguments{"serve", "--data-dir", data_dir, "--http", "127.0.0.1:0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0)
    return;
  auto pattern = (std::filesystem::temp_directory_path() / "troupe-e2e-err-XXXXXX").string();
  int err = mkostemp(pattern.data(), O_CLOEXEC);
  err_path_ = pattern;
  int in = open_file("/dev/null", O_RDONLY);
  pid_ = spawn(arguments, in, pipe_fds[1], err);
  for (int fd : {in, err, pipe_fds[1]})
    ::close(fd);
  out_ = pipe_fds[0];
  EXPECT_TRUE(await_listening()) << "the broker did not start: " << content_of(err_path_);
}

broker_process::~broker_process() {
  if (running())
    kill();
  if (out_ >= 0)
    ::close(out_);
  std::error_code ignored;
  std::filesystem::remove(err_path_, ignored);
}

bool broker_process::await_listening() {
  constexpr std::string_view words = "listens on http://127.0.0.1:";
  auto end = steady::now() + std::chrono::seconds(20);
  while (steady::now() < end) {
    pollfd ready{out_, POLLIN, 0};
    if (poll(&ready, 1, 100) <= 0)
      continue;
    char part[256];
    auto got = ::read(out_, part, sizeof part);
    if (got <= 0)
      return false;
    said_.append(part, static_cast<std::size_t>(got));
    auto at = said_.find(words);
    if (at == said_.npos || said_.find('\n', at) == said_.npos)
      continue;
    at += words.size();
    server_.port = said_.substr(at, said_.find(',', at) - at);
    return true;
  }
  return false;
}

void broker_process::signal(int number) { ::kill(pid_, number); }

void broker_process::kill() {
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

finished broker_process::stop(std::chrono::seconds limit) {
  signal(SIGTERM);
  return wait(limit);
}

finished broker_process::wait(std::chrono::seconds limit) {
  finished result;
  EXPECT_TRUE(await_end(pid_, limit, result))
      << "the broker did not end within " << limit.count() << " s";
  pid_ = -1;
  result.out = said_;
  result.err = content_of(err_path_);
  return result;
}

std::size_t broker_process::resident_bytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace troupe::test
