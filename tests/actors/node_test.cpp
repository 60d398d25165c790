#include "tests/support/actors/gated_env.hpp"
#include "tests/support/actors/live_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace troupe::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using strings = std::vector<std::string>;

const std::map<std::string, std::string> page_cache{{"flush", "os"}};

class node_test : public ::testing::Test {
 protected:
  sim_env disk_;
};

TEST_F(node_test, WhatIsProducedIsFetched) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  auto first = node.produce("t", {"a", "b"});
  ASSERT_TRUE(first.result.ok()) << first.result.message;
  EXPECT_EQ(first.base_offset, 0);
  EXPECT_EQ(node.produce("t", {"c"}).base_offset, 2);
  EXPECT_THAT(node.read_all("t"), ElementsAre("a", "b", "c"));
}

TEST_F(node_test, EveryKindOfAckIsAnswered) {
  live_node node{disk_};
  for (auto& configs : {std::map<std::string, std::string>{}, page_cache}) {
    std::string topic = configs.empty() ? "synced" : "cached";
    ASSERT_TRUE(node.create(topic, 1, configs).ok());
    offset_t next = 0;
    for (auto acks : {required_acks::none, required_acks::leader, required_acks::all}) {
      auto answer = node.produce(topic, {"x"}, acks);
      EXPECT_TRUE(answer.result.ok()) << answer.result.message;
      EXPECT_EQ(answer.base_offset, next++);
    }
    EXPECT_EQ(node.read_all(topic).size(), 3u);
  }
}

TEST_F(node_test, PartitionsAreIndependent) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t", 3).ok());
  node.produce("t", {"zero"}, required_acks::all, 0);
  node.produce("t", {"two"}, required_acks::all, 2);
  EXPECT_THAT(node.read_all("t", 0), ElementsAre("zero"));
  EXPECT_THAT(node.read_all("t", 1), ElementsAre());
  EXPECT_THAT(node.read_all("t", 2), ElementsAre("two"));
}

TEST_F(node_test, WhatDoesNotExistIsNamed) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t", 2).ok());
  auto no_topic = node.produce("nothing", {"x"});
  EXPECT_EQ(no_topic.result.code, errc::unknown_topic);
  EXPECT_THAT(no_topic.result.message, HasSubstr("nothing"));
  auto no_partition = node.produce("t", {"x"}, required_acks::all, 2);
  EXPECT_EQ(no_partition.result.code, errc::unknown_partition);
  EXPECT_THAT(no_partition.result.message, HasSubstr("it has 2"));
  EXPECT_EQ(node.produce("t", {"x"}, required_acks::all, -1).result.code, errc::unknown_partition);
}

TEST_F(node_test, OffsetsOutsideTheLogAreRefused) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  node.produce("t", {"a"});
  EXPECT_EQ(node.fetch("t", 2).result.code, errc::offset_out_of_range);
  EXPECT_EQ(node.fetch("t", -5).result.code, errc::offset_out_of_range);
  EXPECT_TRUE(node.fetch("t", 1).result.ok());
}

TEST_F(node_test, BatchLargerThanTheTopicTakesIsRefused) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t", 1, {{"max.message.bytes", "1000"}}).ok());
  EXPECT_EQ(node.produce("t", {std::string(2'000, 'x')}).result.code, errc::record_too_large);
  EXPECT_TRUE(node.produce("t", {"small"}).result.ok());
}

TEST_F(node_test, ListsOffsetsByTime) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  node.produce("t", {"a", "b"});
  auto ask = [&](timestamp_ms at) {
    list_offsets_request what{{"t", partition_id{0}}, at};
    return node.ask(&broker_client::list_offsets, std::move(what));
  };
  EXPECT_EQ(ask(latest_timestamp).offset, 2);
  EXPECT_EQ(ask(earliest_timestamp).offset, 0);
  EXPECT_EQ(ask(0).offset, 0);
  EXPECT_EQ(ask(1'900'000'000'000).offset, no_offset);
}

TEST_F(node_test, DeletedRecordsAreGone) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  node.produce("t", {"a"});
  node.produce("t", {"b"});
  auto remove = [&](offset_t below) {
    delete_records_request what{{"t", partition_id{0}}, below};
    return node.ask(&broker_client::delete_records, std::move(what));
  };
  EXPECT_EQ(remove(3).result.code, errc::offset_out_of_range);
  EXPECT_EQ(remove(1).log_start, 1);
  EXPECT_EQ(node.fetch("t", 0).result.code, errc::offset_out_of_range);
  EXPECT_THAT(values_of(node.fetch("t", 1).batches), ElementsAre("b"));
  EXPECT_EQ(remove(no_offset).log_start, 2);
}

// -- long poll ------------------------------------------------------------------------

TEST_F(node_test, FetchAtTheEndWaitsForRecords) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  auto waiting = node.fetch_later("t", 0, 20'000);
  EXPECT_EQ(waiting.wait_for(50ms), std::future_status::timeout);
  node.produce("t", {"a"});
  EXPECT_THAT(values_of(waiting.get().batches), ElementsAre("a"));
}

TEST_F(node_test, FetchAtTheEndReturnsEmptyAtItsDeadline) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  auto began = std::chrono::steady_clock::now();
  auto found = node.fetch("t", 0, 60);
  auto took = std::chrono::steady_clock::now() - began;
  EXPECT_TRUE(found.result.ok());
  EXPECT_TRUE(found.batches.empty());
  EXPECT_EQ(found.next_offset, 0);
  EXPECT_GE(took, 60ms);
  EXPECT_LT(took, 2s);
}

