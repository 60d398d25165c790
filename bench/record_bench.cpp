// The cores that every record passes: CRC, builder, reader, checks, codecs, partitioner.
#include "runtime/base/rng.hpp"
#include "runtime/record/batch_builder.hpp"
#include "runtime/record/compression.hpp"
#include "runtime/record/crc32c.hpp"
#include "runtime/record/partitioner.hpp"

#include <benchmark/benchmark.h>

namespace troupe {
namespace {

std::string text_of(std::size_t size) {
  // Words, so that the codecs find about what they find in real records.
  static constexpr std::string_view words[] = {"offset", "broker", "topic",  "leader", "record",
                                               "batch",  "fetch",  "commit", "epoch",  "group"};
  rng source{1};
  std::string text;
  while (text.size() < size) {
    text += words[source.below(std::size(words))];
    text += ' ';
    text += std::to_string(source.below(10'000));
    text += ' ';
  }
  text.resize(size);
  return text;
}

bytes batch_of(std::size_t records, std::size_t value_size, codec how = codec::none) {
  const auto text = text_of(records * value_size);
  batch_builder builder{how};
  for (std::size_t i = 0; i < records; ++i)
    builder.add({"key-" + std::to_string(i),
                 std::string_view{text}.substr(i * value_size, value_size),
                 {},
                 1'700'000'000'000});
  return builder.finish();
}

void set_bytes(benchmark::State& state, std::size_t per_iteration) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(per_iteration));
}

void crc(benchmark::State& state) {
  const auto text = text_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(crc32c(as_bytes(text)));
  set_bytes(state, text.size());
}
BENCHMARK(crc)->Arg(100)->Arg(1'000)->Arg(16'384)->Arg(1 << 20);

void crc_portable(benchmark::State& state) {
  const auto text = text_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(crc32c_portable(as_bytes(text)));
  set_bytes(state, text.size());
}
BENCHMARK(crc_portable)->Arg(16'384);

void build_one_record(benchmark::State& state) {
  const auto value = text_of(static_cast<std::size_t>(state.range(0)));
  const record_data record{"key-1", value, {}, 1'700'000'000'000};
  batch_builder builder;
  for (auto _ : state) {
    builder.add(record);
    benchmark::DoNotOptimize(builder.finish());
  }
}
BENCHMARK(build_one_record)->Arg(100)->Arg(1'000);

void build_many_records(benchmark::State& state) {
  const auto value = text_of(100);
  const record_data record{"key-1", value, {}, 1'700'000'000'000};
  const auto count = state.range(0);
  for (auto _ : state) {
    batch_builder builder;
    builder.reserve(static_cast<std::size_t>(count) * 120);
    for (std::int64_t i = 0; i < count; ++i)
      builder.add(record);
    benchmark::DoNotOptimize(builder.finish());
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(build_many_records)->Arg(100)->Arg(10'000);

void read_records(benchmark::State& state) {
  const auto batch = batch_of(1'000, 100);
  record_view record;
  for (auto _ : state) {
    auto reader = record_reader::open(batch).value();
    while (reader.next(record).value())
      benchmark::DoNotOptimize(record);
  }
  state.SetItemsProcessed(state.iterations() * 1'000);
  set_bytes(state, batch.size());
}
BENCHMARK(read_records);

void check(benchmark::State& state) {
  const auto batch = batch_of(static_cast<std::size_t>(state.range(0)), 100);
  for (auto _ : state)
    benchmark::DoNotOptimize(check_batch(batch));
  set_bytes(state, batch.size());
}
BENCHMARK(check)->Arg(1)->Arg(1'000);

void check_produced(benchmark::State& state) {
  const auto batch = batch_of(1'000, 100);
  for (auto _ : state)
    benchmark::DoNotOptimize(check_produced_batch(batch, batch.size()));
  state.SetItemsProcessed(state.iterations() * 1'000);
}
BENCHMARK(check_produced);

void partition_of_key(benchmark::State& state) {
  const auto key = text_of(20);
  for (auto _ : state)
    benchmark::DoNotOptimize(partition_for_key(key, 12));
}
BENCHMARK(partition_of_key);

void pack(benchmark::State& state) {
  const auto how = static_cast<codec>(state.range(0));
  const auto text = text_of(100'000);
  bytes packed;
  for (auto _ : state) {
    packed.clear();
    compress(how, as_bytes(text), packed);
    benchmark::DoNotOptimize(packed);
  }
  set_bytes(state, text.size());
  state.SetLabel(std::string{to_string(how)});
}
BENCHMARK(pack)->DenseRange(1, 4);

void unpack(benchmark::State& state) {
  const auto how = static_cast<codec>(state.range(0));
  const auto text = text_of(100'000);
  bytes packed;
  compress(how, as_bytes(text), packed);
  for (auto _ : state)
    benchmark::DoNotOptimize(decompress(how, packed, 1 << 20));
  set_bytes(state, text.size());
  state.SetLabel(std::string{to_string(how)});
}
BENCHMARK(unpack)->DenseRange(1, 4);

}  // namespace
}  // namespace troupe

BENCHMARK_MAIN();
