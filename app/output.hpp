// Standard output of the commands: what cannot be written is remembered and decides the exit code.
// Also what they say on standard error, which never fails a command.
#pragma once

#include <boost/json/fwd.hpp>
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace troupe::app {

/// Puts `text` into the buffer of standard output. Owned by one thread, as all of standard output.
void write_out(std::string_view text);
/// Hands the buffer on, for output that somebody waits for. False when output is lost.
bool flush_out();
/// Whether output was lost, because the reader went away or the device failed. A command that
/// prints a lot may stop then.
bool output_lost();

template <class... Args>
void print_out(fmt::format_string<Args...> format, Args&&... args) {
  write_out(fmt::format(format, std::forward<Args>(args)...));
}

/// To standard error; what cannot be said there is dropped.
void write_error(std::string_view text);

template <class... Args>
void print_error(fmt::format_string<Args...> format, Args&&... args) {
  write_error(fmt::format(format, std::forward<Args>(args)...));
}

/// JSON as scripts expect it: numbers as 1 and 0.25, not as 1E0 and 2.5E-1.
void append_json(std::string& into, const boost::json::value& value);
/// One line of it on standard output.
void print_json(const boost::json::value& value);

/// Gives a descriptor 0, 1 or 2 that the caller has closed a place holder that fails every use, so
/// that no file of ours is taken for it. Call before anything is opened.
void guard_standard_streams();
/// What the program ends with, given what its command returned: output that was lost turns
/// exit_ok into exit_failed, with a message, unless its reader had enough and closed the pipe.
int finish_output(int code);

}  // namespace troupe::app
