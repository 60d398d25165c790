// What becomes of commands whose output nobody takes, and of those that wait.
#include "app/command_line.hpp"
#include "tests/support/e2e/program.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace troupe::test {
namespace {

using app::exit_failed;
using app::exit_ok;
using testing::HasSubstr;

/// A broker with a topic of many records, and every command that prints.
struct printing_commands : testing::Test {
  temporary_directory data;
  broker_process broker{data / "broker"};
  std::vector<std::vector<std::string>> commands;

  void SetUp() override {
    std::string lines;
    for (int i = 0; i < 20'000; ++i)
      lines += "a line that is long enough to fill a pipe, number " + std::to_string(i) + "\n";
    auto at = broker.url();
    ASSERT_EQ(run_program({"topic", "create", "t", "--server", at}).code, exit_ok);
    ASSERT_EQ(run_program({"produce", "t", "--batch", "10", "--server", at}, lines).code, exit_ok);
    commands = {{"version"},
                {"--help"},
                {"serve", "--help"},
                {"completion", "bash"},
                {"topic", "list", "--server", at},
                {"topic", "list", "--output", "json", "--server", at},
                {"topic", "describe", "t", "--server", at},
                {"consume", "t", "--server", at},
                {"consume", "t", "--from", "timestamp:0", "--server", at},
                {"produce", "t", "--output", "json", "--server", at},
                {"log", "dump", data / "broker/t-0"},
                {"log", "dump", data / "broker/t-0", "--records", "--output", "json"}};
  }

  std::string name_of(const std::vector<std::string>& command) const {
    return testing::PrintToString(command);
  }
};

TEST_F(printing_commands, FullDeviceIsAFailureWithAMessage) {
  for (const auto& command : commands) {
    auto ended = run_program_into(::open("/dev/full", O_WRONLY | O_CLOEXEC), command);
    EXPECT_EQ(ended.code, exit_failed) << name_of(command);
    EXPECT_THAT(ended.err, HasSubstr("cannot write to standard output: No space left on device"))
        << name_of(command);
  }
}

TEST_F(printing_commands, ReaderThatHasEnoughIsNoFailure) {
  for (const auto& command : commands) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    ::close(ends[0]);
    auto ended = run_program_into(ends[1], command);
    EXPECT_EQ(ended.code, exit_ok) << name_of(command) << ended.err;
    EXPECT_EQ(ended.signal, 0) << name_of(command);
    EXPECT_THAT(ended.err, testing::Not(HasSubstr("standard output"))) << name_of(command);
  }
}

TEST_F(printing_commands, FailureStaysOneWhenItsOutputIsLost) {
  auto ended = run_program_into(::open("/dev/full", O_WRONLY | O_CLOEXEC),
                                {"consume", "missing", "--server", broker.url()});
  EXPECT_EQ(ended.code, exit_failed);
  ended = run_program_into(::open("/dev/full", O_WRONLY | O_CLOEXEC), {"consume"});
  EXPECT_EQ(ended.code, app::exit_usage);
}

TEST_F(printing_commands, SampleSaysWhatItWaitsForAndStops) {
  for (int number : {SIGINT, SIGTERM}) {
    child_program sample({"sample", "--server", broker.url()});
    EXPECT_TRUE(sample.await_err("waiting for the package catalogue on standard input"));
    sample.signal(number);
    auto ended = sample.wait(std::chrono::seconds(5));
    EXPECT_EQ(ended.code, exit_failed);
    EXPECT_THAT(ended.err, HasSubstr("stopped"));
  }
}

}  // namespace
}  // namespace troupe::test
