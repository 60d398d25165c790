// What both kinds of env promise, and what only the machine's does.
#include "runtime/env/env.hpp"
#include "runtime/env/sim_env.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace troupe {
namespace {

/// Makes an env with an empty directory in it.
struct place {
  virtual ~place() = default;
  virtual env& on() = 0;
  virtual std::string root() = 0;
};

struct machine final : place {
  machine() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe-env-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~machine() override { std::filesystem::remove_all(directory); }
  env& on() override { return posix_env(); }
  std::string root() override { return directory; }

  std::string directory;
};

struct simulated final : place {
  simulated() { disk.create_directory("data").value(); }
  env& on() override { return disk; }
  std::string root() override { return "data"; }

  sim_env disk;
};

template <class Place>
class EveryEnv : public ::testing::Test {
 protected:
  std::string path(const std::string& name) { return where.root() + "/" + name; }
  file_ptr create(const std::string& name) {
    return on.open(path(name), open_mode::create).value();
  }
  void write(const std::string& name, std::string_view text) {
    const byte_view parts[] = {as_bytes(text)};
    ASSERT_TRUE(create(name)->write_at(0, parts));
  }
  std::string read(const std::string& name) {
    const auto content = read_file(on, path(name), 1 << 20).value();
    return {content.begin(), content.end()};
  }

  Place where;
  env& on = where.on();
};

using places = ::testing::Types<machine, simulated>;
TYPED_TEST_SUITE(EveryEnv, places);

TYPED_TEST(EveryEnv, WritesPartsOneAfterTheOther) {
  const auto file = this->create("f");
  std::vector<std::string> pieces(3'000);
  std::vector<byte_view> parts;
  std::string whole;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i] = std::string(i % 7, static_cast<char>('a' + i % 26));
    parts.emplace_back(as_bytes(pieces[i]));
    whole += pieces[i];
  }
  ASSERT_TRUE(file->write_at(5, parts));
  EXPECT_EQ(*file->size(), whole.size() + 5);
  EXPECT_EQ(this->read("f"), std::string(5, '\0') + whole);
}

TYPED_TEST(EveryEnv, ReadsLessOnlyAtTheEnd) {
  this->write("f", "0123456789");
  const auto file = this->create("f");
  char some[8];
  EXPECT_EQ(*file->read_at(0, some), 8u);
  EXPECT_EQ(*file->read_at(7, some), 3u);
  EXPECT_EQ(*file->read_at(10, some), 0u);
  EXPECT_EQ(*file->read_at(99, some), 0u);
}

TYPED_TEST(EveryEnv, TruncatesBothWays) {
  this->write("f", "0123456789");
  ASSERT_TRUE(this->create("f")->truncate(4));
  ASSERT_TRUE(this->create("f")->truncate(6));
  EXPECT_EQ(this->read("f"), std::string("0123\0\0", 6));
}

TYPED_TEST(EveryEnv, AbsentIsNotFound) {
  EXPECT_EQ(this->on.open(this->path("f"), open_mode::read_only).error().code, errc::not_found);
  EXPECT_EQ(this->on.open(this->path("f"), open_mode::read_write).error().code, errc::not_found);
  EXPECT_EQ(this->on.open(this->path("d/f"), open_mode::create).error().code, errc::not_found);
  EXPECT_EQ(this->on.list(this->path("d")).error().code, errc::not_found);
  EXPECT_EQ(this->on.remove_file(this->path("f")).error().code, errc::not_found);
  EXPECT_EQ(this->on.rename(this->path("f"), this->path("g")).error().code, errc::not_found);
  const auto read = read_file(this->on, this->path("f"), 10);
  EXPECT_EQ(read.error().code, errc::not_found);
  EXPECT_NE(read.error().message.find(this->path("f")), std::string::npos);
  EXPECT_NE(read.error().message.find("No such file"), std::string::npos);
}

