// The produce pipeline over a real broker: which partition, which batch, which answer.
#include "http/produce.hpp"

#include "actors/node.hpp"
#include "http/ask.hpp"
#include "tests/support/http/live_gateway.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

namespace troupe::http {
namespace {

using ::testing::HasSubstr;

incoming_record record(std::optional<std::string_view> key, std::string_view value,
                       std::optional<partition_id> partition = std::nullopt) {
  incoming_record out;
  out.data.key = key;
  out.data.value = value;
  out.partition = partition;
  return out;
}

constexpr timestamp_ms now = 1'700'000'000'000;

class Produce : public ::testing::Test {
 protected:
  Produce() {
    node_options options;
    options.config.data_dir = directory_.path();
    options.config.io_threads = 1;
    options.config.disk_reserve_bytes = 0;
    auto started = node::start(std::move(options));
    if (!started)
      throw std::runtime_error{to_string(started.error())};
    node_ = std::move(*started);
    loop_ = node_->loops().front();
  }

  /// Runs a coroutine on the loop and waits for its value.
  template <class T>
  T await(task<T> what) {
    // Shared: setting the value may still be at work when the waiting thread has it.
    auto promise = std::make_shared<std::promise<T>>();
    auto done = [promise](std::exception_ptr, T value) { promise->set_value(std::move(value)); };
    asio::co_spawn(loop_.context->get_executor(), std::move(what), std::move(done));
    return promise->get_future().get();
  }

  void create_topic(std::int32_t partitions, std::map<std::string, std::string> configs = {}) {
    create_topic_request question{"t", partitions, 1, std::move(configs)};
    auto answer = await(ask(&broker_client::create_topic, *loop_.client, std::move(question)));
    ASSERT_TRUE(answer.result.ok()) << answer.result.message;
    topic_ = loop_.client->metadata()->find("t");
  }

  std::vector<record_result> produce(const std::vector<incoming_record>& records,
                                     produce_options options = {}) {
    return await(produce_records(*loop_.client, *topic_, records, options, sticky_, now));
  }

  /// The batches of a partition.
  std::vector<batch_header> batches(std::int32_t partition) {
    std::vector<batch_header> out;
    bytes all = fetch(partition);
    batch_cursor cursor{all};
    for (byte_view batch; cursor.next(batch);)
      out.push_back(check_batch(batch).value());
    return out;
  }

  /// Its values, in order.
  std::vector<std::string> values(std::int32_t partition) {
    std::vector<std::string> out;
    bytes all = fetch(partition);
    batch_cursor cursor{all};
    record_view found;
    for (byte_view batch; cursor.next(batch);) {
      auto reader = record_reader::open(batch).value();
      while (reader.next(found).value())
        out.emplace_back(*found.value);
    }
    return out;
  }

  bytes fetch(std::int32_t partition) {
    fetch_request question{{"t", partition_id{partition}}, 0, 16 << 20, 1, 0};
    return await(ask(&broker_client::fetch, *loop_.client, std::move(question))).batches;
  }

  testing::scratch_directory directory_;
  std::unique_ptr<node> node_;
  node_loop loop_;
  topic_ptr topic_;
  sticky_partitioner sticky_{0};
};

TEST_F(Produce, KeysGoWhereKafkasPartitionerPutsThem) {
  create_topic(7);
  // Hashes from the tests of Kafka's own clients; a partition is the hash without its sign bit,
  // modulo the number of partitions.
  struct known {
    std::string_view key;
    std::int32_t hash;
  };
  constexpr known table[] = {{"21", -973932308},
                             {"foobar", -790332482},
                             {"a-little-bit-long-string", -985981536},
                             {"a-little-bit-longer-string", -1486304829},
                             {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
                             {"abc", 479470107}};
  std::vector<incoming_record> records;
  for (const auto& each : table)
    records.push_back(record(each.key, "v"));
  auto results = produce(records);
  for (std::size_t i = 0; i < std::size(table); ++i)
    EXPECT_EQ(value_of(results[i].partition), (table[i].hash & 0x7fffffff) % 7) << table[i].key;
}

TEST_F(Produce, RecordsWithoutAKeyStickToOnePartitionPerBatch) {
  create_topic(3);
  std::vector<incoming_record> records(10, record(std::nullopt, "v"));
  std::set<partition_id> chosen;
  for (int request = 0; request < 3; ++request) {
    auto results = produce(records);
    for (const auto& each : results)
      EXPECT_EQ(each.partition, results[0].partition);
    chosen.insert(results[0].partition);
  }
  EXPECT_EQ(chosen.size(), 3u);
}

TEST_F(Produce, EachPartitionsRecordsFormOneBatchInTheirOrder) {
  create_topic(2);
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i)
    texts.push_back(std::to_string(i));
  std::vector<incoming_record> records;
  for (int i = 0; i < 100; ++i)
    records.push_back(
        record(std::nullopt, texts[static_cast<std::size_t>(i)], partition_id{i % 2}));
  auto results = produce(records);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(results[static_cast<std::size_t>(i)].offset, i / 2);
  for (std::int32_t partition = 0; partition < 2; ++partition) {
    ASSERT_EQ(batches(partition).size(), 1u);
    auto found = values(partition);
    for (std::size_t i = 0; i < 50; ++i)
      EXPECT_EQ(found[i], texts[2 * i + static_cast<std::size_t>(partition)]);
  }
}

TEST_F(Produce, ARunLargerThanABatchIsCutAndLosesNothing) {
  create_topic(1, {{"max.message.bytes", "1000"}});
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i)
    texts.push_back(fmt::format("{:0200}", i));
  std::vector<incoming_record> records;
  for (const auto& each : texts)
    records.push_back(record(std::nullopt, each));
  auto results = produce(records);
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].offset, static_cast<offset_t>(i)) << results[i].message;
  EXPECT_EQ(values(0), texts);
  auto found = batches(0);
  EXPECT_GT(found.size(), 10u);
  for (const auto& each : found)
    EXPECT_LE(each.size(), 1000u);
}

