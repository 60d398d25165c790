// The partition actor alone, on one thread and virtual time: what happens in one burst of messages.
#include "actors/partition.hpp"
#include "actors/data_directory.hpp"
#include "actors/flusher.hpp"
#include "runtime/env/sim_env.hpp"
#include "tests/support/actors/live_node.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class partition_test : public ::testing::Test {
 protected:
  explicit partition_test(const char* flush = "fsync") {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    self_ = std::make_unique<caf::scoped_actor>(*system_);
    disk_.create_directory("data").value();
    disk_.sync_directory("").value();
    node_ = std::make_shared<node_state>(node_id{1}, "data", disk_, clock_);
    topic_ = std::make_shared<topic_metadata>();
    topic_->name = "t";
    topic_->config = topic_config::from({{"flush", flush}}).value();
    topic_->partitions.resize(1);
    gauges_ = std::make_shared<partition_gauges>();
    flusher_ = system_->spawn<flusher>(
        node_, [this](mono_duration, std::size_t n) { commits_.push_back(n); }, 0u);
  }
  ~partition_test() override {
    // A delayed message keeps its receiver, and so the system, alive.
    scheduler().clock().cancel_all();
    caf::anon_send_exit(partition_, caf::exit_reason::kill);
    caf::anon_send_exit(flusher_, caf::exit_reason::kill);
    run();
    partition_ = nullptr;
    flusher_ = nullptr;
    self_.reset();
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }
  void run() { scheduler().run(); }

  void open() {
    partition_options options;
    options.node = node_;
    options.topic = topic_;
    options.gauges = gauges_;
    options.flusher = flusher_;
    partition_ = system_->spawn<partition>(std::move(options));
    run();
  }

  template <class Response, class Request>
  auto ask(Request what) {
    return self()->request(partition_, caf::infinite, std::move(what));
  }
  template <class Response, class Handle>
  Response answer(Handle&& handle) {
    Response got;
    handle.receive([&](Response& x) { got = std::move(x); },
                   [&](const caf::error& e) {
                     got.result = {errc::unknown, system_->render(e)};
                   });
    return got;
  }
  auto produce(const std::string& value, required_acks acks = required_acks::all) {
    produce_request what{target_, make_batch({value}), acks, 1'000};
    return ask<produce_response>(std::move(what));
  }
  auto fetch(offset_t from, std::int32_t wait_ms) {
    fetch_request what{target_, from, 1 << 20, 1, wait_ms, isolation::read_uncommitted};
    return ask<fetch_response>(std::move(what));
  }
  outcome produced(const std::string& value, required_acks acks = required_acks::all) {
    auto handle = produce(value, acks);
    run();
    return answer<produce_response>(handle).result;
  }
  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    scheduler().clock().current_time += time;
    scheduler().clock().trigger_expired_timeouts();
    run();
  }
  caf::scoped_actor& self() { return *self_; }

  sim_env disk_;
  manual_clock clock_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<caf::scoped_actor> self_;
  std::shared_ptr<node_state> node_;
  std::shared_ptr<topic_metadata> topic_;
  std::shared_ptr<partition_gauges> gauges_;
  flusher_actor flusher_;
  partition_actor partition_;
  topic_partition target_{"t", partition_id{0}};
  std::vector<std::size_t> commits_;
};

class cached_partition_test : public partition_test {
 protected:
  cached_partition_test() : partition_test("os") {}
};

TEST_F(cached_partition_test, BurstOfProducesIsOneWrite) {
  open();
  ASSERT_TRUE(produced("first").ok());
  auto writes = disk_.operations(disk_operation::write);
  auto a = produce("a");
  auto b = produce("b", required_acks::leader);
  auto c = produce("c", required_acks::none);
  auto d = produce("d");
  run();
  EXPECT_EQ(disk_.operations(disk_operation::write) - writes, 1u);
  EXPECT_EQ(answer<produce_response>(a).base_offset, 1);
  EXPECT_EQ(answer<produce_response>(b).base_offset, 2);
  EXPECT_EQ(answer<produce_response>(c).base_offset, 3);
  EXPECT_EQ(answer<produce_response>(d).base_offset, 4);
  EXPECT_TRUE(commits_.empty()) << "a topic of the page cache does not sync";
}

TEST_F(partition_test, BurstOfProducesIsOneSync) {
  open();
  auto a = produce("a");
  auto b = produce("b");
  run();
  EXPECT_TRUE(answer<produce_response>(a).result.ok());
  EXPECT_TRUE(answer<produce_response>(b).result.ok());
  EXPECT_THAT(commits_, ElementsAre(1u));
  EXPECT_EQ(gauges_->high_watermark, 2);
  EXPECT_EQ(gauges_->log_end, 2);
}

TEST_F(partition_test, ProduceBeforeAFetchInTheSameBurstIsWritten) {
  open();
  auto a = produce("a");
  auto found = fetch(0, 0);
  run();
  EXPECT_TRUE(answer<produce_response>(a).result.ok());
  EXPECT_TRUE(answer<fetch_response>(found).result.ok());
}

TEST_F(partition_test, IdlePartitionHasNoTimer) {
  open();
  ASSERT_TRUE(produced("a").ok());
  EXPECT_TRUE(scheduler().clock().schedule().empty());
}

