// Where a follower cuts a log that differs from its leader's: the end of an epoch (R3), and the
// cases A to G of KIP-279 over real logs. A log is written as the epochs of its records: "1 1 2".
#include "runtime/log/epoch_cache.hpp"
#include "runtime/replication/replica.hpp"
#include "tests/support/runtime/log_fixture.hpp"

#include <fmt/format.h>

#include <sstream>

namespace troupe {
namespace {

using namespace testing;

struct divergence {
  const char* name;
  const char* leader;
  const char* follower;
  int current_epoch;  ///< in which the leader leads; it has written nothing yet
  offset_t kept;      ///< of the follower's log
  int cuts;           ///< how many answers it takes
};

/// One replica with a log of its own.
class replica_with {
 public:
  explicit replica_with(const std::string& epochs, node_id id) : id_(id) {
    disk_.create_directory("data").value();
    recovery_report report;
    log_ = partition_log::open(disk_, "data/topic-0", {}, time_, report).value();
    std::istringstream in{epochs};
    for (int epoch = 0; in >> epoch;)
      log_->append(batch_of_values({fmt::format("{}:{}", log_->log_end(), epoch)}),
                   leader_epoch{epoch})
          .value();
    log_->write().value();
    sync_log(disk_, *log_);
    replica_options how;
    how.follower.self = how.leader.replicas.self = id;
    replica_ = std::make_unique<partition_replica>(how, *log_);
  }
  void assign(node_id leader, int epoch) {
    partition_assignment at{.leader = leader, .epoch = leader_epoch{epoch}};
    for (auto id : {node_id{1}, node_id{2}})
      at.replicas.push_back({.id = id, .broker_epoch = 0});
    at.isr = {leader};
    replica_->assign(at, time_.now());
  }
  void sync() { sync_log(disk_, *log_); }
  partition_replica* operator->() { return replica_.get(); }
  partition_log& log() { return *log_; }
  mono_time now() const { return time_.now(); }

