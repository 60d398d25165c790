// Why a command did not succeed, and what the program then ends with.
#pragma once

#include "app/command_line.hpp"

#include <boost/system/result.hpp>

#include <optional>

namespace troupe::app {

/// `message` says what happened and what to do about it.
struct failure {
  exit_code code = exit_failed;
  std::string message;
  unsigned status = 0;     ///< HTTP status, when a server answered
  int error_code = 0;      ///< `error_code` of its body, likewise
  bool retriable = false;  ///< the same request may succeed later, and has certainly had no effect
};

/// A value or a failure.
template <class T>
using attempt = boost::system::result<T, failure>;

/// Asking a failed attempt for its value is a mistake of ours: aborts.
[[noreturn]] void throw_exception_from_error(const failure& x, const boost::source_location& where);

/// Prints "troupe: message" to stderr and returns the exit code.
int report(const failure& x);

}  // namespace troupe::app
