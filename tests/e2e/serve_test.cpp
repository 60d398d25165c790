#include "app/admin_client.hpp"
#include "app/record_client.hpp"
#include "app/subscription.hpp"
#include "tests/support/e2e/history.hpp"
#include "tests/support/e2e/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace troupe::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct serve : testing::Test {
  temporary_directory data;

  finished start_and_fail(std::vector<std::string> more, const std::string& data_dir) {
    std::vector<std::string> arguments{"serve", "--data-dir", data_dir, "--http", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, {}, 10s);
  }
};

TEST_F(serve, StartsAnswersAndStops) {
  broker_process broker(data / "new");
  app::http_client http(broker.server());
  app::http_request ready;
  ready.target = "/readyz";
  auto answer = http.send(ready);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200u);
  auto ended = broker.stop();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("stopped"));
}

TEST_F(serve, CtrlCStopsAsWell) {
  broker_process broker(data.path());
  broker.signal(SIGINT);
  EXPECT_EQ(broker.wait(5s).code, 0);
}

TEST_F(serve, OpenConnectionsDoNotKeepItFromStoppingWithin5Seconds) {
  broker_process broker(data.path());
  app::http_client idle(broker.server());
  ASSERT_TRUE(app::admin_client(idle).create({"t", 1, -1, {}}));
  auto subscribed = app::subscription::open(broker.server(), {"t", {}, "earliest"});
  ASSERT_TRUE(subscribed) << subscribed.error().message;
  std::thread polling([&] {
    app::http_client http(broker.server());
    app::fetch_options fetch;
    fetch.wait_ms = 30'000;
    (void)app::fetch_records(http, "t", fetch, [](const auto&) {});
  });
  std::this_thread::sleep_for(200ms);
  auto begin = std::chrono::steady_clock::now();
  auto ended = broker.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(ended.code, 0) << ended.err;
  polling.join();
}

TEST_F(serve, SecondSignalEndsAtOnce) {
  broker_process broker(data.path(), {"--shutdown-grace", "60s"});
  // An open request keeps the orderly stop waiting.
  app::http_client http(broker.server());
  ASSERT_TRUE(app::admin_client(http).create({"t", 1, -1, {}}));
  std::thread waiting([&] {
    app::fetch_options fetch;
    fetch.wait_ms = 30'000;
    (void)app::fetch_records(http, "t", fetch, [](const auto&) {});
  });
  std::this_thread::sleep_for(200ms);
  broker.signal(SIGTERM);
  std::this_thread::sleep_for(100ms);
  auto begin = std::chrono::steady_clock::now();
  broker.signal(SIGTERM);
  auto ended = broker.wait(10s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  waiting.join();
}

TEST_F(serve, RecordsAndSettingsAreThereAfterAnOrderlyRestart) {
  {
    broker_process broker(data.path());
    app::http_client http(broker.server());
    ASSERT_TRUE(app::admin_client(http).create({"t", 2, -1, {{"retention.ms", "3600000"}}}));
    app::produce_body body(http::embedded_format::text);
    for (int i = 0; i < 100; ++i)
      body.add("key" + std::to_string(i % 7), "value" + std::to_string(i));
    ASSERT_TRUE(app::send_records(http, "t", http::embedded_format::text, "all", body.take()));
    EXPECT_EQ(broker.stop().code, 0);
  }
  broker_process broker(data.path());
  EXPECT_EQ(read_topic(broker.server(), "t").size(), 100u);
  app::http_client http(broker.server());
  auto configs = app::admin_client(http).configs("t");
  ASSERT_TRUE(configs) << configs.error().message;
  auto retention = std::find_if(configs->begin(), configs->end(),
                                [](const auto& x) { return x.name == "retention.ms"; });
  ASSERT_NE(retention, configs->end());
  EXPECT_EQ(retention->value, "3600000");
}

TEST_F(serve, DirectoryInUseIsRefused) {
  broker_process broker(data.path());
  auto second = start_and_fail({}, data.path());
  EXPECT_EQ(second.code, app::exit_failed);
  EXPECT_THAT(second.err, HasSubstr(data.path()));
  EXPECT_THAT(second.err, HasSubstr("Another broker runs on it"));
}

TEST_F(serve, DirectoryOfANewerFormatIsRefusedAndLeftAlone) {
  { EXPECT_EQ(broker_process(data.path()).stop().code, 0); }
  // Both files begin with a magic of 8 bytes and a version of 2.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data.path())) {
    if (!entry.is_regular_file() || entry.file_size() < 10)
      continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    char magic[4];
    file.read(magic, 4);
    if (std::string_view(magic, 4) != "TRPS" && std::string_view(magic, 4) != "TRPJ")
      continue;
    file.seekp(9);
    file.put('\x63');
  }
  auto refused = start_and_fail({}, data.path());
  EXPECT_EQ(refused.code, app::exit_failed);
  EXPECT_THAT(refused.err, HasSubstr("newer version"));
}

