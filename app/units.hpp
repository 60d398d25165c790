// Numbers for people, and where the time goes in a command.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::app {

/// "63,666".
std::string with_commas(std::uint64_t value);
/// "1 record", "2,000 records"; `many` where an s does not make the plural.
std::string counted(std::uint64_t count, std::string_view one, std::string_view many = {});
/// "48.2 MiB".
std::string as_size(double bytes);
/// "850 us", "12.3 ms", "4.20 s".
std::string as_duration(std::chrono::nanoseconds value);
/// Per second; 0 for no time at all.
double rate_of(std::uint64_t count, std::chrono::nanoseconds time);

/// Runs from its construction.
class stopwatch {
 public:
  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - start_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace troupe::app
