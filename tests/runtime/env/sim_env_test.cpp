#include "runtime/env/sim_env.hpp"

#include <gtest/gtest.h>

#include <set>

namespace troupe {
namespace {

/// A simulated disk with one directory; the tests crash it many times and collect what they see.
class SimDisk : public ::testing::Test {
 protected:
  SimDisk() {
    disk.create_directory("d").value();
    disk.sync_directory("").value();
  }

  file_ptr file(const std::string& path = "d/f") {
    return disk.open(path, open_mode::create).value();
  }
  void write(std::string_view text, std::uint64_t at = 0, const std::string& path = "d/f") {
    const byte_view parts[] = {as_bytes(text)};
    file(path)->write_at(at, parts).value();
  }
  void make_durable(const std::string& path = "d/f") {
    file(path)->sync().value();
    disk.sync_directory("d").value();
  }
  void crash(std::uint64_t seed) {
    rng chance{seed};
    disk.crash(chance);
  }
  std::string text(const std::string& path = "d/f") {
    if (!disk.exists(path).value())
      return "absent";
    const auto content = disk.content(path);
    return {content.begin(), content.end()};
  }

  sim_env disk;
};

TEST_F(SimDisk, SyncedContentSurvives) {
  write("hello");
  make_durable();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    crash(seed);
    EXPECT_EQ(text(), "hello");
  }
}

TEST_F(SimDisk, UnsyncedContentIsLostKeptOrTorn) {
  const std::string before(2'048, 'a');
  const std::string after(2'048, 'b');
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    write(before);
    make_durable();
    write(after);
    crash(seed);
    const auto now = text();
    ASSERT_EQ(now.size(), 2'048u);
    for (std::size_t sector = 0; sector < 4; ++sector)
      ASSERT_EQ(now.substr(sector * 512, 512), std::string(512, now[sector * 512]));
    seen.insert(now);
  }
  EXPECT_TRUE(seen.contains(before));
  EXPECT_TRUE(seen.contains(after));
  EXPECT_GT(seen.size(), 10u) << "torn ones";
}

TEST_F(SimDisk, UnsyncedSizeIsOldNewOrBetween) {
  std::set<std::size_t> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    disk.drop_file("d/f");
    write("a");
    make_durable();
    write(std::string(1'000, 'b'), 1);
    crash(seed);
    seen.insert(text().size());
  }
  EXPECT_TRUE(seen.contains(1));
  EXPECT_TRUE(seen.contains(1'001));
  EXPECT_GT(seen.size(), 5u);
}

TEST_F(SimDisk, UnsyncedEntriesMayBeLost) {
  std::set<std::string> created, removed, renamed;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    disk.restore({{"d/old", bytes{'o'}}, {"d/from", bytes{'f'}}, {"d/to", bytes{'t'}}});
    write("n", 0, "d/new");
    file("d/new")->sync().value();
    disk.remove_file("d/old").value();
    disk.rename("d/from", "d/to").value();
    crash(seed);
    created.insert(text("d/new"));
    removed.insert(text("d/old"));
    renamed.insert(text("d/from") + text("d/to"));
  }
  EXPECT_EQ(created, (std::set<std::string>{"n", "absent"}));
  EXPECT_EQ(removed, (std::set<std::string>{"o", "absent"}));
  EXPECT_EQ(renamed, (std::set<std::string>{"ft", "absentf"})) << "a rename is whole or not at all";
}

TEST_F(SimDisk, SyncedDirectoryKeepsItsEntries) {
  write("n");
  make_durable();
  disk.rename("d/f", "d/g").value();
  disk.sync_directory("d").value();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    crash(seed);
    EXPECT_EQ(text("d/g"), "n");
    EXPECT_EQ(text("d/f"), "absent");
  }
}

TEST_F(SimDisk, DirectoryThatWasNotSyncedTakesItsFilesAlong) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    disk.create_directory("e").value();
    write("x", 0, "e/f");
    file("e/f")->sync().value();
    disk.sync_directory("e").value();
    crash(seed);
    seen.insert(text("e/f"));
    disk.remove_all("e").value();
    disk.sync_directory("").value();
  }
  EXPECT_EQ(seen, (std::set<std::string>{"x", "absent"}));
}

TEST_F(SimDisk, FailedSyncLosesTheDataThoughTheNextOneSucceeds) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    disk.restore({{"d/f", bytes(5, 'a')}});
    write("bbbbb");
    disk.fail_operation(disk_operation::sync, 1);
    EXPECT_FALSE(file()->sync());
    EXPECT_EQ(text(), "bbbbb") << "the page cache still has it";
    EXPECT_TRUE(file()->sync());
    crash(seed);
    seen.insert(text());
  }
  EXPECT_EQ(seen, (std::set<std::string>{"aaaaa"}));
  EXPECT_EQ(disk.syncs_after_failure(), 50u);
}

TEST_F(SimDisk, NthOperationFailsOnce) {
  disk.fail_operation(2, errc::disk_full);
  EXPECT_TRUE(disk.exists("d"));
  EXPECT_FALSE(disk.failed());
  EXPECT_EQ(disk.exists("d").error().code, errc::disk_full);
  EXPECT_TRUE(disk.failed());
  EXPECT_TRUE(disk.exists("d"));
}

TEST_F(SimDisk, FullDiskTakesAPrefix) {
  write("12345");
  disk.limit_space(8);
  const byte_view parts[] = {as_bytes("abc"), as_bytes("defgh")};
  EXPECT_EQ(file()->write_at(5, parts).error().code, errc::disk_full);
  EXPECT_EQ(text(), "12345abc");
  EXPECT_EQ(disk.space("d")->free_bytes, 0u);
}

TEST_F(SimDisk, HandlesDieWithThePower) {
  const auto held = file();
  auto lock = disk.lock_directory("d");
  ASSERT_TRUE(lock);
  make_durable();
  crash(1);
  char byte[1];
  EXPECT_EQ(held->read_at(0, byte).error().code, errc::io_error);
  EXPECT_TRUE(disk.lock_directory("d"));
}

TEST_F(SimDisk, DamageIsSilent) {
  write("abc");
  make_durable();
  disk.flip_bit("d/f", 1, 0);
  EXPECT_EQ(text(), "acc");
  disk.cut_file("d/f", 2);
  crash(1);
  EXPECT_EQ(text(), "ac");
}

TEST(WriteFileAtomically, IsOldOrNewWhateverFails) {
  for (std::uint64_t n = 1; n < 12; ++n)
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      sim_env disk;
      disk.restore({{"d/f", bytes(600, 'o')}});
      disk.fail_operation(n);
      const auto done = write_file_atomically(disk, "d/f", bytes(700, 'n')).has_value();
      rng chance{seed};
      disk.crash(chance);
      const auto now = disk.content("d/f");
      const auto is_old = now == bytes(600, 'o');
      const auto is_new = now == bytes(700, 'n');
      ASSERT_TRUE(done ? is_new : is_old || is_new) << n;
    }
}

}  // namespace
}  // namespace troupe
