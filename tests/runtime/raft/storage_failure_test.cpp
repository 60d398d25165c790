// Every operation fails once, with and without a loss of power behind it.
#include "tests/support/runtime/raft_storage_fixture.hpp"

#include <algorithm>

namespace troupe::raft {
namespace {

// A life with everything in it, as far as it gets; what is acknowledged, and what is being done.
class RaftStorageFailures : public RaftStorage {
 protected:
  struct contents {
    hard_state state;
    snapshot_info snapshot;
    std::vector<entry> entries;

    void put(const std::vector<entry>& more) {
      std::erase_if(entries, [&](const entry& x) { return x.index >= more.front().index; });
      entries.insert(entries.end(), more.begin(), more.end());
    }
    const entry* find(index_t index) const {
      const auto found = std::ranges::find(entries, index, &entry::index);
      return found == entries.end() ? nullptr : &*found;
    }
  };

  bool live() {
    sure = coming = {};
    const auto step = [this](const ready_work& work) {
      if (work.state)
        coming.state = *work.state;
      if (work.installed) {
        coming.snapshot = *work.installed;
        coming.entries.clear();
      }
      if (!work.entries.empty())
        coming.put(work.entries);
      if (!files->persist(work))
        return false;
      sure = coming;
      return true;
    };
    if (!open())
      return false;
    auto both = with_state(2, replica_id{node_id{2}, directory_id{22}});
    both.entries = values(1, 4, 2);
    if (!step(both) || !step(with_entries(values(5, 12, 2))) ||
        !step(with_entries(values(13, 15, 2))))
      return false;
    auto conflict = with_state(3, std::nullopt);
    conflict.entries = values(6, 8, 3);
    if (!step(conflict))
      return false;
    for (index_t i = 9; i <= 20; i += 4)
      if (!step(with_entries(values(i, i + 3, 3))))
        return false;
    const auto taken = files->save_snapshot({10, term_t{3}, voters, 0, 0}, text("ten"));
    if (!taken)
      return false;
    sure.snapshot = coming.snapshot = *taken;
    if (!files->forget_before(11) || !step(with_entries(values(21, 22, 3))))
      return false;
    const auto far = info_of(40, 4, voters, "the state after forty");
    return step(arriving(far, "the state after forty")) && step(with_entries(values(41, 43, 4)));
  }

  void check_what_is_left(std::uint64_t n) {
    const auto log = open();
    ASSERT_TRUE(log) << n << ": " << log.error().message;
    EXPECT_FALSE(log->damage) << n;
    EXPECT_TRUE(log->state == sure.state || log->state == coming.state) << n;
    EXPECT_GE(log->snapshot.index, sure.snapshot.index) << n;
    const auto has = [&](const entry& x) {
      return std::ranges::any_of(log->entries, [&](const entry& y) {
        return x.index == y.index && x.term == y.term && as_text(x.view()) == as_text(y.view());
      });
    };
    // What was acknowledged and is not being replaced must be there.
    for (const auto& x : sure.entries) {
      const auto* later = coming.find(x.index);
      const bool kept = later != nullptr && later->term == x.term;
      EXPECT_TRUE(!kept || x.index <= log->snapshot.index || has(x)) << n << ": " << x.index;
    }
    for (const auto& x : log->entries) {
      if (x.index <= log->snapshot.index)
        continue;
      const auto* one = sure.find(x.index);
      const auto* two = coming.find(x.index);
      EXPECT_TRUE((one && one->term == x.term) || (two && two->term == x.term)) << n;
    }
  }

  // Returns how many operations a life without failure takes.
  void begin_anew() {
    files.reset();
    disk.fail_nothing();
    disk.restore({});
    ASSERT_TRUE(disk.create_directory("data"));
    ASSERT_TRUE(disk.sync_directory(""));
  }

  contents sure;
  contents coming;
};

TEST_F(RaftStorageFailures, EveryFailingOperationLeavesWhatWasAcknowledged) {
  for (std::uint64_t n = 1;; ++n) {
    begin_anew();
    disk.fail_operation(n);
    const bool lived = live();
    const bool failed = disk.failed();
    files.reset();
    disk.fail_nothing();
    disk.restart_process();
    check_what_is_left(n);
    EXPECT_EQ(disk.syncs_after_failure(), 0u);
    if (lived && !failed) {
      EXPECT_GT(n, 50u);
      return;
    }
  }
}

TEST_F(RaftStorageFailures, PowerLossAtEveryOperationLeavesWhatWasAcknowledged) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    rng chance{seed};
    for (std::uint64_t n = 1;; ++n) {
      begin_anew();
      disk.fail_operation(n);
      const bool lived = live();
      const bool failed = disk.failed();
      files.reset();
      disk.crash(chance);
      check_what_is_left(n);
      if (HasFailure() || (lived && !failed))
        break;
    }
    ASSERT_FALSE(HasFailure()) << seed;
  }
}

TEST_F(RaftStorageFailures, FailingOperationsOfARecoveryLoseNothing) {
  begin_anew();
  ASSERT_TRUE(live());
  files.reset();
  const auto image = disk.save();
  for (std::uint64_t n = 1;; ++n) {
    disk.restore(image);
    disk.fail_operation(n);
    const auto first = open();
    const bool failed = disk.failed();
    files.reset();
    disk.fail_nothing();
    disk.restart_process();
    check_what_is_left(n);
    if (!failed)
      break;
  }
}

}  // namespace
}  // namespace troupe::raft
