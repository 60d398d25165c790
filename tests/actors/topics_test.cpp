// Topics come, change and go on a running node.
#include "tests/support/actors/gated_env.hpp"
#include "tests/support/actors/live_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace troupe::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class topics_test : public ::testing::Test {
 protected:
  std::int32_t partitions_of(const std::string& topic) {
    return node_.on_loop([&] {
      auto found = node_.client().metadata()->find(topic);
      return found == nullptr ? 0 : found->partition_count();
    });
  }
  outcome grow(const std::string& topic, std::int32_t total) {
    return node_.ask(&broker_client::create_partitions, create_partitions_request{topic, total})
        .result;
  }
  outcome alter(const std::string& topic,
                std::map<std::string, std::optional<std::string>> configs) {
    return node_.ask(&broker_client::alter_topic, alter_topic_request{topic, std::move(configs)})
        .result;
  }

  sim_env disk_;
  live_node node_{disk_};
};

TEST_F(topics_test, ChangeIsInTheImageWhenItIsAnswered) {
  EXPECT_EQ(partitions_of("t"), 0);
  ASSERT_TRUE(node_.create("t", 3).ok());
  EXPECT_EQ(partitions_of("t"), 3);
  ASSERT_TRUE(grow("t", 5).ok());
  EXPECT_EQ(partitions_of("t"), 5);
  ASSERT_TRUE(node_.remove("t").ok());
  EXPECT_EQ(partitions_of("t"), 0);
}

TEST_F(topics_test, BadRequestsSayWhatIsWrong) {
  ASSERT_TRUE(node_.create("t").ok());
  EXPECT_EQ(node_.create("t").code, errc::topic_exists);
  EXPECT_EQ(node_.create("bad/name").code, errc::invalid_topic);
  EXPECT_EQ(node_.create("u", 0).code, errc::invalid_partitions);
  EXPECT_EQ(node_.create("u", 1, {{"nonsense", "1"}}).code, errc::invalid_config);
  EXPECT_EQ(node_.remove("u").code, errc::unknown_topic);
  EXPECT_EQ(grow("t", 1).code, errc::invalid_partitions);
  EXPECT_EQ(grow("u", 2).code, errc::unknown_topic);
  EXPECT_EQ(alter("u", {}).code, errc::unknown_topic);
  EXPECT_EQ(alter("t", {{"retention.ms", "soon"}}).code, errc::invalid_config);
}

TEST_F(topics_test, ValidateOnlyChangesNothing) {
  create_topic_request what{"t", 1, -1, {}, true};
  EXPECT_TRUE(node_.ask(&broker_client::create_topic, std::move(what)).result.ok());
  EXPECT_EQ(partitions_of("t"), 0);
}

TEST_F(topics_test, NewPartitionsServeAndOldOnesKeepTheirRecords) {
  ASSERT_TRUE(node_.create("t").ok());
  node_.produce("t", {"a"});
  ASSERT_TRUE(grow("t", 2).ok());
  EXPECT_TRUE(node_.produce("t", {"b"}, required_acks::all, 1).result.ok());
  EXPECT_THAT(node_.read_all("t", 0), ElementsAre("a"));
  EXPECT_THAT(node_.read_all("t", 1), ElementsAre("b"));
}

TEST_F(topics_test, TopicCreatedAnewIsEmpty) {
  ASSERT_TRUE(node_.create("t").ok());
  node_.produce("t", {"old"});
  ASSERT_TRUE(node_.remove("t").ok());
  EXPECT_EQ(node_.produce("t", {"x"}).result.code, errc::unknown_topic);
  ASSERT_TRUE(node_.create("t").ok());
  EXPECT_THAT(node_.read_all("t"), ElementsAre());
  EXPECT_EQ(node_.produce("t", {"new"}).base_offset, 0);
}

