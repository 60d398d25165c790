#include "app/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace troupe::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// Runs the real program's command line in this process.
struct the_program : testing::Test {
  // A nightly run of the tests sets it; for the broker it is a setting that nobody knows.
  void SetUp() override { unsetenv("TROUPE_NIGHTLY"); }

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
                                           {"produce", "t", "--file", "/dev/null"},
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

TEST_F(the_program, DumpTellsOtherFilesFromDamage) {
  EXPECT_EQ(run({"log", "dump", "/etc/passwd"}), exit_failed);
  EXPECT_THAT(err, HasSubstr("'/etc/passwd' is no log segment"));
  EXPECT_THAT(out, IsEmpty());
  EXPECT_EQ(run({"log", "dump", "/nonexistent"}), exit_failed);
  EXPECT_THAT(err, HasSubstr("there is no '/nonexistent'"));
  EXPECT_THAT(out, IsEmpty());
}

TEST_F(the_program, AddressThatIsNoneIsNotBlamedOnThePort) {
  auto directory = testing::TempDir() + "troupe-no-address";
  EXPECT_EQ(run({"serve", "--http", "example.com:8082", "--data-dir", directory}), exit_usage);
  EXPECT_THAT(err, HasSubstr("'example.com' is not an IP address"));
  EXPECT_THAT(err, testing::Not(HasSubstr("using the port")));
  std::filesystem::remove_all(directory);
}

TEST_F(the_program, BrokerRefusesVariablesItDoesNotKnow) {
  setenv("TROUPE_DATADIR", "x", 1);
  EXPECT_EQ(run({"serve"}), exit_usage);
  unsetenv("TROUPE_DATADIR");
  EXPECT_THAT(err, HasSubstr("TROUPE_DATADIR is no setting. Did you mean 'TROUPE_DATA_DIR'?"));
}

TEST_F(the_program, HelpOfServeNamesTheVariables) {
  run({"serve", "--help"});
  for (auto name : {"TROUPE_DATA_DIR", "TROUPE_MAX_BODY", "TROUPE_LOG_FORMAT", "TROUPE_CONFIG"})
    EXPECT_THAT(out, HasSubstr(std::string("[env: ") + name + "]"));
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
  auto directory = testing::TempDir() + "troupe-completion";
  std::filesystem::create_directories(directory + "/orders-0");
  std::ofstream(directory + "/orders.jsonl") << "1\n";
  std::ofstream(directory + "/0.log") << "1\n";
  auto complete = [&](const std::string& words) {
    auto ask = "cd " + directory + " && bash -c 'source " + script + "; COMP_WORDS=(" + words +
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
  EXPECT_EQ(complete("troupe serve --flush \"\""), "fsync os\n");
  EXPECT_EQ(complete("troupe serve --log-level \"\""), "trace debug info warn error off\n");
  EXPECT_EQ(complete("troupe serve --access-log t"), "true\n");
  EXPECT_THAT(complete("troupe completion \"\""), HasSubstr("bash zsh fish"));
  auto files = complete("troupe produce t --file ord");
  EXPECT_THAT(files, testing::AllOf(HasSubstr("orders-0"), HasSubstr("orders.jsonl")));
  EXPECT_EQ(complete("troupe serve --data-dir ord"), "orders-0\n");
  EXPECT_EQ(complete("troupe log dump ord"), "orders-0\n");
  EXPECT_EQ(complete("troupe log dump 0"), "0.log\n");
  EXPECT_EQ(complete("troupe topic create ord"), "\n");
  EXPECT_EQ(complete("troupe topic create t --partitions \"\""), "\n");
  std::filesystem::remove_all(directory);
}

TEST_F(the_program, CompletionScriptsAreValidInTheirShells) {
  int checked = 0;
  for (std::string shell : {"bash", "zsh", "fish"}) {
    if (std::system(("command -v " + shell + " >/dev/null").c_str()) != 0)
      continue;
    auto script = testing::TempDir() + "troupe-completion." + shell;
    std::ofstream(script) << completion_script(troupe_command(), shell);
    EXPECT_EQ(std::system((shell + " -n " + script).c_str()), 0) << shell;
    ++checked;
  }
  EXPECT_GE(checked, 1);
}

}  // namespace
}  // namespace troupe::app
