#include "runtime/metrics/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <optional>

namespace troupe {

namespace {

struct memory_pages {
  std::uint64_t virtual_size = 0;
  std::uint64_t resident = 0;
};

// /proc/self/statm: "size resident ..." in pages.
std::optional<memory_pages> read_memory(env& files) {
  auto opened = files.open("/proc/self/statm", open_mode::read_only);
  if (!opened)
    return std::nullopt;
  char text[128];
  const auto size = (*opened)->read_at(0, text);
  if (!size)
    return std::nullopt;
  const auto* end = text + *size;
  memory_pages pages;
  const auto first = std::from_chars(text, end, pages.virtual_size);
  if (first.ec != std::errc{} || first.ptr == end)
    return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, pages.resident);
  if (second.ec != std::errc{})
    return std::nullopt;
  return pages;
}

double seconds(const timeval& x) {
  return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) * 1e-6;
}

}  // namespace

void process_metrics::sample(env& files, metric_samples& to) const {
  to.add(metric::process_start_time, static_cast<double>(started_) / 1'000);
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    to.add(metric::process_cpu_seconds, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    to.add(metric::process_max_fds, static_cast<double>(limit.rlim_cur));
  if (const auto open = files.list("/proc/self/fd"))
    to.add(metric::process_open_fds, static_cast<double>(open->size()));
  if (const auto pages = read_memory(files)) {
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    to.add(metric::process_virtual_bytes, static_cast<double>(pages->virtual_size) * page);
    to.add(metric::process_resident_bytes, static_cast<double>(pages->resident) * page);
  }
}

}  // namespace troupe
