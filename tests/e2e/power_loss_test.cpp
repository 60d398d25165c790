// Power loss on a real file system: ext4 on a loop device, shut down under the broker without
// flushing its journal, so that everything which was not synced is gone.
//
// Every acknowledgement counts that is heard until the broker is killed, after the shutdown too.
// For that the broker asks for each sync twice (tests/support/preload/sync_twice.cpp), because the
// kernel is not honest at this moment: a program that only wrote, called fdatasync and noted the
// times lost 33 of the 1,403 blocks whose fdatasync was under way during the shutdown and returned
// 0, and none of the 64,463 whose fdatasync had returned before (600 shutdowns, Linux 6.18). Asked
// twice, it lost none at all.
#include "tests/support/e2e/broker_under_fire.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <utility>

namespace troupe::test {
namespace {

using testing::IsEmpty;

// From the kernel's fs/ext4/ext4.h; the user-space headers do not have them.
constexpr unsigned long ext4_shutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t without_log_flush = 2;

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// An ext4 file system of its own, in a file in memory.
struct a_disk_that_loses_power : broker_under_fire {
  temporary_directory memory;
  temporary_directory place;
  std::string device;
  bool mounted = false;

  void SetUp() override {
    if (mount("tmpfs", memory.path().c_str(), "tmpfs", 0, "size=600m") != 0)
      GTEST_SKIP() << "cannot mount file systems here (not root?)";
    const auto image = memory / "image";
    if (!run("truncate -s 512M " + image) || !run("mkfs.ext4 -q -F " + image))
      GTEST_SKIP() << "no mkfs.ext4 here (package e2fsprogs)";
    device = first_line("losetup --show -f " + image);
    if (device.empty())
      GTEST_SKIP() << "this kernel gives no loop device";
    attach();
    if (!mounted)
      GTEST_SKIP() << "cannot mount " << device;
    if (!shut_down())
      GTEST_SKIP() << "this kernel cannot shut an ext4 file system down";
    detach();
    attach();
    ASSERT_TRUE(mounted);
    setenv("LD_PRELOAD", TROUPE_SYNC_TWICE, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
    options = {"--disk-reserve", "32MiB"};  // the default is more than this disk has
    begin(place / "data");
  }

  void TearDown() override {
    unsetenv("LD_PRELOAD");
    detach();
    if (!device.empty())
      run("losetup -d " + device);
    umount(memory.path().c_str());
  }

  static std::string first_line(const std::string& command) {
    std::string text;
    auto* pipe = popen((command + " 2>/dev/null").c_str(), "r");
    if (pipe == nullptr)
      return text;
    for (int c = std::fgetc(pipe); c != EOF && c != '\n'; c = std::fgetc(pipe))
      text += static_cast<char>(c);
    return pclose(pipe) == 0 ? text : std::string{};
  }

  void attach() { mounted = mount(device.c_str(), place.path().c_str(), "ext4", 0, "") == 0; }
  void detach() {
    if (std::exchange(mounted, false)) {
      EXPECT_EQ(umount(place.path().c_str()), 0);
    }
  }

  /// The power goes: from now on every operation fails, and what was not synced is lost.
  bool shut_down() const {
    const int directory_fd = open(place.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto how = without_log_flush;
    const bool done = directory_fd >= 0 && ioctl(directory_fd, ext4_shutdown, &how) == 0;
    if (directory_fd >= 0)
      close(directory_fd);
    return done;
  }
};

TEST_F(a_disk_that_loses_power, EveryAcknowledgedRecordIsThereOnceInOrder) {
  std::mt19937 random(11);
  const int cycles = std::getenv("TROUPE_NIGHTLY") != nullptr ? 3'000 : 200;
  for (int i = 0; i < cycles; ++i) {
    one_life(std::chrono::milliseconds(20 + random() % 80), [this](broker_process& broker) {
      EXPECT_TRUE(shut_down());
      broker.kill();
    });
    detach();
    attach();
    ASSERT_TRUE(mounted);
    ASSERT_FALSE(HasFailure()) << "cycle " << i;
  }
  EXPECT_THAT(differences(), IsEmpty());
  EXPECT_GT(acknowledged(), 1'000u) << "too little happened to prove anything";
  std::printf("%d power losses, %zu records acknowledged\n", cycles, acknowledged());
}

}  // namespace
}  // namespace troupe::test