TEST_F(node_test, FetchWaitsForItsMinimumBytes) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  auto waiting = node.fetch_later("t", 0, 20'000, 1'000);
  node.produce("t", {std::string(500, 'a')});
  EXPECT_EQ(waiting.wait_for(50ms), std::future_status::timeout);
  node.produce("t", {std::string(500, 'b')});
  EXPECT_EQ(values_of(waiting.get().batches).size(), 2u);
}

TEST_F(node_test, FetchDoesNotWaitForBytesItCouldNotReturn) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  node.produce("t", {std::string(600, 'a')});
  node.produce("t", {std::string(600, 'b')});
  fetch_request what{{"t", partition_id{0}}, 0, 1'000, 1'000, 20'000, isolation::read_uncommitted};
  auto found = node.ask(&broker_client::fetch, std::move(what));
  EXPECT_EQ(values_of(found.batches).size(), 1u);
}

// -- durability -----------------------------------------------------------------------

TEST_F(node_test, AllAckWaitsForTheDiskAndLeaderAckDoesNot) {
  gated_env gate{disk_};
  live_node node{gate};
  ASSERT_TRUE(node.create("t").ok());
  gate.close_gate();
  auto all = node.produce_later("t", {"a"}, required_acks::all);
  EXPECT_TRUE(node.produce("t", {"b"}, required_acks::leader).result.ok());
  EXPECT_EQ(all.wait_for(50ms), std::future_status::timeout);
  EXPECT_TRUE(node.fetch("t", 0).batches.empty()) << "not durable, not visible";
  gate.open_gate();
  EXPECT_TRUE(all.get().result.ok());
}

TEST_F(node_test, ProducesThatArriveDuringASyncShareTheNext) {
  gated_env gate{disk_};
  live_node node{gate};
  ASSERT_TRUE(node.create("t").ok());
  node.produce("t", {"first"});
  gate.close_gate();
  auto before = gate.syncs();
  std::vector<std::future<produce_response>> waiting;
  waiting.push_back(node.produce_later("t", {"a"}));
  ASSERT_TRUE(eventually([&] { return gate.waiting() == 1; }));
  for (int i = 0; i < 100; ++i)
    waiting.push_back(node.produce_later("t", {"b"}));
  // They are written, and counted on: leader acks come one after the other in the same log.
  ASSERT_TRUE(node.produce("t", {"c"}, required_acks::leader).result.ok());
  gate.open_gate();
  for (auto& each : waiting)
    EXPECT_TRUE(each.get().result.ok());
  EXPECT_LE(gate.syncs() - before, 3);
}

