#include "runtime/metadata/metadata_state.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/metadata/partition_directory.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

create_topic_request asked(std::string name, std::int32_t partitions = -1,
                           std::int16_t replication_factor = -1,
                           std::map<std::string, std::string> configs = {}) {
  return {std::move(name), partitions, replication_factor, std::move(configs), false};
}

class Metadata : public ::testing::Test {
 protected:
  result<topic_created> plan(const create_topic_request& what) {
    return plan_creation(state, what, defaults, ids);
  }
  errc plan_outcome(const create_topic_request& what) {
    const auto planned = plan(what);
    return planned ? errc::none : planned.error().code;
  }
  void take(metadata_change change) { state = apply_change(state, change).value(); }
  void create(const std::string& name, std::int32_t partitions = 1) {
    take(plan(asked(name, partitions)).value());
  }

  rng ids{1};
  topic_defaults defaults{3, flush_policy::fsync};
  metadata_state state = make_metadata_state("cluster", {node_id{7}, "localhost", 8082});
};

TEST(TopicName, FollowsKafkasRule) {
  for (const auto* good : {"a", "A.b_c-9", "...", "-"})
    EXPECT_TRUE(check_topic_name(good)) << good;
  EXPECT_TRUE(check_topic_name(std::string(249, 'x')));
  for (const auto* bad : {"", ".", "..", "a b", "a/b", "\xc3\xa4", "a\n", "a:b"})
    EXPECT_EQ(check_topic_name(bad).error().code, errc::invalid_topic) << bad;
  EXPECT_EQ(check_topic_name(std::string(250, 'x')).error().message,
            "A topic name has at most 249 characters, this one has 250.");
  EXPECT_FALSE(check_topic_name(std::string_view{"a\0b", 3}));
}

TEST_F(Metadata, CreatedTopicIsInTheImage) {
  create("orders", 2);
  const auto topic = state.image->find("orders");
  ASSERT_NE(topic, nullptr);
  EXPECT_EQ(topic->id.size(), 22u);
  ASSERT_EQ(topic->partition_count(), 2);
  EXPECT_EQ(topic->partitions[1].id, partition_id{1});
  EXPECT_EQ(topic->partitions[1].leader, node_id{7});
  EXPECT_EQ(topic->partitions[1].isr, std::vector{node_id{7}});
  EXPECT_EQ(state.partitions, 2u);
}

TEST_F(Metadata, OldImageStaysAsItWas) {
  const auto before = state.image;
  create("orders");
  EXPECT_EQ(before->find("orders"), nullptr);
}

TEST_F(Metadata, DefaultsFillWhatCreationLeavesOut) {
  EXPECT_EQ(plan(asked("a")).value().partitions, 3);
  EXPECT_TRUE(plan(asked("a")).value().config.overrides().empty());
  defaults.flush = flush_policy::os;
  EXPECT_EQ(plan(asked("a")).value().config.flush(), flush_policy::os);
  EXPECT_EQ(plan(asked("a", -1, -1, {{"flush", "fsync"}})).value().config.flush(),
            flush_policy::fsync);
}