TEST_F(topics_test, DeletionAnswersWhoWaits) {
  ASSERT_TRUE(node_.create("t").ok());
  auto parked = node_.fetch_later("t", 0, 20'000);
  ASSERT_EQ(parked.wait_for(20ms), std::future_status::timeout);
  ASSERT_TRUE(node_.remove("t").ok());
  EXPECT_EQ(parked.get().result.code, errc::unknown_topic);
}

class slow_disk_test : public ::testing::Test {
 protected:
  std::future<topic_response> remove_later(const std::string& topic) {
    return node_.send(&broker_client::delete_topic, delete_topic_request{topic});
  }

  sim_env memory_;
  gated_env disk_{memory_};
  live_node node_{disk_};
};

TEST_F(slow_disk_test, NothingWaitsForTheFilesOfADeletedTopic) {
  ASSERT_TRUE(node_.create("gone", 2).ok());
  ASSERT_TRUE(node_.create("other").ok());
  ASSERT_TRUE(node_.produce("gone", {"a"}).result.ok());
  disk_.hold(gated_env::held::removals, "gone");
  auto removal = remove_later("gone");
  ASSERT_TRUE(eventually([&] { return disk_.held_now() == 1; }));
  for (std::size_t loop : {0u, 1u})
    EXPECT_EQ(node_.on_loop([] { return 1; }, loop), 1);
  EXPECT_TRUE(node_.produce("other", {"b"}).result.ok());
  EXPECT_TRUE(node_.create("new").ok());
  EXPECT_EQ(node_.produce("gone", {"c"}).result.code, errc::unknown_topic);
  EXPECT_EQ(node_.create("gone").code, errc::topic_exists) << "its directories are still there";
  EXPECT_EQ(removal.wait_for(0s), std::future_status::timeout);
  disk_.hold(gated_env::held::nothing);
  EXPECT_TRUE(removal.get().result.ok());
  EXPECT_FALSE(memory_.exists("disk/data/gone-0").value());
  ASSERT_TRUE(node_.create("gone").ok());
  EXPECT_THAT(node_.read_all("gone"), ElementsAre());
}

TEST_F(slow_disk_test, DeletionDuringASyncLeavesTheDiskInService) {
  ASSERT_TRUE(node_.create("gone").ok());
  ASSERT_TRUE(node_.create("other").ok());
  disk_.hold(gated_env::held::directory_syncs, "gone");
  auto produced = node_.produce_later("gone", {"a"});
  ASSERT_TRUE(eventually([&] { return disk_.held_now() == 1; }));
  auto removal = remove_later("gone");
  EXPECT_EQ(produced.get().result.code, errc::unknown_topic);
  EXPECT_TRUE(memory_.exists("disk/data/gone-0").value()) << "the flusher is still at it";
  disk_.hold(gated_env::held::nothing);
  EXPECT_TRUE(removal.get().result.ok());
  EXPECT_TRUE(node_.produce("other", {"b"}).result.ok());
  EXPECT_FALSE(memory_.exists("disk/data/gone-0").value());
}

TEST_F(slow_disk_test, DeletionThatAStopInterruptsIsFinishedByTheNextStart) {
  ASSERT_TRUE(node_.create("gone").ok());
  ASSERT_TRUE(node_.produce("gone", {"a"}).result.ok());
  disk_.hold(gated_env::held::removals, "gone");
  auto removal = remove_later("gone");
  ASSERT_TRUE(eventually([&] { return disk_.held_now() == 1; }));
  std::thread stopping{[&] { (void)node_.broker().stop(5s); }};
  ASSERT_TRUE(eventually([&] { return !node_.client().status().ready; }));
  disk_.hold(gated_env::held::nothing);
  stopping.join();
  EXPECT_TRUE(memory_.exists("disk/data/gone-0").value());
  live_node again{memory_};
  EXPECT_FALSE(memory_.exists("disk/data/gone-0").value());
  EXPECT_TRUE(again.create("gone").ok());
}

TEST_F(topics_test, AlteredSettingsAreInForceAtOnce) {
  ASSERT_TRUE(node_.create("t").ok());
  auto large = std::string(10'000, 'x');
  ASSERT_TRUE(node_.produce("t", {large}).result.ok());
  ASSERT_TRUE(alter("t", {{"max.message.bytes", "1000"}}).ok());
  EXPECT_EQ(node_.produce("t", {large}).result.code, errc::record_too_large);
  ASSERT_TRUE(alter("t", {{"max.message.bytes", std::nullopt}}).ok());
  EXPECT_TRUE(node_.produce("t", {large}).result.ok());
}

TEST_F(topics_test, CreationsOfOneBurstShareASync) {
  auto before = disk_.operations(disk_operation::sync);
  std::vector<std::future<topic_response>> waiting;
  node_.on_loop([&] {
    for (int i = 0; i < 200; ++i) {
      auto promise = std::make_shared<std::promise<topic_response>>();
      waiting.push_back(promise->get_future());
      create_topic_request what{"t" + std::to_string(i % 150), 1, -1, {}, false};
      node_.client().create_topic(
          std::move(what), [promise](topic_response x) { promise->set_value(std::move(x)); });
    }
  });
  int created = 0;
  for (auto& each : waiting)
    created += each.get().result.ok() ? 1 : 0;
  EXPECT_EQ(created, 150) << "fifty names were asked for twice";
  EXPECT_LT(disk_.operations(disk_operation::sync) - before, 300u);
  EXPECT_EQ(partitions_of("t149"), 1);
}

TEST_F(topics_test, TopicsOfABrokenStopAreThereAgain) {
  ASSERT_TRUE(node_.create("kept", 4).ok());
  ASSERT_TRUE(node_.create("gone").ok());
  ASSERT_TRUE(node_.remove("gone").ok());
  rng chance{11};
  disk_.crash(chance);
  live_node again{disk_};
  auto image = again.on_loop([&] { return again.client().metadata(); });
  EXPECT_EQ(image->topics.size(), 1u);
  EXPECT_EQ(image->find("kept")->partition_count(), 4);
  EXPECT_TRUE(again.produce("kept", {"x"}, required_acks::all, 3).result.ok());
}

}  // namespace
}  // namespace troupe::testing
