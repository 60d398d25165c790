#include "actors/flusher_crew.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>

namespace troupe {
namespace {

/// A file whose sync meets the others, counts, and fails on demand.
class counted_file final : public file {
 public:
  explicit counted_file(std::barrier<>* meet, bool fails = false) : meet_(meet), fails_(fails) {}

  result<std::size_t> read_at(std::uint64_t, std::span<char>) const override { return 0u; }
  result<void> write_at(std::uint64_t, std::span<const byte_view>) override { return {}; }
  result<void> truncate(std::uint64_t) override { return {}; }
  result<std::uint64_t> size() const override { return 0u; }
  result<void> sync() override {
    ++syncs;
    if (meet_)
      meet_->arrive_and_wait();
    if (fails_)
      return error{errc::io_error, "no"};
    return {};
  }

  std::atomic<int> syncs{0};

 private:
  std::barrier<>* meet_;
  bool fails_;
};

TEST(flusher_crew_test, FilesAreSyncedSideBySide) {
  // Each sync returns only when all four have begun: one after the other would hang.
  std::barrier meet{4};
  std::vector<file_ptr> files;
  for (int i = 0; i < 4; ++i)
    files.push_back(std::make_shared<counted_file>(&meet));
  flusher_crew crew{3};
  EXPECT_TRUE(crew.sync(files));
}

TEST(flusher_crew_test, EveryFileIsSyncedExactlyOnceInEveryRound) {
  flusher_crew crew{3};
  std::vector<std::shared_ptr<counted_file>> files;
  for (int i = 0; i < 7; ++i)
    files.push_back(std::make_shared<counted_file>(nullptr));
  for (int round = 1; round <= 1'000; ++round) {
    EXPECT_TRUE(crew.sync({files.begin(), files.end()}));
    for (auto& each : files)
      ASSERT_EQ(each->syncs, round);
  }
}

TEST(flusher_crew_test, NoSyncBeginsAfterTheFirstFailure) {
  flusher_crew crew{0};
  auto good = std::make_shared<counted_file>(nullptr);
  auto bad = std::make_shared<counted_file>(nullptr, true);
  auto ended = crew.sync({good, bad, good, good});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, errc::io_error);
  EXPECT_EQ(good->syncs, 1);
  EXPECT_EQ(bad->syncs, 1);
}

TEST(flusher_crew_test, OneFailureFailsTheRound) {
  flusher_crew crew{3};
  auto good = std::make_shared<counted_file>(nullptr);
  auto bad = std::make_shared<counted_file>(nullptr, true);
  for (int round = 0; round < 100; ++round)
    EXPECT_FALSE(crew.sync({good, good, bad, good}));
  EXPECT_EQ(bad->syncs, 100);
  EXPECT_TRUE(crew.sync({good}));
}

TEST(flusher_crew_test, WithoutHelpersTheCallerDoesItAlone) {
  flusher_crew crew{0};
  auto one = std::make_shared<counted_file>(nullptr);
  EXPECT_TRUE(crew.sync({one, one, one}));
  EXPECT_EQ(one->syncs, 3);
  EXPECT_TRUE(crew.sync({}));
}

}  // namespace
}  // namespace troupe
