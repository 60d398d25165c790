// Writes the seeds of the batch and segment fuzzers: make_seeds tests/fuzz/corpus
//
// A seed is small and valid, so that a fuzzer begins behind the first checks. What the fuzzers find
// themselves is kept beside these, under other names.
#include "runtime/env/sim_env.hpp"
#include "runtime/log/partition_log.hpp"
#include "runtime/record/compression.hpp"
#include "tests/support/runtime/record_support.hpp"

#include <cstdio>

namespace troupe {
namespace {

using namespace testing;

constexpr codec all_codecs[] = {codec::none, codec::gzip, codec::snappy, codec::lz4, codec::zstd};

std::vector<owned_record> sample_records() {
  return {{0, 1'700'000'000'000, "key", std::string(120, 'v'), {{"a", "b"}, {"c", std::nullopt}}},
          {1, 1'700'000'000'005, std::nullopt, "", {}},
          {2, 1'699'999'999'000, "", std::nullopt, {}}};
}

bytes chosen(char choice, byte_view rest) {
  bytes seed{choice};
  seed.insert(seed.end(), rest.begin(), rest.end());
  return seed;
}

void append(bytes& to, byte_view what) { to.insert(to.end(), what.begin(), what.end()); }

void write(const std::string& path, byte_view content) {
  write_file_atomically(posix_env(), path, content).value();
}

void write_batch_seeds(const std::string& directory) {
  bytes run;
  for (auto how : all_codecs) {
    const auto batch = batch_of(sample_records(), how);
    const std::string name{to_string(how)};
    append(run, batch);
    write(directory + "/sealed-" + name, chosen(2, batch));
    if (how == codec::none)
      continue;
    bytes packed;
    compress(how, as_bytes(std::string(200, 'p') + "tail"), packed);
    write(directory + "/codec-" + name,
          chosen(static_cast<char>(static_cast<int>(how) + 3), packed));
  }
  append(run, make_end_transaction_marker(1, 2, 3, true, 1'000));
  write(directory + "/run", chosen(0, run));
}

// As the segment fuzzer takes them; the flags are explained there.
bytes segment_seed(int flags, byte_view segment, byte_view other) {
  bytes seed{static_cast<char>(flags), static_cast<char>(other.size() >> 8),
             static_cast<char>(other.size())};
  append(seed, segment);
  append(seed, other);
  return seed;
}

// A real log gives the files their real content.
void write_segment_seeds(const std::string& directory) {
  sim_env disk;
  disk.create_directory("data").value();
  manual_clock time;
  recovery_report report;
  log_options options;
  options.index_interval_bytes = 64;
  auto log = partition_log::open(disk, "data/t-0", options, time, report).value();
  for (auto how : all_codecs)
    log->append(batch_of(sample_records(), how), leader_epoch{0}).value();
  log->write().value();
  log->close().value();

  const std::string base = "data/t-0/00000000000000000000";
  const auto segment = disk.content(base + ".log");
  write(directory + "/whole", segment_seed(0, segment, {}));
  write(directory + "/resealed", segment_seed(1, segment, {}));
  write(directory + "/torn", segment_seed(0, byte_view{segment}.first(segment.size() - 20), {}));
  write(directory + "/index", segment_seed(2, segment, disk.content(base + ".index")));
  write(directory + "/time-index", segment_seed(4, segment, disk.content(base + ".timeindex")));
  // The second slot of the mark is far behind the first.
  const auto mark = disk.content("data/t-0/durable");
  write(directory + "/mark", segment_seed(6, segment, mark));
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_seeds CORPUS-DIRECTORY\n", stderr);
    return 2;
  }
  const std::string corpus = argv[1];
  for (const auto* name : {"/batch", "/segment"})
    troupe::posix_env().create_directory(corpus + name).value();
  troupe::write_batch_seeds(corpus + "/batch");
  troupe::write_segment_seeds(corpus + "/segment");
}
