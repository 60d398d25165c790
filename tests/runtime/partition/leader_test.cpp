#include "runtime/partition/leader.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

using namespace std::chrono_literals;

/// A leader, and what it has set free so far, as text: "1 2!disk_full".
class leader_test : public testing::Test {
 protected:
  void open(flush_policy flush, leader_ends ends = {}, leader_limits limits = {}) {
    leader_ = std::make_unique<partition_leader>(
        leader_options{.replicas = {}, .flush = flush, .limits = limits}, sole_replica(), ends);
  }

  /// Appends one batch of 100 bytes that ends at `end`; `who` waits for it.
  void produce(offset_t end, required_acks acks, waiter who) {
    leader_->appended(end, 100);
    if (acks != required_acks::none)
      leader_->await_ack(acks, who);
  }

  void sync() { leader_->synced(leader_->written_end()); }

  std::string answered() {
    std::vector<produce_answer> answers;
    leader_->take_produces(answers);
    return join(answers);
  }
  std::string woken() {
    std::vector<fetch_answer> answers;
    leader_->take_fetches(answers);
    return join(answers);
  }

  template <class Answer>
  static std::string join(const std::vector<Answer>& answers) {
    std::string text;
    for (auto& each : answers) {
      text += (text.empty() ? "" : " ") + std::to_string(each.who);
      if (each.code != errc::none)
        text += "!" + std::string{to_string(each.code)};
    }
    return text;
  }

  static constexpr auto all = required_acks::all;
  static constexpr auto one = required_acks::leader;
  static constexpr auto none = required_acks::none;

  std::unique_ptr<partition_leader> leader_;
  mono_time now_{};
};

// -- produce ----------------------------------------------------------------------

TEST_F(leader_test, LeaderAckComesWithTheWrite) {
  open(flush_policy::fsync);
  produce(1, one, 7);
  EXPECT_EQ(answered(), "");
  leader_->written();
  EXPECT_EQ(answered(), "7");
  EXPECT_EQ(leader_->high_watermark(), 0);
}

TEST_F(leader_test, AllAckComesWithTheSync) {
  open(flush_policy::fsync);
  produce(1, all, 7);
  leader_->written();
  EXPECT_EQ(answered(), "");
  EXPECT_TRUE(leader_->should_sync());
  sync();
  EXPECT_EQ(answered(), "7");
  EXPECT_EQ(leader_->high_watermark(), 1);
}

TEST_F(leader_test, AllAckOfPageCacheTopicComesWithTheWrite) {
  open(flush_policy::os);
  produce(1, all, 7);
  leader_->written();
  EXPECT_EQ(answered(), "7");
  EXPECT_EQ(leader_->high_watermark(), 1);
  EXPECT_FALSE(leader_->should_sync());
}

TEST_F(leader_test, RecordsNobodyWaitsForAreSyncedToo) {
  open(flush_policy::fsync);
  produce(1, none, 0);
  leader_->written();
  EXPECT_TRUE(leader_->should_sync());
  sync();
  EXPECT_EQ(leader_->high_watermark(), 1);
}

TEST_F(leader_test, OneSyncAnswersAllThatWasWrittenBeforeItBegan) {
  open(flush_policy::fsync);
  produce(1, all, 1);
  produce(5, all, 2);
  leader_->written();
  produce(6, all, 3);
  leader_->written();
  leader_->synced(5);
  EXPECT_EQ(answered(), "1 2");
  EXPECT_EQ(leader_->high_watermark(), 5);
  EXPECT_TRUE(leader_->should_sync());
  sync();
  EXPECT_EQ(answered(), "3");
}

TEST_F(leader_test, RecoveredRecordsBecomeVisibleWithTheFirstSync) {
  open(flush_policy::fsync, {2, 5, 9});
  EXPECT_EQ(leader_->high_watermark(), 5);
  EXPECT_TRUE(leader_->should_sync());
  sync();
  EXPECT_EQ(leader_->high_watermark(), 9);
}

TEST_F(leader_test, FullDiskFailsOnlyWhatWasNotWritten) {
  open(flush_policy::fsync);
  produce(1, all, 1);
  leader_->written();
  produce(2, one, 2);
  produce(3, all, 3);
  leader_->write_refused();
  EXPECT_EQ(answered(), "2!disk_full 3!disk_full");
  EXPECT_EQ(leader_->log_end(), 1);
  sync();
  EXPECT_EQ(answered(), "1");
  EXPECT_EQ(leader_->admit(100), errc::none);
}

TEST_F(leader_test, FailureFailsEverythingThatWaits) {
  open(flush_policy::fsync);
  produce(1, all, 1);
  leader_->written();
  produce(2, one, 2);
  ASSERT_TRUE(leader_->park(9, 0, 1, now_ + 1s));
  leader_->failed();
  EXPECT_EQ(answered(), "2!storage_error 1!storage_error");
  EXPECT_EQ(woken(), "9!storage_error");
  EXPECT_EQ(leader_->admit(1), errc::storage_error);
  EXPECT_FALSE(leader_->should_write());
  EXPECT_FALSE(leader_->should_sync());
  EXPECT_EQ(leader_->high_watermark(), 0);
}

