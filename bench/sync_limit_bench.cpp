// The machine's own limit for durable acknowledgement: so many records per write and fdatasync, in
// a loop, one thread. What closed-loop producers cannot pass when one group commit takes them all.
//
//   sync_limit_bench --file F --records K [--bytes 168] [--seconds S]
//
// Prints "RESULT syncs=... us=... p50=... p99=..." (times of one write and fdatasync, in us).
// The denominator of W1 (b) in docs/performance.md.
#include "app/latency_histogram.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

using steady = std::chrono::steady_clock;

struct settings {
  std::string file;
  std::size_t records = 64;
  std::size_t bytes = 168;  ///< a stored batch of one record of 100 bytes
  double seconds = 5;
};

settings parse(int argc, char** argv) {
  settings options;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i];
    if (name == "--file")
      options.file = argv[i + 1];
    if (name == "--records")
      options.records = std::stoul(argv[i + 1]);
    if (name == "--bytes")
      options.bytes = std::stoul(argv[i + 1]);
    if (name == "--seconds")
      options.seconds = std::stod(argv[i + 1]);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = parse(argc, argv);
  int fd = ::open(options.file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) {
    std::perror(options.file.c_str());
    return 1;
  }
  std::string data(options.records * options.bytes, 'x');
  troupe::app::latency_histogram times;
  off_t position = 0;
  auto begin = steady::now();
  auto end = begin + std::chrono::duration_cast<steady::duration>(
                         std::chrono::duration<double>(options.seconds));
  auto now = begin;
  while (now < end) {
    auto written = ::pwrite(fd, data.data(), data.size(), position);
    if (written != static_cast<ssize_t>(data.size()) || ::fdatasync(fd) != 0) {
      std::perror("write");
      return 1;
    }
    position += written;
    auto next = steady::now();
    times.add(next - now);
    now = next;
  }
  auto us = [](auto t) {
    return static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(t).count());
  };
  std::printf("RESULT syncs=%llu us=%lld p50=%lld p99=%lld\n",
              static_cast<unsigned long long>(times.count()), us(now - begin),
              us(times.quantile(0.5)), us(times.quantile(0.99)));
  ::close(fd);
}
