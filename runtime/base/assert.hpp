// Assertions guard against our own mistakes and stay on in release: a broker that goes on after
// one may lose data. Bad input and failing devices are never assertions; they are errors.
#pragma once

#include <fmt/format.h>

namespace troupe {

/// Prints the place, the condition and the values to stderr and aborts the process.
[[noreturn]] void assertion_failed(const char* file, int line, const char* condition,
                                   const std::string& values);

}  // namespace troupe

/// `troupe_assert(hw <= leo, "hw {} leo {}", hw, leo)`: the values are formatted only on failure.
#define troupe_assert(condition, ...)                                                          \
  do {                                                                                         \
    if (!(condition)) [[unlikely]]                                                             \
      ::troupe::assertion_failed(__FILE__, __LINE__, #condition, fmt::format("" __VA_ARGS__)); \
  } while (false)