TEST_F(partition_test, ParkedFetchesShareOneTimerAndExpireInTime) {
  open();
  auto late = fetch(0, 500);
  auto later = fetch(0, 900);
  run();
  EXPECT_EQ(scheduler().clock().schedule().size(), 1u);
  pass(499ms);
  EXPECT_TRUE(self()->mailbox().empty());
  pass(1ms);
  EXPECT_TRUE(answer<fetch_response>(late).batches.empty());
  pass(400ms);
  EXPECT_TRUE(answer<fetch_response>(later).batches.empty());
  EXPECT_TRUE(scheduler().clock().schedule().empty());
}

TEST_F(partition_test, EarlierDeadlineIsNotHeldUpByALaterOne) {
  open();
  auto later = fetch(0, 900);
  auto sooner = fetch(0, 100);
  run();
  pass(100ms);
  EXPECT_TRUE(answer<fetch_response>(sooner).result.ok());
  ASSERT_TRUE(produced("a").ok());
  EXPECT_THAT(values_of(answer<fetch_response>(later).batches), ElementsAre("a"));
}

TEST_F(partition_test, LogThatCannotBeOpenedAnswersStorageError) {
  open();
  ASSERT_TRUE(produced("a").ok());
  auto first = ask<partition_closed>(close_partition{});
  run();
  answer<partition_closed>(first);
  disk_.fail_operation(disk_operation::open, 1);
  open();
  auto lost = produced("b");
  EXPECT_EQ(lost.code, errc::storage_error);
  EXPECT_THAT(lost.message, HasSubstr("t-0"));
  auto found = fetch(0, 1'000);
  run();
  EXPECT_EQ(answer<fetch_response>(found).result.code, errc::storage_error);
  EXPECT_FALSE(gauges_->online);
  auto closing = ask<partition_closed>(close_partition{});
  run();
  EXPECT_TRUE(answer<partition_closed>(closing).result.ok());
}

TEST_F(partition_test, CloseSyncsAnswersAndEnds) {
  open();
  auto parked = fetch(0, 10'000);
  run();
  auto last = produce("a");
  auto closing = ask<partition_closed>(close_partition{});
  auto too_late = produce("b");
  run();
  // The record of the same burst is visible by then; what waits is answered all the same.
  EXPECT_NE(answer<fetch_response>(parked).result.code, errc::unknown);
  EXPECT_TRUE(answer<produce_response>(last).result.ok());
  EXPECT_TRUE(answer<partition_closed>(closing).result.ok());
  EXPECT_NE(answer<produce_response>(too_late).result.code, errc::none);
  rng chance{5};
  disk_.crash(chance);
  open();
  auto found = fetch(0, 0);
  run();
  EXPECT_THAT(values_of(answer<fetch_response>(found).batches), ElementsAre("a"));
}

TEST_F(cached_partition_test, CloseMakesThePageCacheDurable) {
  open();
  ASSERT_TRUE(produced("a").ok());
  auto closing = ask<partition_closed>(close_partition{});
  run();
  EXPECT_TRUE(answer<partition_closed>(closing).result.ok());
  EXPECT_THAT(commits_, ElementsAre(1u));
  rng chance{6};
  disk_.crash(chance);
  open();
  auto found = fetch(0, 0);
  run();
  EXPECT_THAT(values_of(answer<fetch_response>(found).batches), ElementsAre("a"));
}

TEST_F(partition_test, TooFewInSyncReplicasRefuseOnlyAcksAll) {
  topic_->config = topic_->config.with({{"min.insync.replicas", "2"}}).value();
  open();
  EXPECT_EQ(produced("a").code, errc::not_enough_replicas);
  EXPECT_TRUE(produced("b", required_acks::leader).ok());
}

TEST_F(partition_test, DeathOfTheFlusherIsAStorageFailure) {
  open();
  caf::anon_send_exit(flusher_, caf::exit_reason::kill);
  run();
  EXPECT_EQ(produced("a").code, errc::storage_error);
}

/// Fails the n-th operation of a little life, for every n until none is left to fail: whatever was
/// acknowledged is there after a power loss, and no failed sync is tried again.
TEST_F(partition_test, EveryFailureKeepsWhatWasAcknowledged) {
  bool failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    SCOPED_TRACE(n);
    disk_.fail_operation(n);
    open();
    std::vector<std::string> acknowledged;
    for (auto value : {"a", "b", "c"})
      if (produced(std::to_string(n) + value).ok())
        acknowledged.push_back(std::to_string(n) + value);
    auto closing = ask<partition_closed>(close_partition{});
    run();
    answer<partition_closed>(closing);
    failed = disk_.failed();
    disk_.fail_nothing();
    rng chance{n};
    disk_.crash(chance);
    node_->failed = false;
    open();
    auto found = fetch(0, 0);
    run();
    auto got = answer<fetch_response>(found);
    ASSERT_TRUE(got.result.ok()) << got.result.message;
    auto values = values_of(got.batches);
    for (auto& value : acknowledged)
      EXPECT_THAT(values, ::testing::Contains(value));
    auto removing = ask<partition_closed>(close_partition{true});
    run();
    ASSERT_TRUE(answer<partition_closed>(removing).result.ok());
    ASSERT_TRUE(remove_partitions(disk_, "data", "t", 1, node_->stopping));
    ASSERT_LT(n, 500u);
    EXPECT_EQ(disk_.syncs_after_failure(), 0u) << "operation " << n;
  }
  EXPECT_EQ(disk_.syncs_after_failure(), 0u);
}

}  // namespace
}  // namespace troupe::testing