TYPED_TEST(EveryEnv, ListsNamesInOrder) {
  this->write("b", "");
  this->write("a", "");
  ASSERT_TRUE(this->on.create_directory(this->path("c")));
  this->write("c/x", "");
  EXPECT_EQ(*this->on.list(this->where.root()), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(*this->on.list(this->path("c")), (std::vector<std::string>{"x"}));
}

TYPED_TEST(EveryEnv, DirectoryMayBeThereAlready) {
  ASSERT_TRUE(this->on.create_directory(this->path("d")));
  EXPECT_TRUE(this->on.create_directory(this->path("d")));
  EXPECT_FALSE(this->on.create_directory(this->path("e/f")));
  EXPECT_TRUE(*this->on.exists(this->path("d")));
  EXPECT_FALSE(*this->on.exists(this->path("e")));
}

TYPED_TEST(EveryEnv, RenameReplaces) {
  this->write("a", "new");
  this->write("b", "old");
  ASSERT_TRUE(this->on.rename(this->path("a"), this->path("b")));
  EXPECT_EQ(this->read("b"), "new");
  EXPECT_FALSE(*this->on.exists(this->path("a")));
}

TYPED_TEST(EveryEnv, RemoveAllTakesEverythingBelow) {
  ASSERT_TRUE(this->on.create_directory(this->path("d")));
  ASSERT_TRUE(this->on.create_directory(this->path("d-1")));
  this->write("d/x", "1");
  this->write("d-1/x", "1");
  ASSERT_TRUE(this->on.remove_all(this->path("d")));
  EXPECT_FALSE(*this->on.exists(this->path("d")));
  EXPECT_EQ(this->read("d-1/x"), "1");
  EXPECT_TRUE(this->on.remove_all(this->path("d")));
}

TYPED_TEST(EveryEnv, SyncsSucceed) {
  this->write("f", "x");
  EXPECT_TRUE(this->create("f")->sync());
  EXPECT_TRUE(this->on.sync_directory(this->where.root()));
  EXPECT_TRUE(this->on.sync_filesystem(this->where.root()));
}

TYPED_TEST(EveryEnv, OneHolderPerDirectory) {
  auto held = this->on.lock_directory(this->where.root());
  ASSERT_TRUE(held);
  EXPECT_EQ(this->on.lock_directory(this->where.root()).error().code, errc::directory_in_use);
  held->reset();
  EXPECT_TRUE(this->on.lock_directory(this->where.root()));
}

TYPED_TEST(EveryEnv, SaysHowMuchSpaceThereIs) {
  const auto space = this->on.space(this->where.root());
  ASSERT_TRUE(space);
  EXPECT_GT(space->free_bytes, 0u);
  EXPECT_GE(space->total_bytes, space->free_bytes);
}

TYPED_TEST(EveryEnv, ReadFileKeepsTheLimit) {
  this->write("f", "0123456789");
  EXPECT_EQ(read_file(this->on, this->path("f"), 10)->size(), 10u);
  EXPECT_EQ(read_file(this->on, this->path("f"), 9).error().code, errc::damaged_data);
}

TYPED_TEST(EveryEnv, AtomicWriteReplacesAndLeavesNothingBeside) {
  for (std::string_view text : {"a longer text", "short", ""}) {
    ASSERT_TRUE(write_file_atomically(this->on, this->path("f"), as_bytes(text)));
    EXPECT_EQ(this->read("f"), text);
  }
  EXPECT_EQ(this->on.list(this->where.root())->size(), 1u);
}

TEST(PosixEnv, ErrorsNameOperationPathAndReason) {
  const machine where;
  const auto refused = posix_env().open(where.directory, open_mode::read_write);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::io_error);
  EXPECT_EQ(refused.error().message, "open " + where.directory + ": Is a directory");
}

TEST(PosixEnv, FullDiskSaysSo) {
  auto full = posix_env().open("/dev/full", open_mode::read_write);
  if (!full)
    GTEST_SKIP() << "there is no /dev/full";
  const byte_view parts[] = {as_bytes("x")};
  EXPECT_EQ((*full)->write_at(0, parts).error().code, errc::disk_full);
}

}  // namespace
}  // namespace troupe
