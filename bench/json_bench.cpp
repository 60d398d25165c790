// What JSON costs on the way in and out: parsing a produce body and building its batch, showing a
// batch in each format. Run: build/release/bin/json_bench
#include "http/base64.hpp"
#include "http/json_scan.hpp"
#include "http/parse_produce.hpp"
#include "http/record_format.hpp"
#include "runtime/base/rng.hpp"

#include <benchmark/benchmark.h>

namespace troupe::http {
namespace {

/// A document of about `size` bytes: many small fields (dense), or prose in a few (text).
std::string document(std::size_t size, bool dense) {
  rng random{1};
  std::string out = "{\"id\":";
  append_json_number(out, static_cast<std::int64_t>(random.below(1'000'000)));
  while (out.size() < size) {
    out += dense ? ",\"f" : ",\"description";
    append_json_number(out, static_cast<std::int64_t>(random.below(100)));
    out += "\":";
    if (!dense) {
      append_json_string(out,
                         "The quick brown fox jumps over the lazy dog, again and again, until "
                         "both of them are tired and go home for dinner.\n");
    } else {
      switch (random.below(4)) {
        case 0: append_json_number(out, static_cast<std::int64_t>(random.below(100'000))); break;
        case 1: out += "true"; break;
        case 2: out += "[1.25,{\"x\":-3e4}]"; break;
        default: out += "\"open\""; break;
      }
    }
  }
  return out + "}";
}

std::string body_with(std::size_t count, const std::string& value) {
  std::string out = "{\"records\":[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0)
      out += ',';
    out += "{\"key\":\"k" + std::to_string(i) + "\",\"value\":" + value + "}";
  }
  return out + "]}";
}

std::string quoted_base64(const std::string& value) {
  std::string out;
  append_json_base64(out, value);
  return out;
}

bytes batch_of(const produce_body& body, std::size_t size) {
  batch_builder builder;
  builder.reserve(size);
  for (const auto& record : body.records)
    builder.add(record.data);
  return builder.finish();
}

void rates(benchmark::State& state, std::size_t records, std::size_t size) {
  auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(records));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(size));
}

/// records, bytes of a value, dense, with the batch
void parse(benchmark::State& state, embedded_format format) {
  auto count = static_cast<std::size_t>(state.range(0));
  auto value = document(static_cast<std::size_t>(state.range(1)), state.range(2) != 0);
  std::string text =
      body_with(count, format == embedded_format::json ? value : quoted_base64(value));
  for (auto _ : state) {
    auto body = parse_produce_body(text, format, true);
    if (!body)
      return state.SkipWithError(body.error().message.c_str());
    if (state.range(3) != 0)
      benchmark::DoNotOptimize(batch_of(*body, text.size()));
    benchmark::DoNotOptimize(body);
  }
  rates(state, count, text.size());
}
BENCHMARK_CAPTURE(parse, json, embedded_format::json)
    ->Args({1, 80, 0, 0})
    ->Args({1, 80, 0, 1})
    ->Args({1, 1000, 0, 1})
    ->Args({100, 1000, 0, 0})
    ->Args({100, 1000, 0, 1})
    ->Args({100, 1000, 1, 0})
    ->Args({100, 1000, 1, 1});
BENCHMARK_CAPTURE(parse, binary, embedded_format::binary)
    ->Args({1, 80, 0, 1})
    ->Args({100, 1000, 0, 1});

/// bytes of a value, dense
void show(benchmark::State& state, embedded_format format) {
  auto value = document(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
  std::string text = body_with(1000, value);
  auto body = parse_produce_body(text, embedded_format::json, true);
  bytes batch = batch_of(*body, text.size());
  topic_partition source{"orders", partition_id{0}};
  record_shape shape;
  shape.format = format;
  for (auto _ : state) {
    std::string out;
    auto count = append_records(out, source, batch, 0, shape);
    if (!count)
      return state.SkipWithError(count.error().message.c_str());
    benchmark::DoNotOptimize(out.data());
  }
  rates(state, 1000, batch.size());
}
BENCHMARK_CAPTURE(show, json, embedded_format::json)
    ->Args({1000, 0})
    ->Args({1000, 1})
    ->Args({80, 0});
BENCHMARK_CAPTURE(show, text, embedded_format::text)->Args({1000, 0})->Args({1000, 1});
BENCHMARK_CAPTURE(show, binary, embedded_format::binary)->Args({1000, 0});

void encode(benchmark::State& state) {
  std::string data = document(1000, true);
  std::string text(base64_encoded_size(data.size()), '\0');
  for (auto _ : state) {
    encode_base64_to(text.data(), data);
    benchmark::ClobberMemory();
  }
  rates(state, 1, data.size());
}
BENCHMARK(encode);

void decode(benchmark::State& state) {
  std::string text = quoted_base64(document(1000, true));
  std::string_view digits = std::string_view{text}.substr(1, text.size() - 2);
  std::string out(base64_decoded_bound(digits.size()), '\0');
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_base64_to(out.data(), digits));
    benchmark::ClobberMemory();
  }
  rates(state, 1, digits.size());
}
BENCHMARK(decode);

}  // namespace
}  // namespace troupe::http

BENCHMARK_MAIN();
