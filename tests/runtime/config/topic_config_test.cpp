#include "runtime/config/topic_config.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

using settings = std::map<std::string, std::string>;

std::string refusal(const settings& set) {
  const auto config = topic_config::from(set);
  if (config)
    return "taken";
  EXPECT_EQ(config.error().code, errc::invalid_config);
  return config.error().message;
}

TEST(TopicConfig, DefaultsOfTheTableAreInForce) {
  const topic_config fresh;
  for (const auto& row : topic_config_table()) {
    EXPECT_EQ(fresh.value_of(row.name), row.default_value);
    // Setting a default explicitly must change nothing but the record of it.
    const auto same =
        topic_config::from({{std::string{row.name}, std::string{row.default_value}}}).value();
    EXPECT_EQ(same.max_message_bytes(), fresh.max_message_bytes()) << row.name;
    EXPECT_EQ(same.flush(), fresh.flush()) << row.name;
    EXPECT_EQ(same.compression(), fresh.compression()) << row.name;
    EXPECT_EQ(same.min_insync_replicas(), fresh.min_insync_replicas()) << row.name;
    const auto a = same.log();
    const auto b = fresh.log();
    EXPECT_EQ(a.segment_bytes, b.segment_bytes) << row.name;
    EXPECT_EQ(a.segment_ms, b.segment_ms) << row.name;
    EXPECT_EQ(a.index_interval_bytes, b.index_interval_bytes) << row.name;
    EXPECT_EQ(a.segment_index_bytes, b.segment_index_bytes) << row.name;
    EXPECT_EQ(a.retention_ms, b.retention_ms) << row.name;
    EXPECT_EQ(a.retention_bytes, b.retention_bytes) << row.name;
    EXPECT_EQ(a.timestamps, b.timestamps) << row.name;
    EXPECT_EQ(a.syncs, b.syncs) << row.name;
    EXPECT_EQ(same.overrides().size(), 1u);
  }
  EXPECT_TRUE(fresh.overrides().empty());
}

TEST(TopicConfig, EverySettingArrives) {
  const auto config = topic_config::from({{"compression.type", "lz4"},
                                          {"flush", "os"},
                                          {"index.interval.bytes", "100"},
                                          {"max.message.bytes", "2000"},
                                          {"message.timestamp.type", "LogAppendTime"},
                                          {"min.insync.replicas", "2"},
                                          {"retention.bytes", "5000000000"},
                                          {"retention.ms", "-1"},
                                          {"segment.bytes", "1048576"},
                                          {"segment.index.bytes", "4096"},
                                          {"segment.ms", "60000"},
                                          {"unclean.leader.election.enable", "true"},
                                          {"cleanup.policy", "delete"}})
                          .value();
  EXPECT_EQ(config.overrides().size(), topic_config_table().size());
  EXPECT_EQ(config.compression(), codec::lz4);
  EXPECT_EQ(config.flush(), flush_policy::os);
  EXPECT_EQ(config.max_message_bytes(), 2'000u);
  EXPECT_EQ(config.min_insync_replicas(), 2);
  EXPECT_TRUE(config.unclean_election());
  const auto log = config.log();
  EXPECT_FALSE(log.syncs);
  EXPECT_EQ(log.index_interval_bytes, 100u);
  EXPECT_EQ(log.timestamps, timestamp_type::log_append_time);
  EXPECT_EQ(log.retention_bytes, 5'000'000'000);
  EXPECT_EQ(log.retention_ms, -1);
  EXPECT_EQ(log.segment_bytes, 1u << 20);
  EXPECT_EQ(log.segment_index_bytes, 4'096u);
  EXPECT_EQ(log.segment_ms, 60'000);
}

TEST(TopicConfig, CompressionNamesChooseTheirCodec) {
  const auto codec_of = [](const char* name) {
    return topic_config::from({{"compression.type", name}}).value().compression();
  };
  EXPECT_EQ(codec_of("producer"), codec::none);
  EXPECT_EQ(codec_of("uncompressed"), codec::none);
  EXPECT_EQ(codec_of("gzip"), codec::gzip);
  EXPECT_EQ(codec_of("snappy"), codec::snappy);
  EXPECT_EQ(codec_of("zstd"), codec::zstd);
}

TEST(TopicConfig, RefusalsNameSettingValueAndRange) {
  EXPECT_EQ(refusal({{"retention.ms", "-2"}}),
            "Invalid value '-2' for configuration retention.ms: allowed is "
            "-1..9223372036854775807 ms.");
  EXPECT_EQ(refusal({{"flush", "never"}}),
            "Invalid value 'never' for configuration flush: allowed is fsync or os.");
  EXPECT_EQ(refusal({{"retention", "1"}}), "Unknown topic configuration 'retention'.");
}

TEST(TopicConfig, BoundsAreInclusive) {
  EXPECT_EQ(refusal({{"segment.bytes", "1048576"}}), "taken");
  EXPECT_NE(refusal({{"segment.bytes", "1048575"}}), "taken");
  EXPECT_EQ(refusal({{"segment.bytes", "2147483647"}}), "taken");
  EXPECT_NE(refusal({{"segment.bytes", "2147483648"}}), "taken");
  EXPECT_EQ(refusal({{"max.message.bytes", "67108864"}}), "taken");
  EXPECT_NE(refusal({{"max.message.bytes", "67108865"}}), "taken");
  EXPECT_NE(refusal({{"min.insync.replicas", "0"}}), "taken");
  EXPECT_NE(refusal({{"retention.ms", "7d"}}), "taken");
}

TEST(TopicConfig, CompactionIsRefusedInPlainWords) {
  for (const auto* policy : {"compact", "compact,delete", "delete,compact"})
    EXPECT_NE(refusal({{"cleanup.policy", policy}}).find("is not supported by this version"),
              std::string::npos);
}

TEST(TopicConfig, NumbersAreKeptInOneForm) {
  EXPECT_EQ(topic_config::from({{"retention.ms", "007"}}).value().value_of("retention.ms"), "7");
}

TEST(TopicConfig, WithSetsAndResets) {
  const auto before = topic_config::from({{"retention.ms", "1000"}, {"flush", "os"}}).value();
  const auto after = before.with({{"retention.ms", std::nullopt}, {"segment.ms", "5000"}}).value();
  EXPECT_EQ(after.overrides(), (settings{{"flush", "os"}, {"segment.ms", "5000"}}));
  EXPECT_EQ(after.log().retention_ms, topic_config{}.log().retention_ms);
  EXPECT_EQ(before.log().retention_ms, 1'000);
}

TEST(TopicConfig, WithRefusesAndLeavesTheOld) {
  const auto before = topic_config::from({{"flush", "os"}}).value();
  EXPECT_FALSE(before.with({{"segment.ms", "0"}}));
  EXPECT_EQ(before.with({{"no.such", std::nullopt}}).error().code, errc::invalid_config);
}

TEST(TopicConfig, TableIsCompleteForPeople) {
  for (const auto& row : topic_config_table()) {
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_FALSE(row.range.empty()) << row.name;
  }
}

}  // namespace
}  // namespace troupe
