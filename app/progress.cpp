#include "app/progress.hpp"

#include "app/output.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace troupe::app {

namespace {

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string progress_line(const std::string& what, std::uint64_t done, std::uint64_t total,
                          std::chrono::nanoseconds elapsed, std::size_t columns) {
  auto rate = rate_of(done, elapsed);
  auto line = fmt::format("{:<12} ", what);
  if (total == 0) {
    line +=
        fmt::format("{}  {}/s", with_commas(done), with_commas(static_cast<std::uint64_t>(rate)));
  } else {
    constexpr std::size_t width = 24;
    auto share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    auto filled = static_cast<std::size_t>(share * width);
    line += fmt::format("[{:#<{}}{:-<{}}] {:3.0f} %  {} of {}  {}/s", "", filled, "",
                        width - filled, share * 100, with_commas(done), with_commas(total),
                        with_commas(static_cast<std::uint64_t>(rate)));
    if (done > 0 && done < total)
      line +=
          fmt::format("  {:.0f} s left", static_cast<double>(total - done) / std::max(rate, 1e-9));
  }
  return line.substr(0, columns > 1 ? columns - 1 : 0);
}

progress::progress(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), terminal_(isatty(STDERR_FILENO) == 1) {}

progress::~progress() {
  if (terminal_)
    std::fputs("\r\033[K", stderr);
}

void progress::show() {
  auto now = time_.elapsed();
  if (!terminal_ || now - shown_ < std::chrono::milliseconds(100))
    return;
  shown_ = now;
  print_error("\r{}\033[K", progress_line(what_, done(), total_, now, terminal_columns()));
  std::fflush(stderr);
}

}  // namespace troupe::app