TEST_F(Produce, ARecordThatCanFitNowhereIsRefusedAlone) {
  create_topic(1, {{"max.message.bytes", "1000"}});
  std::string large(1000, 'x');
  auto results =
      produce({record(std::nullopt, "a"), record(std::nullopt, large), record(std::nullopt, "b")});
  EXPECT_EQ(results[0].offset, 0);
  EXPECT_EQ(results[1].code, errc::record_too_large);
  EXPECT_THAT(results[1].message, HasSubstr("up to 1000 (max.message.bytes)"));
  EXPECT_EQ(results[2].offset, 1);
}

TEST_F(Produce, TheLargestRecordThatFitsIsTaken) {
  create_topic(1, {{"max.message.bytes", "1000"}});
  std::size_t taken = 0;
  for (std::size_t size = 850; size <= 1000; ++size) {
    std::string value(size, 'x');
    auto result = produce({record(std::nullopt, value)}).front();
    if (result.code != errc::none)
      break;
    ++taken;
  }
  // What the pipeline lets through, the partition takes: the only refusal is ours.
  EXPECT_GT(taken, 50u);
  EXPECT_LT(taken, 150u);
}

TEST_F(Produce, APartitionThatIsNotThereFailsItsRecordsOnly) {
  create_topic(2);
  auto results = produce({record("k", "a", partition_id{1}), record("k", "b", partition_id{2}),
                          record("k", "c", partition_id{-1})});
  EXPECT_EQ(results[0].code, errc::none);
  EXPECT_EQ(results[1].code, errc::unknown_partition);
  EXPECT_EQ(results[2].code, errc::unknown_partition);
}

TEST_F(Produce, RejectedRecordsAreReportedAndNotSent) {
  create_topic(1);
  auto bad = record(std::nullopt, "bad");
  bad.rejected = error{errc::invalid_record, "no"};
  auto results = produce({bad, record(std::nullopt, "good"), bad});
  EXPECT_EQ(results[0].code, errc::invalid_record);
  EXPECT_EQ(results[0].message, "no");
  EXPECT_EQ(results[1].offset, 0);
  EXPECT_EQ(values(0), std::vector<std::string>{"good"});
  EXPECT_EQ(produce({bad}).front().code, errc::invalid_record);
}

TEST_F(Produce, TheTimeOfArrivalStandsInForAMissingTimestamp) {
  create_topic(1);
  auto own = record(std::nullopt, "own");
  own.data.timestamp = 5;
  own.has_timestamp = true;
  auto results = produce({own, record(std::nullopt, "arrival")});
  EXPECT_EQ(results[0].timestamp, 5);
  EXPECT_EQ(results[1].timestamp, now);
}

TEST_F(Produce, WithLogAppendTimeTheAnswerHasTheBrokersTime) {
  create_topic(1, {{"message.timestamp.type", "LogAppendTime"}});
  auto own = record(std::nullopt, "own");
  own.data.timestamp = 5;
  own.has_timestamp = true;
  EXPECT_GT(produce({own}).front().timestamp, now);
}

TEST_F(Produce, WithoutAcksThereIsNoOffset) {
  create_topic(1);
  produce_options options;
  options.acks = required_acks::none;
  auto result = produce({record(std::nullopt, "v")}, options).front();
  EXPECT_EQ(result.code, errc::none);
  EXPECT_EQ(result.offset, no_offset);
  EXPECT_EQ(produce({record(std::nullopt, "w")}).front().offset, 1);
}

TEST_F(Produce, TheTopicsCompressionIsUsedForItsBatches) {
  create_topic(1, {{"compression.type", "zstd"}});
  std::string value(10'000, 'x');
  EXPECT_EQ(produce({record(std::nullopt, value)}).front().code, errc::none);
  ASSERT_EQ(batches(0).size(), 1u);
  EXPECT_EQ(batches(0)[0].compression(), codec::zstd);
  EXPECT_LT(batches(0)[0].size(), 1'000u);
  EXPECT_EQ(values(0), std::vector<std::string>{value});
}

TEST_F(Produce, AFailureOfTheBrokerIsTheFateOfTheRecords) {
  create_topic(2);
  topic_metadata gone = *topic_;
  gone.name = "gone";
  topic_ = std::make_shared<topic_metadata>(gone);
  auto results = produce(
      {record(std::nullopt, "a", partition_id{0}), record(std::nullopt, "b", partition_id{1})});
  for (const auto& each : results) {
    EXPECT_EQ(info_of(each.code).http_status, 404) << each.message;
    EXPECT_EQ(each.offset, no_offset);
  }
}

}  // namespace
}  // namespace troupe::http