TEST_F(Metadata, CreationIsRefused) {
  create("taken");
  EXPECT_EQ(plan_outcome(asked("taken")), errc::topic_exists);
  EXPECT_EQ(plan_outcome(asked("a b")), errc::invalid_topic);
  EXPECT_EQ(plan_outcome(asked("a", 0)), errc::invalid_partitions);
  EXPECT_EQ(plan_outcome(asked("a", -2)), errc::invalid_partitions);
  EXPECT_EQ(plan_outcome(asked("a", 20'001)), errc::invalid_partitions);
  EXPECT_EQ(plan_outcome(asked("a", -1, 2)), errc::invalid_replication_factor);
  EXPECT_EQ(plan_outcome(asked("a", -1, 0)), errc::invalid_replication_factor);
  EXPECT_EQ(plan_outcome(asked("a", -1, -1, {{"x", "y"}})), errc::invalid_config);
  EXPECT_EQ(plan_outcome(asked("a", 20'000, 1)), errc::none);
}

TEST_F(Metadata, BrokerHasALimitOfPartitions) {
  for (int i = 0; i < 5; ++i)
    create("t" + std::to_string(i), 20'000);
  ASSERT_EQ(state.partitions, limits::partitions_per_broker_max);
  EXPECT_EQ(plan_outcome(asked("a")), errc::policy_violation);
  take(topic_deleted{"t0"});
  EXPECT_EQ(plan_outcome(asked("a")), errc::none);
}

TEST_F(Metadata, NameOfADeletedTopicIsFreeWhenItsDirectoriesAreGone) {
  create("orders", 2);
  const auto id = state.image->find("orders")->id;
  take(plan_deletion(state, {"orders"}).value());
  EXPECT_EQ(state.image->find("orders"), nullptr);
  ASSERT_NE(state.find_deletion("orders"), nullptr);
  EXPECT_EQ(*state.find_deletion("orders"), (pending_deletion{"orders", id, 2}));
  EXPECT_EQ(plan(asked("orders")).error().message,
            "Topic 'orders' is still being deleted; try again later.");
  take(directories_removed{id});
  create("orders");
  EXPECT_NE(state.image->find("orders")->id, id);
}

TEST_F(Metadata, PartitionsOnlyGrow) {
  create("orders", 2);
  const auto id = state.image->find("orders")->id;
  EXPECT_EQ(plan_partitions(state, {"orders", 2}).error().code, errc::invalid_partitions);
  EXPECT_EQ(plan_partitions(state, {"orders", 1}).error().code, errc::invalid_partitions);
  EXPECT_EQ(plan_partitions(state, {"orders", 20'001}).error().code, errc::invalid_partitions);
  EXPECT_EQ(plan_partitions(state, {"nobody", 3}).error().code, errc::unknown_topic);
  take(plan_partitions(state, {"orders", 5}).value());
  EXPECT_EQ(state.image->find("orders")->partition_count(), 5);
  EXPECT_EQ(state.image->find("orders")->partitions[4].id, partition_id{4});
  EXPECT_EQ(state.image->find("orders")->id, id);
  EXPECT_EQ(state.partitions, 5u);
}

TEST_F(Metadata, AlterationSetsAndResets) {
  create("orders");
  take(plan_alteration(state, {"orders", {{"retention.ms", "5"}}}).value());
  EXPECT_EQ(state.image->find("orders")->config.log().retention_ms, 5);
  take(plan_alteration(state, {"orders", {{"retention.ms", std::nullopt}}}).value());
  EXPECT_TRUE(state.image->find("orders")->config.overrides().empty());
  EXPECT_EQ(plan_alteration(state, {"orders", {{"retention.ms", "x"}}}).error().code,
            errc::invalid_config);
  EXPECT_EQ(plan_alteration(state, {"nobody", {}}).error().code, errc::unknown_topic);
}

TEST_F(Metadata, ChangesThatDoNotFitAreRefused) {
  create("orders", 2);
  for (const metadata_change& change :
       {metadata_change{topic_created{"orders", "id", 1, {}}}, metadata_change{topic_deleted{"x"}},
        metadata_change{partitions_created{"orders", 2}}, metadata_change{configs_altered{"x", {}}},
        metadata_change{directories_removed{"x"}}})
    EXPECT_EQ(apply_change(state, change).error().code, errc::damaged_data) << change.index();
}

TEST_F(Metadata, DirectoriesFindTheirOwner) {
  create("orders", 2);
  create("old", 2);
  take(topic_deleted{"old"});
  const auto owner = [this](std::string_view name) { return owner_of(name, state); };
  EXPECT_EQ(owner("orders-1"), directory_owner::topic);
  EXPECT_EQ(owner("orders-2"), directory_owner::stranger);
  EXPECT_EQ(owner("old-0"), directory_owner::deletion);
  EXPECT_EQ(owner("nobody-0"), directory_owner::stranger);
  EXPECT_EQ(owner("metadata"), directory_owner::none);
  EXPECT_EQ(owner(set_aside_name("nobody-0")), directory_owner::none);
}

TEST(PartitionDirectory, IsReadOnlyAsItIsWritten) {
  EXPECT_EQ(parse_partition_directory("a-b-12"), (topic_partition{"a-b", partition_id{12}}));
  for (const auto* bad :
       {"", "-", "a", "a-", "-1", "a-01", "a-+1", "a-1x", "a--1x", "..-1", "a-4294967296", "a b-1"})
    EXPECT_EQ(parse_partition_directory(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace troupe
