// `consume --follow` across the death of its broker.
#include "app/command_line.hpp"
#include "tests/support/e2e/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <optional>

namespace troupe::test {
namespace {

using testing::HasSubstr;

struct follow : testing::Test {
  temporary_directory data;
  std::optional<broker_process> broker;
  std::string url;

  void SetUp() override {
    broker.emplace(data / "broker");
    url = broker->url();
    EXPECT_EQ(run_program({"topic", "create", "t", "--partitions", "3", "--server", url}).code, 0);
  }

  /// On the same port again.
  void start_again() {
    auto address = broker->server().authority();
    broker.reset();
    broker.emplace(data / "broker", std::vector<std::string>{"--http", address});
  }

  void produce(const std::string& lines) {
    EXPECT_EQ(run_program({"produce", "t", "-k", ":", "--server", url}, lines).code, 0);
  }

  static std::size_t times(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
      ++count;
    return count;
  }
};

TEST_F(follow, GoesOnAtTheNextOffsetWhenTheBrokerIsBack) {
  for (std::string from : {"earliest", "latest", "timestamp:0"}) {
    child_program consumer({"consume", "t", "--follow", "--from", from, "--server", url});
    // Only what comes from here on is sure to be seen from `latest`.
    for (int i = 0; !consumer.out().ends_with("ready\n") && i < 100; ++i)
      produce("a:ready\n");
    produce("a:" + from + "-1\nb:" + from + "-2\nc:" + from + "-3\n");
    for (auto end : {"-1\n", "-2\n", "-3\n"})
      ASSERT_TRUE(consumer.await_out(from + end)) << consumer.err();
    broker->kill();
    ASSERT_TRUE(consumer.await_err("Connecting again"));
    start_again();
    produce("a:" + from + "-4\nb:" + from + "-5\nc:" + from + "-6\n");
    for (auto end : {"-4\n", "-5\n", "-6\n"})
      ASSERT_TRUE(consumer.await_out(from + end)) << consumer.err();
    EXPECT_THAT(consumer.err(), HasSubstr("connected again"));
    consumer.signal(SIGINT);
    auto ended = consumer.wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    for (auto number : {"1", "2", "3", "4", "5", "6"})
      EXPECT_EQ(times(ended.out, from + "-" + number + "\n"), 1u) << number;
  }
}

TEST_F(follow, EndsWhileItWaitsForTheBroker) {
  child_program consumer({"consume", "t", "--follow", "--server", url});
  produce("a:1\n");
  ASSERT_TRUE(consumer.await_out("1\n"));
  broker->kill();
  ASSERT_TRUE(consumer.await_err("Connecting again"));
  consumer.signal(SIGTERM);
  EXPECT_EQ(consumer.wait(std::chrono::seconds(5)).code, 0);
}

TEST_F(follow, EndsWithTheConnectionWhenAskedTo) {
  child_program consumer({"consume", "t", "--follow", "--no-reconnect", "--server", url});
  produce("a:1\n");
  ASSERT_TRUE(consumer.await_out("1\n"));
  broker->kill();
  EXPECT_EQ(consumer.wait().code, app::exit_unreachable);
}

}  // namespace
}  // namespace troupe::test
