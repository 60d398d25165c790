#include "app/output.hpp"

#include "app/command_line.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace troupe::app {

namespace json = boost::json;

namespace {

/// The error of the first write to standard output that failed; 0 for none. The stream itself only
/// remembers that there was one.
int first_error = 0;

void note_failure() {
  if (first_error == 0)
    first_error = errno != 0 ? errno : EIO;
}

void append_number(std::string& into, double value) {
  fmt::format_to(std::back_inserter(into), "{}", value);
}

}  // namespace

void write_out(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    note_failure();
}

bool flush_out() {
  errno = 0;
  if (std::fflush(stdout) != 0)
    note_failure();
  return !output_lost();
}

bool output_lost() { return first_error != 0; }

void write_error(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void append_json(std::string& into, const json::value& value) {
  const char* between = "";
  switch (value.kind()) {
    case json::kind::double_: return append_number(into, value.get_double());
    case json::kind::array:
      into += '[';
      for (const auto& item : value.get_array()) {
        into += std::exchange(between, ",");
        append_json(into, item);
      }
      into += ']';
      return;
    case json::kind::object:
      into += '{';
      for (const auto& [name, item] : value.get_object()) {
        into += std::exchange(between, ",");
        into += json::serialize(name);
        into += ':';
        append_json(into, item);
      }
      into += '}';
      return;
    default: into += json::serialize(value);
  }
}

void print_json(const json::value& value) {
  std::string line;
  append_json(line, value);
  line += '\n';
  write_out(line);
}

void guard_standard_streams() {
  // Open for the wrong direction: a read of 0 and a write of 1 or 2 fail as on a closed one.
  constexpr int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", modes[fd]) != fd)
      _exit(exit_failed);
}

int finish_output(int code) {
  flush_out();
  if (first_error == 0 || first_error == EPIPE)
    return code;
  print_error("troupe: cannot write to standard output: {}\n", std::strerror(first_error));
  return code == exit_ok ? exit_failed : code;
}

}  // namespace troupe::app
