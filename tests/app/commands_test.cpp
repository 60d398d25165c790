#include "app/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace troupe::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// Runs the real program's command line in this process.
struct the_program : testing::Test {
  int run(const std::vector<std::string>& arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    auto code = run_command_line(troupe_command(), arguments);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }

  std::string out;
  std::string err;
};

void for_each_command(const command& at, const std::vector<std::string>& path,
                      const std::function<void(const command&, std::vector<std::string>)>& each) {
  each(at, path);
  for (const auto& child : at.children) {
    auto below = path;
    below.push_back(child.name);
    for_each_command(child, below, each);
  }
}

TEST_F(the_program, EveryCommandHasAHelpPageWithItsOptions) {
  for_each_command(troupe_command(), {}, [&](const command& at, std::vector<std::string> path) {
    path.push_back("--help");
    EXPECT_EQ(run(path), exit_ok) << at.name;
    EXPECT_THAT(out, HasSubstr(at.help.substr(0, 20))) << at.name;
    EXPECT_THAT(err, IsEmpty());
    for (const auto& option : at.options)
      EXPECT_THAT(out, HasSubstr(option.help.substr(0, 15))) << at.name << " " << option.names;
  });
}

TEST_F(the_program, EveryCommandRefusesAnUnknownOption) {
  for_each_command(troupe_command(), {}, [&](const command& at, std::vector<std::string> path) {
    path.push_back("--no-such-option");
    EXPECT_EQ(run(path), exit_usage) << at.name;
    EXPECT_THAT(err, HasSubstr("--help")) << at.name;
  });
}

TEST_F(the_program, EveryCommandSaysWhatItIsForInTheList) {
  for_each_command(troupe_command(), {}, [&](const command& at, const std::vector<std::string>&) {
    EXPECT_EQ(at.summary.empty(), at.name == "troupe") << at.name;
  });
}

TEST_F(the_program, VersionIsPrinted) {
  EXPECT_EQ(run({"version"}), exit_ok);
  EXPECT_THAT(out, testing::MatchesRegex("troupe [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(run({"--version"}), exit_ok);
}

TEST_F(the_program, ServerThatIsNotThereIsReportedAsUnreachable) {
  // Port 1 of the loopback interface has no listener.
  for (std::vector<std::string> command : {std::vector<std::string>{"topic", "list"},
                                           {"topic", "create", "t"},
                                           {"consume", "t"},
                                           {"bench", "produce"}}) {
    command.insert(command.end(), {"--server", "http://127.0.0.1:1"});
    EXPECT_EQ(run(command), exit_unreachable) << command[0];
    EXPECT_THAT(err, HasSubstr("cannot reach the broker at http://127.0.0.1:1")) << command[0];
    EXPECT_THAT(err, HasSubstr("troupe serve")) << command[0];
  }
}

TEST_F(the_program, ServerAddressThatIsNoneIsAUsageError) {
  EXPECT_EQ(run({"topic", "list", "--server", "ftp://x/y"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("is not a server"));
}

TEST_F(the_program, SettingOutOfRangeKeepsTheBrokerFromStarting) {
  EXPECT_EQ(run({"serve", "--http", "nowhere"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("http"));
  EXPECT_EQ(run({"serve", "--max-body", "1TiB"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("max-body"));
}

TEST_F(the_program, TopicSettingWithoutValueIsAUsageError) {
  EXPECT_EQ(run({"topic", "create", "t", "--set", "retention.ms", "--server", "127.0.0.1:1"}),
            exit_usage);
  EXPECT_THAT(err, HasSubstr("NAME=VALUE"));
}

TEST_F(the_program, ConsumeRefusesAPositionItDoesNotKnow) {
  EXPECT_EQ(run({"consume", "t", "--from", "yesterday"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("timestamp:"));
}

TEST_F(the_program, DumpOfAMissingFileFails) {
  EXPECT_EQ(run({"log", "dump", "/nonexistent/00.log"}), exit_failed);
  EXPECT_THAT(err, HasSubstr("/nonexistent/00.log"));
}

TEST_F(the_program, CompletionIsPrintedForTheShellsItKnows) {
  for (auto shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(run({"completion", shell}), exit_ok);
    EXPECT_THAT(out, HasSubstr("key-separator"));
  }
  EXPECT_EQ(run({"completion", "tcsh"}), exit_usage);
}

TEST_F(the_program, BashCompletesCommandsOptionsAndTheirValues) {
  auto script = testing::TempDir() + "troupe-completion.bash";
  std::ofstream(script) << completion_script(troupe_command(), "bash");
  auto complete = [&](const std::string& words) {
    auto ask = "bash -c 'source " + script + "; COMP_WORDS=(" + words +
               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _troupe; echo ${COMPREPLY[*]}'";
    std::string offered;
    auto* shell = popen(ask.c_str(), "r");
    for (int c = std::fgetc(shell); c != EOF; c = std::fgetc(shell))
      offered += static_cast<char>(c);
    EXPECT_EQ(pclose(shell), 0);
    return offered;
  };
  EXPECT_EQ(complete("troupe to"), "topic\n");
  EXPECT_EQ(complete("troupe topic cr"), "create\n");
  EXPECT_EQ(complete("troupe topic create --par"), "--partitions\n");
  EXPECT_EQ(complete("troupe produce t --format \"\""), "text json binary\n");
  EXPECT_EQ(complete("troupe produce t --key"), "--key-separator\n");
}

}  // namespace
}  // namespace troupe::app
