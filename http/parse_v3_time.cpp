#include "http/parse_v3_time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

namespace troupe::http {

namespace {

constexpr timestamp_ms ms_per_day = 86'400'000;

/// Takes fields from the front of a text; once something was not there, `ok` stays false.
struct field_reader {
  std::string_view rest;
  bool ok = true;

  bool accept(char c) {
    if (rest.empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c))
      ok = false;
  }

  int digits(std::size_t count, int low, int high) {
    if (rest.size() < count) {
      ok = false;
      return low;
    }
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9')
        ok = false;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    if (value < low || value > high)
      ok = false;
    return value;
  }

  /// The digits after the point, as milliseconds.
  int fraction() {
    int value = 0;
    int scale = 100;
    std::size_t count = 0;
    for (; count < rest.size() && rest[count] >= '0' && rest[count] <= '9'; ++count) {
      value += (rest[count] - '0') * scale;
      scale /= 10;
    }
    if (count == 0 || count > 9)
      ok = false;
    rest.remove_prefix(count);
    return value;
  }

  /// Minutes east of Greenwich.
  int zone() {
    if (accept('Z') || accept('z'))
      return 0;
    const bool east = accept('+');
    if (!east)
      expect('-');
    const int hours = digits(2, 0, 23);
    expect(':');
    const int minutes = hours * 60 + digits(2, 0, 59);
    return east ? minutes : -minutes;
  }
};

}  // namespace

std::optional<timestamp_ms> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  field_reader in{text};
  const bool wide = in.accept('+');
  const int y = wide ? in.digits(5, 10'000, 32'767) : in.digits(4, 0, 9'999);
  in.expect('-');
  const int m = in.digits(2, 1, 12);
  in.expect('-');
  const int d = in.digits(2, 1, 31);
  if (!in.accept('T') && !in.accept('t'))
    in.ok = false;
  timestamp_ms in_day = in.digits(2, 0, 23);
  in.expect(':');
  in_day = in_day * 60 + in.digits(2, 0, 59);
  in.expect(':');
  in_day = (in_day * 60 + in.digits(2, 0, 60)) * 1000;
  if (in.accept('.'))
    in_day += in.fraction();
  const int east = in.zone();
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!in.ok || !in.rest.empty() || !date.ok())
    return std::nullopt;
  const timestamp_ms days = sys_days{date}.time_since_epoch().count();
  const timestamp_ms value = days * ms_per_day + in_day - east * timestamp_ms{60'000};
  if (value < 0)
    return std::nullopt;
  return value;
}

void append_timestamp(std::string& out, timestamp_ms value) {
  using namespace std::chrono;
  constexpr timestamp_ms year_32767 = 971'890'963'199'999;
  if (value < 0 || value > year_32767) {
    out += "null";
    return;
  }
  const year_month_day date{sys_days{days{static_cast<int>(value / ms_per_day)}}};
  const int y = static_cast<int>(date.year());
  const auto in_day = value % ms_per_day;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "\"{}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", y > 9999 ? "+" : "", y,
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                 in_day / 3'600'000, in_day / 60'000 % 60, in_day / 1000 % 60);
  if (in_day % 1000 != 0)
    fmt::format_to(to, ".{:03}", in_day % 1000);
  out += "Z\"";
}

}  // namespace troupe::http
