#include "http/record_format.hpp"

#include "http/json_reader.hpp"
#include "http/parse_produce.hpp"
#include "runtime/base/rng.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::http {
namespace {

using ::testing::HasSubstr;
using enum embedded_format;
using text_or_null = std::optional<std::string_view>;

const topic_partition source{"orders", partition_id{3}};

record_data record(text_or_null key, text_or_null value,
                   std::span<const record_header> headers = {}) {
  return {key, value, headers, 1'000};
}

bytes batch_of(std::initializer_list<record_data> records, offset_t base = 17) {
  batch_builder builder;
  for (const auto& each : records)
    builder.add(each);
  bytes batch = builder.finish();
  assign_base_offset(batch, base, leader_epoch{0});
  return batch;
}

bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct shown {
  std::string text;
  result<std::size_t> count;
  offset_t next = no_offset;
};

shown show(const bytes& batches, embedded_format format, offset_t from = 0) {
  std::string out;
  record_shape shape;
  shape.format = format;
  offset_t next = no_offset;
  auto count = append_records(out, source, batches, from, shape, &next);
  return {out, count, next};
}

TEST(RecordFormat, NamesAndMediaTypesAreThoseOfTheProxies) {
  for (auto format : {binary, json, embedded_format::text}) {
    EXPECT_EQ(parse_embedded_format(to_string(format)), format);
    EXPECT_EQ(media_type(format),
              fmt::format("application/vnd.kafka.{}.v2+json", to_string(format)));
  }
  EXPECT_EQ(parse_embedded_format("avro"), std::nullopt);
}

TEST(RecordFormat, ARecordHasAllItsFields) {
  const record_header headers[] = {{"h", "v"}, {"n", std::nullopt}};
  auto got = show(batch_of({record("\"k\"", R"({"a": 1})", headers)}), json);
  EXPECT_EQ(got.text, R"({"topic":"orders","key":"k","value":{"a": 1},"partition":3,"offset":17,)"
                      R"("timestamp":1000,"headers":[{"key":"h","value":"dg=="},)"
                      R"({"key":"n","value":null}]})");
  EXPECT_EQ(*got.count, 1u);
  EXPECT_EQ(got.next, 18);
}

TEST(RecordFormat, EachFormatShowsTheSameBytesItsWay) {
  auto batch = batch_of({record("1", "\"a\"")});
  EXPECT_THAT(show(batch, json).text, HasSubstr(R"("key":1,"value":"a")"));
  EXPECT_THAT(show(batch, binary).text, HasSubstr(R"("key":"MQ==","value":"ImEi")"));
  EXPECT_THAT(show(batch, embedded_format::text).text, HasSubstr(R"("key":"1","value":"\"a\"")"));
}

TEST(RecordFormat, NullsAreNullInEveryFormat) {
  for (auto format : {binary, json, embedded_format::text})
    EXPECT_THAT(show(batch_of({record({}, {})}), format).text,
                HasSubstr(R"("key":null,"value":null)"));
}

TEST(RecordFormat, TheShapeOfOtherApisLeavesFieldsOut) {
  std::string out;
  record_shape shape{json, false, false};
  ASSERT_TRUE(append_records(out, source, batch_of({record("1", "2")}), 0, shape));
  EXPECT_EQ(out, R"({"key":1,"value":2,"partition":3,"offset":17})");
}

TEST(RecordFormat, RecordsBelowTheOffsetAreLeftOut) {
  auto batches = batch_of({record({}, "0"), record({}, "1"), record({}, "2")}, 10) +
                 batch_of({record({}, "3")}, 13);
  for (offset_t from = 10; from <= 14; ++from) {
    auto got = show(batches, json, from);
    EXPECT_EQ(*got.count, static_cast<std::size_t>(14 - from));
    EXPECT_EQ(got.next, 14);
    EXPECT_FALSE(got.text.starts_with(','));
  }
  EXPECT_EQ(show(batches, json, 20).next, 20);
}

TEST(RecordFormat, NothingIsShownOfNothing) {
  auto got = show({}, json, 5);
  EXPECT_EQ(got.text, "");
  EXPECT_EQ(*got.count, 0u);
  EXPECT_EQ(got.next, 5);
}

TEST(RecordFormat, ControlBatchesAreSkipped) {
  bytes marker = make_end_transaction_marker(1, 0, 0, true, 1'000);
  assign_base_offset(marker, 11, leader_epoch{0});
  auto batches = batch_of({record({}, "0")}, 10) + marker + batch_of({record({}, "2")}, 12);
  EXPECT_EQ(*show(batches, json).count, 2u);
  EXPECT_EQ(show(marker, json).next, 12);
}

TEST(RecordFormat, ARecordThatCannotBeShownStopsTheRunBeforeItself) {
  auto batch = batch_of({record({}, "0"), record("1", "no json"), record({}, "2")});
  auto got = show(batch, json);
  ASSERT_FALSE(got.count);
  EXPECT_EQ(got.count.error().code, errc::not_representable);
  EXPECT_EQ(got.count.error().message,
            "The value of the record at offset 18 of partition 3 of topic 'orders' is not JSON in "
            "UTF-8; read it in the format binary, or go on from offset 19.");
  EXPECT_THAT(got.text, HasSubstr(R"("offset":17)"));
  EXPECT_TRUE(got.text.ends_with('}'));
  EXPECT_EQ(got.next, 18);
  EXPECT_EQ(*show(batch, binary).count, 3u);
  EXPECT_EQ(*show(batch, json, 19).count, 1u);
  auto key = show(batch_of({record("\xff", "1")}), embedded_format::text);
  EXPECT_EQ(key.text, "");
  EXPECT_THAT(key.count.error().message, HasSubstr("The key of the record at offset 17"));
}

TEST(RecordFormat, AHeaderNameThatIsNotUtf8IsMended) {
  const record_header headers[] = {
      {"a\xff"
       "b\xc3",
       "v"}};
  auto got = show(batch_of({record({}, "1", headers)}), binary);
  ASSERT_TRUE(got.count);
  EXPECT_THAT(got.text, HasSubstr("\"a\xef\xbf\xbd"
                                  "b\xef\xbf\xbd\""));
}

TEST(RecordFormat, EveryCutOfABatchIsAnErrorOrNothing) {
  auto batch = batch_of({record("1", "2"), record("3", "4")});
  for (std::size_t size = 0; size < batch.size(); ++size) {
    bytes cut(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(size));
    auto got = show(cut, json);
    EXPECT_EQ(got.text, "") << size;
  }
}

// -- what comes out goes in again ---------------------------------------------------

struct owned_record {
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  timestamp_ms timestamp = 0;
  bool operator==(const owned_record&) const = default;
};

std::string random_text(rng& random, embedded_format format, int depth = 0) {
  constexpr std::string_view letters[] = {
      "a", "\"", "\\", "\n", "\x01", "/", "\xc3\xa9", "\xf0\x9f\x98\x80", "0123456789abcdefghij"};
  std::string out;
  for (auto left = random.below(8); left > 0; --left)
    out += letters[random.below(std::size(letters))];
  if (format == embedded_format::text)
    return out;
  if (format == binary) {
    for (char& each : out)
      each = static_cast<char>(random.below(256));
    return out;
  }
  std::string quoted;
  append_json_string(quoted, out);
  if (depth == 3)
    return quoted;
  switch (random.below(6)) {
    case 0: return "-12.50e+3";
    case 1: return "[" + random_text(random, json, depth + 1) + " , true]";
    case 2: return "{" + quoted + ": " + random_text(random, json, depth + 1) + "}";
    case 3: return "12345678901234567890123";
    default: return quoted;
  }
}

std::optional<std::string> random_data(rng& random, embedded_format format) {
  if (random.chance(1, 5))
    return std::nullopt;
  return random_text(random, format);
}

owned_record random_record(rng& random, embedded_format format) {
  owned_record out{random_data(random, format),
                   random_data(random, format),
                   {},
                   static_cast<timestamp_ms>(random.below(2'000'000'000'000))};
  for (auto left = random.below(3); left > 0; --left)
    out.headers.emplace_back(random_text(random, embedded_format::text),
                             random_data(random, binary));
  return out;
}

bytes batch_of(const std::vector<owned_record>& records, codec compression) {
  batch_builder builder{compression};
  for (const auto& each : records) {
    std::vector<record_header> headers;
    for (const auto& [key, value] : each.headers)
      headers.push_back({key, value});
    builder.add({each.key, each.value, headers, each.timestamp});
  }
  return builder.finish();
}

owned_record own(const incoming_record& in) {
  owned_record out;
  if (in.data.key)
    out.key = *in.data.key;
  if (in.data.value)
    out.value = *in.data.value;
  out.timestamp = in.data.timestamp;
  for (const auto& header : in.data.headers)
    out.headers.emplace_back(header.key, header.value);
  return out;
}

/// What a consumer gets has two fields that a producer does not send.
std::string as_produce_body(std::string records) {
  constexpr std::string_view topic = R"("topic":"orders",)";
  for (std::size_t at; (at = records.find(topic)) != std::string::npos;)
    records.erase(at, topic.size());
  for (std::size_t at; (at = records.find(",\"offset\":")) != std::string::npos;)
    records.erase(at, records.find(',', at + 1) - at);
  return "{\"records\":[" + records + "]}";
}

TEST(RecordFormat, WhatIsShownCanBeProducedAgainUnchanged) {
  rng random{5};
  for (auto format : {binary, json, embedded_format::text})
    for (auto compression : {codec::none, codec::zstd, codec::lz4, codec::snappy, codec::gzip})
      for (int round = 0; round < 60; ++round) {
        std::vector<owned_record> records(1 + random.below(20));
        for (auto& each : records)
          each = random_record(random, format);
        auto got = show(batch_of(records, compression), format);
        ASSERT_TRUE(got.count) << got.count.error().message;
        std::string body = as_produce_body(got.text);
        auto back = parse_produce_body(body, format, true);
        ASSERT_TRUE(back) << back.error().message << '\n' << body;
        ASSERT_EQ(back->records.size(), records.size());
        for (std::size_t i = 0; i < records.size(); ++i) {
          auto kept = records[i];
          if (format == json && kept.key)
            kept.key->resize(compact_json(kept.key->data(), std::string{*kept.key}));
          ASSERT_EQ(own(back->records[i]), kept) << body;
          ASSERT_EQ(back->records[i].partition, source.partition);
        }
      }
}

}  // namespace
}  // namespace troupe::http
