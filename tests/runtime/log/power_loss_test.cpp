// Random lives of a log that end in a power loss: every record that was acknowledged as durable is
// there afterwards, once, in its place, with its content; nothing else is ever served.
#include "tests/support/runtime/log_fixture.hpp"

#include "runtime/log/sync.hpp"

#include <fmt/format.h>

namespace troupe {
namespace {

using namespace testing;

class PowerLoss : public log_test {
 protected:
  /// What was written, by offset; the first `acked` of them must survive.
  std::vector<std::string> model;
  offset_t acked = 0;
  offset_t start = 0;
  leader_epoch epoch{0};
  int writes = 0;

  void append_some(rng& chance) {
    if (chance.chance(1, 10))
      epoch = leader_epoch{value_of(epoch) + 1};
    for (auto n = 1 + chance.below(5); n > 0; --n) {
      std::vector<std::string> some(1 + chance.below(3));
      for (auto& x : some)
        x = fmt::format("{}:{}", writes++, std::string(chance.below(300), 'x'));
      const auto taken = log->append(batch_of_values(some), epoch);
      ASSERT_TRUE(taken) << to_string(taken.error());
      ASSERT_EQ(taken->base_offset, static_cast<offset_t>(model.size()));
      model.insert(model.end(), some.begin(), some.end());
    }
    ASSERT_TRUE(log->write());
  }

  void cut_somewhere(rng& chance) {
    if (log->log_end() <= log->log_start() + 1)
      return;
    const auto span = static_cast<std::uint64_t>(log->log_end() - log->log_start());
    if (chance.chance(1, 2)) {
      const auto end =
          log->log_end() - static_cast<offset_t>(chance.below(std::min<std::uint64_t>(span, 20)));
      ASSERT_TRUE(log->truncate_to(end));
      model.resize(static_cast<std::size_t>(log->log_end()));
      acked = std::min(acked, log->log_end());
    } else if (acked > log->log_start()) {
      start = log->log_start() + static_cast<offset_t>(chance.below(
                                     static_cast<std::uint64_t>(acked - log->log_start()) + 1));
      ASSERT_TRUE(log->advance_start(start));
    }
  }

  void step(rng& chance) {
    const auto what = chance.below(100);
    if (what < 55)
      append_some(chance);
    else if (what < 80)
      acked = sync() ? log->durable_end() : acked;
    else if (what < 90)
      time.advance(std::chrono::milliseconds{chance.below(1'500)});
    else if (what < 94)
      cut_somewhere(chance);
    else if (what < 96)
      reopen(), acked = log->durable_end();
    else if (what < 98)
      kill_and_open(), acked = log->durable_end();
    else
      expect_model();
  }

  void expect_model() {
    ASSERT_GE(log->log_end(), acked);
    ASSERT_LE(log->log_end(), static_cast<offset_t>(model.size()));
    ASSERT_EQ(log->log_start(), start);
    const auto all = read_values(*log, start);
    ASSERT_EQ(all.error, errc::none) << all.message;
    ASSERT_EQ(all.next, log->written_end());
    for (std::size_t i = 0; i < all.values.size(); ++i)
      ASSERT_EQ(all.values[i], model[static_cast<std::size_t>(start) + i]);
  }

  void lose_power(rng& chance) {
    disk.crash(chance);
    log.reset();
    // Now and then the power fails again while the log is being opened.
    while (chance.chance(1, 4)) {
      disk.fail_operation(1 + chance.below(30));
      recovery_report ignored;
      auto opened = partition_log::open(disk, directory, options, time, ignored);
      disk.crash(chance);
    }
    open();
    expect_model();
    ASSERT_EQ(report.damaged_bytes, 0u) << report.remarks.front();
    for (const auto& x : report.remarks)
      ASSERT_EQ(x.find("not served"), std::string::npos) << x;
    model.resize(static_cast<std::size_t>(log->log_end()));
    acked = log->durable_end();
    // What an old leader wrote may be gone, so a new one may have any higher epoch.
    epoch = std::max(epoch, log->last_epoch());
  }
};

TEST_F(PowerLoss, EveryAcknowledgedRecordIsKept) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    rng chance{seed};
    options.segment_bytes = 400 + chance.below(4'000);
    options.index_interval_bytes = static_cast<std::uint32_t>(100 + chance.below(1'000));
    model.clear();
    acked = start = 0;
    epoch = leader_epoch{0};
    open();
    for (int cycle = 0; cycle < 10; ++cycle) {
      for (auto n = chance.below(40); n > 0; --n) {
        step(chance);
        if (HasFatalFailure())
          return;
      }
      lose_power(chance);
      if (HasFatalFailure())
        return;
    }
    ASSERT_TRUE(log->remove());
  }
}

TEST_F(PowerLoss, RecordsOfThePageCacheAreNeverWrong) {
  options.syncs = false;
  options.segment_bytes = 2'000;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    rng chance{seed};
    open();
    write_many(static_cast<int>(chance.below(200)));
    power_loss_and_open(seed);
    const auto all = read_values(*log, 0);
    for (std::size_t i = 0; i < all.values.size(); ++i)
      ASSERT_EQ(all.values[i], fmt::format("v{}", i));
    ASSERT_TRUE(log->remove());
  }
}

TEST_F(PowerLoss, FailedSyncIsNotForgottenByARestart) {
  open();
  write_many(10);
  ASSERT_TRUE(sync());
  write_many(10);
  disk.fail_operation(disk_operation::sync, 1);
  EXPECT_FALSE(sync());
  EXPECT_EQ(log->durable_end(), 10);
  // The restarted process finds the pages clean and in the cache, and the disk without them.
  kill_and_open();
  EXPECT_EQ(log->durable_end(), 20);
  rng chance{1};
  for (int i = 0; i < 5; ++i)
    power_loss_and_open(chance.next());
  EXPECT_EQ(log->log_end(), 20);
  expect_numbered(0, 20);
}

}  // namespace
}  // namespace troupe
