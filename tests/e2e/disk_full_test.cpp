#include "app/admin_client.hpp"
#include "tests/support/e2e/history.hpp"
#include "tests/support/e2e/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace troupe::test {
namespace {

using namespace std::chrono_literals;

/// A broker on a file system with little space, part of which a ballast takes that can be dropped.
struct a_small_disk : testing::Test {
  static constexpr std::size_t MiB = 1 << 20;
  temporary_directory data;
  bool mounted = false;

  void SetUp() override {
    mounted = mount("tmpfs", data.path().c_str(), "tmpfs", 0, "size=96m") == 0;
    if (!mounted)
      GTEST_SKIP() << "cannot mount a small file system here";
    std::ofstream ballast(data / "ballast", std::ios::binary);
    std::string zeros(MiB, '\0');
    for (int i = 0; i < 40; ++i)
      ballast << zeros;
  }

  void TearDown() override {
    if (mounted)
      umount(data.path().c_str());
  }

  std::size_t free_bytes() const {
    struct statvfs status {};
    statvfs(data.path().c_str(), &status);
    return status.f_bavail * status.f_bsize;
  }

  static app::attempt<std::vector<app::record_ack>> produce(app::http_client& http) {
    app::produce_body body(http::embedded_format::text);
    for (int i = 0; i < 8; ++i)
      body.add("key", std::string(65'536, 'x'));
    return app::send_records(http, "t", http::embedded_format::text, "all", body.take());
  }

  /// The status of a refusal, whether it is that of the request or that of its records; 0 for none.
  static int refusal(const app::attempt<std::vector<app::record_ack>>& answer) {
    if (!answer)
      return static_cast<int>(answer.error().status);
    for (const auto& ack : *answer)
      if (!ack.ok())
        return ack.error_code > 599 ? ack.error_code / 100 : ack.error_code;
    return 0;
  }
};

TEST_F(a_small_disk, RefusesBeforeItIsFullServesReadsAndRecoversByItself) {
  broker_process broker(data / "broker", {"--disk-reserve", "16MiB"});
  app::http_client http(broker.server());
  ASSERT_TRUE(app::admin_client(http).create({"t", 1, -1, {}}));
  std::size_t stored = 0;
  int status = 0;
  for (int i = 0; i < 1'000 && status == 0; ++i) {
    auto answer = produce(http);
    status = refusal(answer);
    stored += status == 0 ? answer->size() : 0;
    std::this_thread::sleep_for(20ms);  // slower than the broker looks at the disk
  }
  EXPECT_EQ(status, 507);
  EXPECT_GT(stored, 100u);
  EXPECT_GT(free_bytes(), 4 * MiB) << "refused too late";
  EXPECT_EQ(read_topic(broker.server(), "t").size(), stored);

  std::filesystem::remove(data / "ballast");
  auto end = std::chrono::steady_clock::now() + 15s;
  while (refusal(produce(http)) != 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(50ms);
  EXPECT_LT(std::chrono::steady_clock::now(), end) << "it did not recover by itself";
  EXPECT_EQ(read_topic(broker.server(), "t").size(), stored + 8);
  EXPECT_EQ(broker.stop().code, 0);
}

TEST_F(a_small_disk, NoSpaceLeftAtAllLosesNothingThatWasAcknowledged) {
  std::vector<numbering_producer> producers{{"key", "t", 4, 60'000}};
  {
    // Without a reserve the writes themselves find no space.
    broker_process broker(data / "broker", {"--disk-reserve", "0"});
    app::http_client http(broker.server());
    ASSERT_TRUE(app::admin_client(http).create({"t", 1, -1, {}}));
    std::atomic<bool> stop{false};
    std::thread filling([&] { producers[0].run(broker.server(), stop); });
    auto end = std::chrono::steady_clock::now() + 20s;
    while (free_bytes() > MiB / 4 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(300ms);
    EXPECT_THAT(check_history(read_topic(broker.server(), "t"), producers), testing::IsEmpty());
    std::filesystem::remove(data / "ballast");
    auto before = producers[0].acknowledged().size();
    std::this_thread::sleep_for(2s);
    stop = true;
    filling.join();
    EXPECT_GT(producers[0].acknowledged().size(), before) << "it did not recover by itself";
    broker.kill();
  }
  broker_process broker(data / "broker", {"--disk-reserve", "0"});
  EXPECT_THAT(check_history(read_topic(broker.server(), "t"), producers), testing::IsEmpty());
}

}  // namespace
}  // namespace troupe::test
