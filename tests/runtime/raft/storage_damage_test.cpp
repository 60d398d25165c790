// Torn tails and damage (TR20, rule S5).
#include "tests/support/runtime/raft_storage_fixture.hpp"

#include "runtime/raft/log_view.hpp"

namespace troupe::raft {
namespace {

TEST_F(RaftStorage, EveryTornTailIsCut) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 3, 1)));
  const auto acknowledged = disk.content(first_segment).size();
  const auto mark = disk.content("data/raft/durable");
  write(with_entries(values(4, 4, 1)));
  const auto whole = disk.content(first_segment);
  disk.put_file("data/raft/durable", mark);
  const auto image = disk.save();
  for (auto size = acknowledged; size < whole.size(); ++size) {
    disk.restore(image);
    disk.cut_file(first_segment, size);
    const auto log = open().value();
    EXPECT_EQ(shown(log.entries), "1@1 2@1 3@1 ") << size;
    EXPECT_FALSE(log.damage) << size;
    EXPECT_EQ(disk.content(first_segment).size(), acknowledged);
  }
}

TEST_F(RaftStorage, DamageIsRememberedUntilARepair) {
  ASSERT_TRUE(open());
  write(with_state(4, std::nullopt));
  write(with_entries(values(1, 6, 4)));
  files.reset();
  disk.flip_bit(first_segment, disk.content(first_segment).size() - 1, 2);
  const damage expected{6, term_t{4}};
  const auto log = open().value();
  EXPECT_EQ(log.damage, expected);
  EXPECT_EQ(log.entries.size(), 5u);
  EXPECT_TRUE(disk.exists(std::string{first_segment} + ".damaged").value());
  // Neither another start nor a shorter log makes it forget.
  EXPECT_EQ(open().value().damage, expected);
  write(with_entries(values(4, 4, 5)));
  EXPECT_EQ(open().value().damage, expected);
  ready_work repaired;
  repaired.repaired = true;
  write(repaired);
  EXPECT_FALSE(open().value().damage);
}

TEST_F(RaftStorage, RecordOfAnotherHistoryIsNotBelieved) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 2, 1)));
  write(with_entries(values(3, 3, 3)));
  const auto old = disk.content(first_segment);
  write(with_entries(values(2, 2, 2)));
  const auto now = disk.content(first_segment);
  ASSERT_LT(now.size(), old.size());
  // The truncation and the new record reached the disk, but the old size and tail came back.
  auto mixed = old;
  std::copy(now.begin(), now.end(), mixed.begin());
  disk.put_file(first_segment, mixed);
  const auto log = open().value();
  EXPECT_EQ(shown(log.entries), "1@1 2@2 ");
  EXPECT_FALSE(log.damage);
}

TEST_F(RaftStorage, LostTermAndVoteKeepTheReplicaFromStarting) {
  ASSERT_TRUE(open());
  write(with_entries(values(1, 3, 1)));
  files.reset();
  disk.drop_file("data/raft/state");
  const auto log = open();
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, errc::damaged_data);
  EXPECT_NE(log.error().message.find("Remove it from the voters"), std::string::npos);
}

class RaftStorageDamage : public RaftStorage {
 protected:
  // A snapshot, several segments behind it, a vote.
  void SetUp() override {
    RaftStorage::SetUp();
    ASSERT_TRUE(open());
    write(with_state(3, replica_id{node_id{2}, directory_id{22}}));
    for (index_t i = 1; i <= 24; i += 3)
      write(with_entries(values(i, i + 2, 3)));
    save(10, 3, "the state after ten entries");
    ASSERT_TRUE(files->forget_before(11));
    original = open().value();
    files.reset();
    image = disk.save();
  }

  // Opens what is there: the same as before, or a refusal, or less with the damage known.
  void check(const std::string& what) {
    const auto log = open();
    files.reset();
    if (!log) {
      EXPECT_TRUE(log.error().code == errc::damaged_data) << what << ": " << log.error().message;
      return;
    }
    const auto fresh = log->self != original.self;
    EXPECT_TRUE(fresh || log->state == original.state) << what;
    EXPECT_FALSE(fresh) << what;
    for (const auto& x : log->entries) {
      const log_view whole{original.base, original.entries};
      if (x.index < whole.first())
        continue;
      ASSERT_LE(x.index, whole.last()) << what;
      EXPECT_EQ(x.term, whole.at(x.index).term) << what;
      EXPECT_EQ(as_text(x.view()), as_text(whole.at(x.index).view())) << what;
    }
    const auto end = log->entries.empty() ? log->base.index : log->entries.back().index;
    EXPECT_TRUE(log->snapshot == original.snapshot || log->damage) << what;
    EXPECT_TRUE(end == 24 || log->damage) << what << ": ends at " << end;
    EXPECT_TRUE(!log->damage || log->damage->up_to >= 24) << what;
  }

  restored_log original;
  sim_env::image image;
};

TEST_F(RaftStorageDamage, EveryFlippedByteIsNoticed) {
  std::size_t tried = 0;
  for (const auto& [path, content] : image)
    for (std::size_t i = 0; i < content.size(); ++i, ++tried) {
      disk.restore(image);
      disk.flip_bit(path, i, static_cast<int>(i % 8));
      check(fmt::format("{} byte {}", path, i));
      ASSERT_FALSE(HasFailure());
    }
  EXPECT_GT(tried, 5'000u);
}

TEST_F(RaftStorageDamage, EveryLengthOfEveryFileIsNoticed) {
  for (const auto& [path, content] : image)
    for (std::size_t size = 0; size < content.size(); ++size) {
      disk.restore(image);
      disk.cut_file(path, size);
      check(fmt::format("{} cut to {}", path, size));
      ASSERT_FALSE(HasFailure());
    }
}

TEST_F(RaftStorageDamage, EveryMissingFileIsNoticed) {
  for (const auto& [path, content] : image) {
    disk.restore(image);
    disk.drop_file(path);
    check(path + " missing");
  }
}

}  // namespace
}  // namespace troupe::raft