TEST_F(node_test, ManyPartitionsShareOneFilesystemSync) {
  gated_env gate{disk_};
  live_node node{gate};
  ASSERT_TRUE(node.create("t", 50).ok());
  for (std::int32_t i = 0; i < 50; ++i)
    ASSERT_TRUE(node.produce("t", {"x"}, required_acks::all, i).result.ok());
  gate.close_gate();
  auto files = gate.syncs();
  std::vector<std::future<produce_response>> waiting;
  for (std::int32_t i = 0; i < 50; ++i) {
    produce_request what{{"t", partition_id{i}}, make_batch({"x"}), required_acks::all, 30'000};
    waiting.push_back(node.send(&broker_client::produce, std::move(what)));
    if (i == 0) {
      ASSERT_TRUE(eventually([&] { return gate.waiting() == 1; }));
    }
  }
  ASSERT_TRUE(node.produce("t", {"y"}, required_acks::leader, 49).result.ok());
  gate.open_gate();
  for (auto& each : waiting)
    EXPECT_TRUE(each.get().result.ok());
  EXPECT_LT(gate.syncs() - files, 30);
  EXPECT_GE(gate.filesystem_syncs(), 1);
}

TEST_F(node_test, ProduceTimeoutSaysTheOutcomeIsUnknown) {
  gated_env gate{disk_};
  live_node node{gate};
  ASSERT_TRUE(node.create("t").ok());
  gate.close_gate();
  auto answer = node.produce_later("t", {"a"}, required_acks::all, 50).get();
  EXPECT_EQ(answer.result.code, errc::produce_timeout);
  gate.open_gate();
  EXPECT_TRUE(node.produce("t", {"b"}).result.ok());
  EXPECT_THAT(node.read_all("t"), ElementsAre("a", "b"));
}

TEST_F(node_test, RestartKeepsRecordsAndTopics) {
  {
    live_node node{disk_};
    ASSERT_TRUE(node.create("t", 2).ok());
    ASSERT_TRUE(node.create("cached", 1, page_cache).ok());
    node.produce("t", {"a", "b"});
    node.produce("cached", {"c"});
    ASSERT_TRUE(node.broker().stop(5s));
  }
  live_node node{disk_};
  EXPECT_EQ(node.broker().recovery().partitions, 3u);
  EXPECT_EQ(node.broker().recovery().scanned_bytes, 0u) << "the stop was clean";
  EXPECT_THAT(node.read_all("t"), ElementsAre("a", "b"));
  EXPECT_THAT(node.read_all("cached"), ElementsAre("c"));
  EXPECT_EQ(node.produce("t", {"c"}).base_offset, 2);
}

TEST_F(node_test, AcknowledgedRecordsSurvivePowerLoss) {
  rng chance{7};
  strings expected;
  for (int round = 0; round < 5; ++round) {
    live_node node{disk_};
    if (round == 0) {
      ASSERT_TRUE(node.create("t").ok());
    }
    auto present = node.read_all("t");
    ASSERT_EQ(strings(present.begin(), present.begin() + static_cast<long>(expected.size())),
              expected);
    expected = present;
    for (int i = 0; i < 20; ++i) {
      expected.push_back(std::to_string(round) + "/" + std::to_string(i));
      ASSERT_TRUE(node.produce("t", {expected.back()}).result.ok());
    }
    disk_.crash(chance);
  }
}

// -- trouble --------------------------------------------------------------------------

TEST_F(node_test, FailedSyncPutsTheDirectoryOutOfService) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t", 2).ok());
  ASSERT_TRUE(node.produce("t", {"kept"}).result.ok());
  ASSERT_TRUE(node.produce("t", {"other"}, required_acks::all, 1).result.ok());
  disk_.fail_operation(disk_operation::sync, 1);
  auto lost = node.produce("t", {"lost"});
  EXPECT_EQ(lost.result.code, errc::storage_error);
  EXPECT_THAT(lost.result.message, HasSubstr("t-0"));
  EXPECT_EQ(node.produce("t", {"x"}).result.code, errc::storage_error);
  EXPECT_EQ(node.produce("t", {"x"}, required_acks::all, 1).result.code, errc::storage_error)
      << "the whole data directory is out of service";
  EXPECT_EQ(node.create("another").code, errc::storage_error);
  EXPECT_THAT(node.read_all("t"), ElementsAre("kept"));
  auto status = node.on_loop([&] { return node.client().status(); });
  EXPECT_TRUE(status.failed);
  EXPECT_FALSE(status.ready);
  EXPECT_THAT(status.reason, HasSubstr("sync"));
  EXPECT_EQ(disk_.syncs_after_failure(), 0u);
}

TEST_F(node_test, FailedWriteFailsItsPartitionOnly) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t", 2).ok());
  ASSERT_TRUE(node.produce("t", {"kept"}).result.ok());
  disk_.fail_operation(disk_operation::write, 1);
  EXPECT_EQ(node.produce("t", {"lost"}).result.code, errc::storage_error);
  EXPECT_EQ(node.produce("t", {"x"}).result.code, errc::storage_error);
  EXPECT_TRUE(node.produce("t", {"fine"}, required_acks::all, 1).result.ok());
  EXPECT_THAT(node.read_all("t"), ElementsAre("kept"));
  auto partitions = node.on_loop([&] { return node.client().partitions(); });
  for (auto& each : partitions)
    EXPECT_EQ(each.online, each.id.partition == partition_id{1});
}

