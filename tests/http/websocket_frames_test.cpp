// Frames are what RFC 6455 says, and cut where the budget says, without losing a record.
#include "http/websocket_records.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/record/batch_builder.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::http {

namespace {

const topic_partition source{"t", partition_id{3}};

/// A batch of records whose values are JSON numbers, the first at `base`.
bytes batch_of(offset_t base, const std::vector<std::string>& values) {
  batch_builder builder;
  for (const auto& value : values) {
    record_data record;
    record.value = value;
    record.timestamp = 1000;
    builder.add(record);
  }
  auto batch = builder.finish();
  assign_base_offset(batch, base, leader_epoch{0});
  return batch;
}

bytes run_of(offset_t base, int batches, int records, const std::string& value) {
  bytes run;
  for (int i = 0; i < batches; ++i) {
    auto batch = batch_of(base + i * records, std::vector<std::string>(records, value));
    run.insert(run.end(), batch.begin(), batch.end());
  }
  return run;
}

/// A frame as a client sees it.
struct seen {
  std::string payload;
  frame_entry entry;
};

std::vector<seen> decode(const bytes& encoding) {
  std::vector<seen> frames;
  frame_list list{encoding};
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto entry = list[i];
    auto at = [&](std::size_t k) { return static_cast<unsigned char>(encoding[entry.begin + k]); };
    EXPECT_EQ(at(0), 0x81);
    std::size_t length = at(1);
    std::size_t header = 2;
    if (length == 126) {
      length = at(2) * 256u + at(3);
      EXPECT_GE(length, 126u);
      header = 4;
    } else if (length == 127) {
      length = 0;
      for (std::size_t k = 2; k < 10; ++k)
        length = length << 8 | at(k);
      EXPECT_GT(length, 0xffffu);
      header = 10;
    }
    EXPECT_EQ(entry.size(), header + length);
    frames.push_back({std::string{encoding.data() + entry.begin + header, length}, entry});
  }
  return frames;
}

std::vector<std::int64_t> offsets_in(const std::string& payload) {
  std::vector<std::int64_t> offsets;
  auto frame = boost::json::parse(payload);
  EXPECT_EQ(frame.at("type").as_string(), "records");
  for (const auto& record : frame.at("records").as_array()) {
    EXPECT_EQ(record.at("topic").as_string(), "t");
    EXPECT_EQ(record.at("partition").as_int64(), 3);
    offsets.push_back(record.at("offset").as_int64());
  }
  return offsets;
}

std::vector<std::int64_t> offsets_in(const std::vector<seen>& frames) {
  std::vector<std::int64_t> all;
  for (const auto& frame : frames) {
    auto some = offsets_in(frame.payload);
    EXPECT_EQ(frame.entry.records, some.size());
    EXPECT_GE(frame.entry.next, some.back() + 1);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<std::int64_t> range(std::int64_t first, std::int64_t end) {
  std::vector<std::int64_t> all;
  for (; first < end; ++first)
    all.push_back(first);
  return all;
}

}  // namespace

TEST(WebsocketFrames, HeadersOfEverySize) {
  for (std::size_t size : {0, 1, 125, 126, 127, 65535, 65536, 100'000}) {
    std::string payload(size, 'x');
    auto frames = decode(*encode_text(payload));
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].payload, payload);
  }
}

TEST(WebsocketFrames, TextsAreJson) {
  auto caught_up = boost::json::parse(caught_up_text(source, 42));
  EXPECT_EQ(caught_up.at("type").as_string(), "caught_up");
  EXPECT_EQ(caught_up.at("partition").as_int64(), 3);
  EXPECT_EQ(caught_up.at("next_offset").as_int64(), 42);
  auto failure = boost::json::parse(error_text({errc::unknown_topic, "no \"t\"."}, "7"));
  EXPECT_EQ(failure.at("type").as_string(), "error");
  EXPECT_EQ(failure.at("error_code").as_int64(), 40401);
  EXPECT_EQ(failure.at("message").as_string(), "no \"t\".");
  EXPECT_EQ(failure.at("id").as_int64(), 7);
}

TEST(FrameCutter, ARunBecomesFramesWithoutLossOrRepetition) {
  auto run = run_of(100, 40, 50, "\"" + std::string(90, 'v') + "\"");
  frame_cutter cutter{source, run, 100, embedded_format::json};
  frame_encoder encoder;
  while (true) {
    auto more = cutter.next(encoder, frame_budget::standard());
    ASSERT_TRUE(more);
    if (!*more)
      break;
  }
  auto frames = decode(*encoder.finish());
  EXPECT_GT(frames.size(), 5u);
  for (const auto& frame : frames)
    EXPECT_LT(frame.payload.size(), limits::websocket_records_frame_bytes + 1000);
  EXPECT_EQ(offsets_in(frames), range(100, 2100));
  EXPECT_EQ(cutter.position(), 2100);
}

TEST(FrameCutter, BeginsInTheMiddleOfABatch) {
  auto run = run_of(0, 3, 10, "1");
  frame_cutter cutter{source, run, 17, embedded_format::json};
  frame_encoder encoder;
  ASSERT_TRUE(*cutter.next(encoder, frame_budget::standard()));
  ASSERT_FALSE(*cutter.next(encoder, frame_budget::standard()));
  EXPECT_EQ(offsets_in(decode(*encoder.finish())), range(17, 30));
}

