#include "app/units.hpp"

#include <fmt/format.h>

#include <array>

namespace troupe::app {

std::string with_commas(std::uint64_t value) {
  auto digits = std::to_string(value);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0)
      out += ',';
    out += digits[i];
  }
  return out;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  if (count == 1)
    return fmt::format("1 {}", one);
  return with_commas(count) + " " + (many.empty() ? fmt::format("{}s", one) : std::string(many));
}

std::string as_size(double value) {
  constexpr auto units = std::to_array<const char*>({"B", "KiB", "MiB", "GiB", "TiB"});
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, units[unit]);
}

std::string as_duration(std::chrono::nanoseconds value) {
  auto ns = static_cast<double>(value.count());
  if (ns < 1e3)
    return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6)
    return fmt::format("{:.0f} us", ns / 1e3);
  if (ns < 1e9)
    return fmt::format("{:.1f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

double rate_of(std::uint64_t count, std::chrono::nanoseconds time) {
  return time.count() <= 0 ? 0
                           : static_cast<double>(count) * 1e9 / static_cast<double>(time.count());
}

}  // namespace troupe::app