 private:
  node_id id_;
  sim_env disk_;
  manual_clock time_;
  std::unique_ptr<partition_log> log_;
  std::unique_ptr<partition_replica> replica_;
};

class Divergence : public ::testing::TestWithParam<divergence> {};

TEST_P(Divergence, FollowerKeepsWhatIsCommonAndNothingElse) {
  const auto& x = GetParam();
  replica_with leader{x.leader, node_id{1}};
  replica_with follower{x.follower, node_id{2}};
  leader.assign(node_id{1}, x.current_epoch);
  follower.assign(node_id{1}, x.current_epoch);
  int cuts = 0;
  auto least = follower.log().log_end();
  for (int round = 0; round < 20; ++round) {
    follower.sync();
    auto asked = follower->next_fetch(follower.now());
    ASSERT_TRUE(asked);
    auto answer = leader->serve(*asked, 0, leader.now());
    if (!answer)
      break;
    cuts += answer->diverging ? 1 : 0;
    follower->on_fetched(std::move(*answer), follower.now());
    least = std::min(least, follower.log().log_end());
  }
  EXPECT_EQ(least, x.kept);
  EXPECT_EQ(cuts, x.cuts);
  EXPECT_EQ(read_values(follower.log(), 0).values, read_values(leader.log(), 0).values);
}

INSTANTIATE_TEST_SUITE_P(
    Kip279, Divergence,
    ::testing::Values(divergence{"A_FollowerBehind", "1 1 1 1", "1 1", 2, 2, 0},
                      divergence{"B_FollowerBehindAnEpoch", "1 1 2 2", "1 1", 3, 2, 0},
                      divergence{"C_FollowerAheadInTheEpoch", "1 1", "1 1 1 1", 2, 2, 1},
                      divergence{"D_FollowerAheadByAnEpoch", "1 1", "1 1 2 2", 3, 2, 1},
                      divergence{"E_ForkOfTwoEpochs", "1 1 3 3", "1 1 2 2", 4, 2, 1},
                      divergence{"F_ForkOfOneEpoch", "1 1", "1 2 2 2", 3, 1, 1},
                      divergence{"G_NothingInCommon", "1 3", "2 2 2", 4, 0, 1},
                      divergence{"EqualLogs", "1 2 3", "1 2 3", 4, 3, 0},
                      divergence{"EmptyFollower", "1 2 3", "", 4, 0, 0},
                      divergence{"EmptyLeader", "", "1 2 3", 4, 0, 1},
                      divergence{"AlternatingEpochs", "1 2 4 6", "1 3 5 7", 8, 1, 3},
                      divergence{"OnlyTheFirstInCommon", "1 4 4 4 4", "1 2 2 3 3", 5, 1, 1}),
    [](const auto& of) { return of.param.name; });

TEST(EpochEnd, FollowsTheTable) {
  epoch_cache epochs;
  EXPECT_EQ(epochs.end_offset_for(leader_epoch{1}, 0), epoch_end{});
  epochs.add(leader_epoch{2}, 0);
  epochs.add(leader_epoch{5}, 10);
  const auto of = [&](int epoch) { return epochs.end_offset_for(leader_epoch{epoch}, 25); };
  EXPECT_EQ(of(5), (epoch_end{leader_epoch{5}, 25})) << "the last: the log end";
  EXPECT_EQ(of(2), (epoch_end{leader_epoch{2}, 10}));
  EXPECT_EQ(of(4), (epoch_end{leader_epoch{2}, 10})) << "between: the one below";
  EXPECT_EQ(of(1), (epoch_end{leader_epoch{1}, 0})) << "before all: where the first begins";
  EXPECT_EQ(of(6), epoch_end{}) << "after all: nothing";
  EXPECT_EQ(of(-1), epoch_end{});
}

class FollowerLog : public log_test {};

TEST_F(FollowerLog, EpochsAreCutWithTheRecordsAndMayBeWrittenAnew) {
  open();
  write_many(3, leader_epoch{1});
  write_many(3, leader_epoch{3});
  ASSERT_TRUE(sync());
  ASSERT_TRUE(log->truncate_to(3));
  EXPECT_EQ(log->last_epoch(), leader_epoch{1});
  EXPECT_EQ(log->end_offset_for(leader_epoch{3}), epoch_end{});
  EXPECT_EQ(log->durable_end(), 3);
  write_many(2, leader_epoch{2});
  EXPECT_EQ(log->end_offset_for(leader_epoch{1}), (epoch_end{leader_epoch{1}, 3}));
  kill_and_open();
  EXPECT_FALSE(has_remark("incomplete"));
  EXPECT_EQ(log->last_epoch(), leader_epoch{2});
  EXPECT_EQ(log->end_offset_for(leader_epoch{1}), (epoch_end{leader_epoch{1}, 3}));
}

/// Whatever of the cut the disk has seen: the log is a prefix of the old one that holds at least
/// what was to stay, its epochs are those of its records, and it can be cut again.
TEST_F(FollowerLog, CrashAtEveryOperationOfACut) {
  options.segment_bytes = 400;
  open();
  for (int epoch = 1; epoch <= 5; ++epoch)
    write_many(6, leader_epoch{epoch});
  ASSERT_TRUE(sync());
  reopen();
  kill();
  const auto image = disk.save();
  bool finished = false;
  for (std::uint64_t n = 1; !finished && n < 200; ++n) {
    disk.restore(image);
    open();
    disk.fail_operation(n);
    finished = static_cast<bool>(log->truncate_to(9));
    disk.fail_nothing();
    power_loss_and_open(n);
    ASSERT_EQ(report.damaged_bytes, 0u) << "operation " << n;
    ASSERT_GE(log->log_end(), 9) << "operation " << n;
    expect_numbered(0, log->log_end());
    const auto last = leader_epoch{static_cast<std::int32_t>((log->log_end() - 1) / 6 + 1)};
    ASSERT_EQ(log->last_epoch(), last) << "operation " << n;
    ASSERT_TRUE(log->truncate_to(9));
    ASSERT_EQ(log->last_epoch(), leader_epoch{2});
    write_many(3, leader_epoch{7});
    expect_numbered(0, 12);
    kill();
  }
  EXPECT_TRUE(finished);
}

TEST_F(FollowerLog, TakesOnlyWhatContinuesIt) {
  open();
  write_many(2, leader_epoch{3});
  auto batch = [](offset_t base, int epoch) {
    auto made = batch_of_values({"x"});
    assign_base_offset(made, base, leader_epoch{epoch});
    return made;
  };
  EXPECT_EQ(log->append_as_follower(batch(3, 3)).error().code, errc::offset_out_of_range);
  EXPECT_EQ(log->append_as_follower(batch(1, 3)).error().code, errc::offset_out_of_range);
  EXPECT_EQ(log->append_as_follower(batch(2, 2)).error().code, errc::corrupt_batch);
  auto damaged = batch(2, 3);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_EQ(log->append_as_follower(std::move(damaged)).error().code, errc::corrupt_batch);
  EXPECT_EQ(log->log_end(), 2);
  EXPECT_TRUE(log->append_as_follower(batch(2, 4)));
  EXPECT_EQ(log->last_epoch(), leader_epoch{4});
}

}  // namespace
}  // namespace troupe