TEST_F(node_test, FullDiskRefusesTheBatchAndGoesOn) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  ASSERT_TRUE(node.produce("t", {"a"}).result.ok());
  disk_.fail_operation(disk_operation::write, 1, errc::disk_full);
  EXPECT_EQ(node.produce("t", {"lost"}).result.code, errc::disk_full);
  EXPECT_EQ(node.produce("t", {"b"}).base_offset, 1);
  EXPECT_THAT(node.read_all("t"), ElementsAre("a", "b"));
}

TEST_F(node_test, ProduceIsRefusedBeforeTheDiskIsFullAndComesBack) {
  gated_env disk{disk_};
  auto options = small_node(disk);
  options.config.disk_reserve_bytes = 1'000'000;
  disk.set_free_bytes(2'000'000);
  live_node node{std::move(options)};
  ASSERT_TRUE(node.create("t").ok());
  ASSERT_TRUE(node.produce("t", {"a"}).result.ok());
  auto is_full = [&] { return node.on_loop([&] { return node.client().status().disk_full; }); };
  disk.set_free_bytes(999'999);
  ASSERT_TRUE(eventually(is_full));
  EXPECT_EQ(node.produce("t", {"b"}).result.code, errc::disk_full);
  EXPECT_TRUE(info_of(errc::disk_full).retriable);
  EXPECT_THAT(node.read_all("t"), ElementsAre("a")) << "reads go on";
  ASSERT_TRUE(node.create("u").ok()) << "administration goes on";
  ASSERT_TRUE(node.remove("u").ok()) << "and what makes room above all";
  disk.set_free_bytes(1'099'999);
  std::this_thread::sleep_for(1500ms);  // longer than the broker takes to look again
  EXPECT_TRUE(is_full()) << "it flutters";
  disk.set_free_bytes(1'100'000);
  ASSERT_TRUE(eventually([&] { return !is_full(); }));
  EXPECT_TRUE(node.produce("t", {"b"}).result.ok());
}

TEST_F(node_test, DirectoryInUseRefusesASecondNode) {
  live_node node{disk_};
  auto second = node::start(small_node(disk_));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::directory_in_use);
}

TEST_F(node_test, StoppedNodeAnswersShuttingDown) {
  live_node node{disk_};
  ASSERT_TRUE(node.create("t").ok());
  auto parked = node.fetch_later("t", 0, 20'000);
  ASSERT_EQ(parked.wait_for(20ms), std::future_status::timeout);
  ASSERT_TRUE(node.broker().stop(5s));
  EXPECT_EQ(parked.get().result.code, errc::shutting_down);
}

TEST_F(node_test, StopWritesAndSyncsWhatWasTaken) {
  {
    live_node node{disk_};
    ASSERT_TRUE(node.create("cached", 1, page_cache).ok());
    ASSERT_TRUE(node.produce("cached", {"a"}, required_acks::none).result.ok());
    ASSERT_TRUE(node.broker().stop(5s));
  }
  rng chance{3};
  disk_.crash(chance);
  live_node node{disk_};
  EXPECT_THAT(node.read_all("cached"), ElementsAre("a"));
}

TEST_F(node_test, DeathOfAPartitionIsFatalAndNamed) {
  gated_env disk{disk_};
  auto options = small_node(disk);
  auto fatal = std::make_shared<std::promise<std::string>>();
  options.on_fatal = [fatal](const std::string& why) { fatal->set_value(why); };
  live_node node{std::move(options)};
  ASSERT_TRUE(node.create("t").ok());
  disk.throw_at_next_write();
  auto lost = node.produce_later("t", {"a"}, required_acks::all, 100);
  auto why = fatal->get_future();
  ASSERT_EQ(why.wait_for(patience), std::future_status::ready);
  EXPECT_THAT(why.get(), HasSubstr("partition t-0 ended unexpectedly"));
  EXPECT_FALSE(lost.get().result.ok());
}

TEST_F(node_test, TenThousandPartitionsStartServeAndStop) {
  constexpr int count = 10'000;
  auto seconds = [began = std::chrono::steady_clock::now()]() mutable {
    auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(began, now)).count();
  };
  {
    live_node node{disk_};
    ASSERT_TRUE(node.create("t", count, page_cache).ok());
    EXPECT_TRUE(node.produce("t", {"a"}, required_acks::all, count - 1).result.ok());
    EXPECT_LT(seconds(), 5);
    ASSERT_TRUE(node.broker().stop(5s));
    EXPECT_LT(seconds(), 5);
  }
  live_node node{disk_};
  EXPECT_LT(seconds(), 5);
  EXPECT_EQ(node.broker().recovery().partitions, static_cast<std::size_t>(count));
  EXPECT_THAT(node.read_all("t", count - 1), ElementsAre("a"));
}

}  // namespace
}  // namespace troupe::testing