TEST_F(serve, FileInPlaceOfTheDirectoryIsRefused) {
  std::ofstream(data / "file") << "not a directory";
  auto refused = start_and_fail({}, data / "file");
  EXPECT_EQ(refused.code, app::exit_failed);
  EXPECT_THAT(refused.err, HasSubstr("cannot use the data directory"));
  EXPECT_THAT(refused.err, HasSubstr(data / "file"));
}

TEST_F(serve, ReadOnlyDirectoryIsRefused) {
  // Root may write anywhere but on a read-only mount.
  bool mounted = mount("tmpfs", data.path().c_str(), "tmpfs", MS_RDONLY, nullptr) == 0;
  if (!mounted && geteuid() == 0)
    GTEST_SKIP() << "cannot mount here";
  if (!mounted)
    std::filesystem::permissions(
        data.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  auto refused = start_and_fail({}, data.path());
  if (mounted)
    umount(data.path().c_str());
  else
    std::filesystem::permissions(data.path(), std::filesystem::perms::owner_all);
  EXPECT_EQ(refused.code, app::exit_failed);
  EXPECT_THAT(refused.err, HasSubstr("cannot use the data directory"));
}

TEST_F(serve, OtherNodeIdIsRefused) {
  { EXPECT_EQ(broker_process(data.path(), {"--node-id", "1"}).stop().code, 0); }
  auto refused = start_and_fail({"--node-id", "2"}, data.path());
  EXPECT_EQ(refused.code, app::exit_usage);
  EXPECT_THAT(refused.err, HasSubstr("node"));
}

TEST_F(serve, PortInUseIsRefused) {
  broker_process broker(data / "a");
  auto second = run_program(
      {"serve", "--data-dir", data / "b", "--http", broker.server().authority()}, {}, 10s);
  EXPECT_EQ(second.code, app::exit_failed);
  EXPECT_THAT(second.err, HasSubstr("Cannot listen on " + broker.server().authority()));
  EXPECT_THAT(second.err, HasSubstr("--http"));
}

TEST_F(serve, UnknownSettingsAreRefused) {
  EXPECT_EQ(start_and_fail({"--max-bodi", "1"}, data.path()).code, app::exit_usage);
  EXPECT_EQ(start_and_fail({"--max-body", "many"}, data.path()).code, app::exit_usage);
  std::ofstream(data / "troupe.toml") << "dta-dir = \"x\"\n";
  auto refused = start_and_fail({"--config", data / "troupe.toml"}, data.path());
  EXPECT_EQ(refused.code, app::exit_usage);
  EXPECT_THAT(refused.err, HasSubstr("dta-dir"));
}

TEST_F(serve, FlagWinsOverVariableOverFile) {
  std::ofstream(data / "troupe.toml") << "partitions = 5\nmax-body = \"2MiB\"\n";
  setenv("TROUPE_CONFIG", (data / "troupe.toml").c_str(), 1);
  auto partitions_of = [&](std::vector<std::string> more) {
    broker_process broker(data / "broker", std::move(more));
    app::http_client http(broker.server());
    app::admin_client admin(http);
    EXPECT_TRUE(admin.create({"t", -1, -1, {}}));
    auto count = admin.partitions("t").value();
    EXPECT_TRUE(admin.remove("t"));
    return count;
  };
  EXPECT_EQ(partitions_of({}), 5);
  setenv("TROUPE_PARTITIONS", "4", 1);
  EXPECT_EQ(partitions_of({}), 4);
  EXPECT_EQ(partitions_of({"--partitions", "3"}), 3);
  unsetenv("TROUPE_PARTITIONS");
  setenv("TROUPE_CONFIG", "/nonexistent.toml", 1);
  auto refused = start_and_fail({}, data / "broker");
  EXPECT_EQ(refused.code, app::exit_usage);
  EXPECT_THAT(refused.err, HasSubstr("/nonexistent.toml"));
  unsetenv("TROUPE_CONFIG");
}

TEST_F(serve, LogIsJsonWhenAskedFor) {
  broker_process broker(data.path(), {"--log-format", "json"});
  auto ended = broker.stop();
  EXPECT_THAT(ended.err, testing::StartsWith("{\"time\":\""));
}

}  // namespace
}  // namespace troupe::test