TEST(FrameCutter, TheRecordThatReachesTheBudgetIsTheLast) {
  auto run = run_of(0, 1, 10, "\"" + std::string(100, 'x') + "\"");
  frame_cutter by_count{source, run, 0, embedded_format::json};
  frame_encoder encoder;
  ASSERT_TRUE(*by_count.next(encoder, {1 << 20, 3}));
  EXPECT_EQ(by_count.position(), 3);
  EXPECT_EQ(offsets_in(decode(*encoder.finish())), range(0, 3));
  frame_cutter by_size{source, run, 0, embedded_format::json};
  ASSERT_TRUE(*by_size.next(encoder, {1, 500}));
  EXPECT_EQ(offsets_in(decode(*encoder.finish())), range(0, 1));
}

TEST(FrameCutter, ControlBatchesAreSkippedAndPassed) {
  auto run = batch_of(0, {"1", "2"});
  auto marker = make_end_transaction_marker(7, 0, 0, true, 1000);
  assign_base_offset(marker, 2, leader_epoch{0});
  run.insert(run.end(), marker.begin(), marker.end());
  frame_cutter cutter{source, run, 0, embedded_format::json};
  frame_encoder encoder;
  ASSERT_TRUE(*cutter.next(encoder, frame_budget::standard()));
  EXPECT_EQ(offsets_in(decode(*encoder.finish())), range(0, 2));
  ASSERT_FALSE(*cutter.next(encoder, frame_budget::standard()));
  EXPECT_EQ(cutter.position(), 3);
}

TEST(FrameCutter, WhatCannotBeShownHasAnErrorInItsPlace) {
  auto run = batch_of(0, {"1", "2", "not json", "nor this", "5"});
  frame_cutter cutter{source, run, 0, embedded_format::json};
  frame_encoder encoder;
  while (cutter.next(encoder, frame_budget::standard()).value())
    continue;
  auto frames = decode(*encoder.finish());
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(offsets_in({frames[0]}), range(0, 2));
  for (std::size_t i : {1, 2}) {
    auto frame = boost::json::parse(frames[i].payload);
    EXPECT_EQ(frame.at("type"), "error");
    EXPECT_EQ(frame.at("error_code"), 40601);
    EXPECT_EQ(frame.at("partition"), 3);
    EXPECT_EQ(frame.at("offset").as_int64(), static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(frames[i].entry.next, static_cast<offset_t>(i) + 2);
  }
  EXPECT_EQ(offsets_in({frames[3]}), range(4, 5));
  EXPECT_EQ(cutter.position(), 5);
}

TEST(FrameCutter, WhatFitsEachRecordIsChosenAndSaid) {
  auto run = batch_of(0, {R"({"a":1})", "no json", "\xff"});
  frame_cutter cutter{source, run, 0, std::nullopt};
  frame_encoder encoder;
  ASSERT_TRUE(cutter.next(encoder, frame_budget::standard()).value());
  auto frames = decode(*encoder.finish());
  auto records = boost::json::parse(frames.at(0).payload).at("records");
  EXPECT_EQ(boost::json::serialize(records.at(0).at("value")), R"({"a":1})");
  EXPECT_FALSE(records.at(0).as_object().contains("value_format"));
  EXPECT_EQ(records.at(1).at("value"), "no json");
  EXPECT_EQ(records.at(1).at("value_format"), "text");
  EXPECT_EQ(records.at(2).at("value"), "/w==");
  EXPECT_EQ(records.at(2).at("value_format"), "binary");
  EXPECT_FALSE(records.at(2).as_object().contains("key_format")) << "there is no key";
}

TEST(FrameCutter, DamageBehindGoodRecordsIsReportedOnce) {
  auto run = batch_of(0, {"1", "2", "3"});
  run[run.size() - 4] = 0x7f;  // inside the last record: its value's length
  frame_cutter cutter{source, run, 0, embedded_format::json};
  frame_encoder encoder;
  auto good = cutter.next(encoder, frame_budget::standard());
  ASSERT_TRUE(good && *good);
  EXPECT_EQ(offsets_in(decode(*encoder.finish())), range(0, 2));
  auto bad = cutter.next(encoder, frame_budget::standard());
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, errc::corrupt_batch);
}

TEST(TailEncoder, OneChunkOneEncodingForEachFormat) {
  auto batches = batch_of(10, {"{\"a\":1}", "2"});
  tail_chunk chunk{source, batches, 10, 12};
  for (shown_format format :
       {shown_format{}, shown_format{embedded_format::binary}, shown_format{embedded_format::json},
        shown_format{embedded_format::text}}) {
    auto first = chunk.encoded(tail_slot_of(format), tail_encoder_of(format));
    auto again = chunk.encoded(tail_slot_of(format), tail_encoder_of(format));
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first, again);
    EXPECT_EQ(offsets_in(decode(*first)), range(10, 12));
  }
  tail_chunk odd{source, batch_of(0, {"1", "\xff"}), 0, 2};
  auto shown =
      odd.encoded(tail_slot_of(embedded_format::text), tail_encoder_of(embedded_format::text));
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(frame_list{*shown}.size(), 2u) << "the second says what cannot be shown";
}

}  // namespace troupe::http