TEST_F(leader_test, PendingBytesAreLimited) {
  open(flush_policy::os, {}, {.pending_bytes_max = 250});
  produce(1, none, 0);
  produce(2, none, 0);
  EXPECT_EQ(leader_->admit(50), errc::none);
  EXPECT_EQ(leader_->admit(51), errc::overloaded);
  leader_->written();
  EXPECT_EQ(leader_->admit(250), errc::none);
}

TEST_F(leader_test, WaitingProducesAreLimited) {
  open(flush_policy::os, {}, {.pending_produces_max = 2});
  produce(1, one, 1);
  produce(2, all, 2);
  EXPECT_EQ(leader_->admit(1), errc::too_many_requests);
  leader_->written();
  EXPECT_EQ(leader_->admit(1), errc::none);
}

// -- fetch ------------------------------------------------------------------------

TEST_F(leader_test, FetchWakesWhenRecordsBecomeVisibleNotBefore) {
  open(flush_policy::fsync);
  ASSERT_TRUE(leader_->park(1, 0, 1, now_ + 1s));
  produce(1, none, 0);
  leader_->written();
  EXPECT_EQ(woken(), "");
  sync();
  EXPECT_EQ(woken(), "1");
  EXPECT_EQ(leader_->parked(), 0u);
  EXPECT_EQ(leader_->next_deadline(), mono_time::max());
}

TEST_F(leader_test, FetchWaitsForItsMinimumBytes) {
  open(flush_policy::os);
  ASSERT_TRUE(leader_->park(1, 50, 250, now_ + 1s));  // wants 200 more: two batches
  ASSERT_TRUE(leader_->park(2, 0, 1, now_ + 1s));
  produce(1, none, 0);
  leader_->written();
  EXPECT_EQ(woken(), "2");
  produce(2, none, 0);
  leader_->written();
  EXPECT_EQ(woken(), "1");
}

TEST_F(leader_test, BytesWrittenButNotVisibleWhenParkedCount) {
  open(flush_policy::fsync);
  produce(1, none, 0);
  leader_->written();
  ASSERT_TRUE(leader_->park(1, 0, 150, now_ + 1s));
  produce(2, none, 0);
  leader_->written();
  sync();
  EXPECT_EQ(woken(), "1");
}

TEST_F(leader_test, FetchesExpireAtTheirOwnDeadline) {
  open(flush_policy::os);
  ASSERT_TRUE(leader_->park(1, 0, 1, now_ + 30ms));
  ASSERT_TRUE(leader_->park(2, 0, 1, now_ + 10ms));
  EXPECT_EQ(leader_->next_deadline(), now_ + 10ms);
  leader_->expire(now_ + 9ms);
  EXPECT_EQ(woken(), "");
  leader_->expire(now_ + 10ms);
  EXPECT_EQ(woken(), "2");
  EXPECT_EQ(leader_->next_deadline(), now_ + 30ms);
  leader_->expire(now_ + 1h);
  EXPECT_EQ(woken(), "1");
}

TEST_F(leader_test, ParkedFetchesAreLimited) {
  open(flush_policy::os, {}, {.parked_fetches_max = 1});
  EXPECT_TRUE(leader_->park(1, 0, 1, now_ + 1s));
  EXPECT_FALSE(leader_->park(2, 0, 1, now_ + 1s));
}

// -- policy and start ----------------------------------------------------------------

TEST_F(leader_test, HighWatermarkGrowsWhenTheTopicTurnsToPageCache) {
  open(flush_policy::fsync);
  produce(1, all, 1);
  leader_->written();
  leader_->set_flush(flush_policy::os);
  EXPECT_EQ(answered(), "1");
  EXPECT_EQ(leader_->high_watermark(), 1);
}

TEST_F(leader_test, HighWatermarkStaysWhenTheTopicTurnsToSync) {
  open(flush_policy::os);
  produce(3, none, 0);
  leader_->written();
  leader_->set_flush(flush_policy::fsync);
  EXPECT_EQ(leader_->high_watermark(), 3);
  EXPECT_TRUE(leader_->should_sync());
}

TEST_F(leader_test, LogStartMovesUpToTheHighWatermarkOnly) {
  open(flush_policy::os);
  produce(3, none, 0);
  leader_->written();
  leader_->advance_log_start(3);
  EXPECT_EQ(leader_->log_start(), 3);
  EXPECT_DEATH(leader_->advance_log_start(4), "assert|start 4");
}

TEST_F(leader_test, EventsThatCannotHappenAreAssertions) {
  open(flush_policy::fsync);
  produce(2, none, 0);
  EXPECT_DEATH(leader_->appended(2, 1), "log end 2");
  EXPECT_DEATH(leader_->synced(2), "written 0");
}

}  // namespace
}  // namespace troupe
