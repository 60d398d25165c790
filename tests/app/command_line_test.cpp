#include "app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace troupe::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A program of one command with an option of each kind.
struct a_program : testing::Test {
  bool flag = false;
  std::string word = "start";
  std::string place;
  std::int64_t number = 7;
  std::vector<std::string> many;
  std::map<std::string, std::string> settings;
  bool ran = false;

  command root() {
    command leaf;
    leaf.name = "go";
    leaf.summary = "Goes";
    leaf.help = "Goes somewhere.";
    leaf.examples = "Example:\n  prog go home";
    option_spec count{"--number,-n", &number, "How many"};
    count.value_name = "N";
    count.min = 1;
    count.max = 9;
    option_spec choice{"--word", &word, "Which"};
    choice.value_name = "WORD";
    choice.choices = {"start", "stop"};
    choice.variable = "TROUPE_TEST_WORD";
    option_spec where{"place", &place, "Where to"};
    where.value_name = "PLACE";
    where.required = true;
    option_spec repeated{"--many", &many, "Some"};
    repeated.value_name = "X";
    option_spec named{"--data-dir", named_value{&settings, "data-dir"}, "Directory"};
    named.value_name = "DIR";
    leaf.options = {{"--flag,-f", &flag, "Yes"}, count, choice, where, repeated, named};
    leaf.config_option = "--config";
    leaf.run = [this] {
      ran = true;
      return exit_failed;
    };
    command group;
    group.name = "group";
    group.summary = "Holds go";
    group.help = "A group.";
    group.children = {leaf};
    command top;
    top.name = "prog";
    top.help = "A program.";
    top.children = {group};
    return top;
  }

  int run(const std::vector<std::string>& arguments) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    auto code = run_command_line(root(), arguments);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }

  std::string out;
  std::string err;
};

TEST_F(a_program, RunsTheCommandWithItsOptions) {
  EXPECT_EQ(run({"group", "go", "home", "-f", "-n", "3", "--word", "stop", "--many", "a", "--many",
                 "b", "--data-dir", "d"}),
            exit_failed);
  EXPECT_TRUE(ran);
  EXPECT_TRUE(flag);
  EXPECT_EQ(number, 3);
  EXPECT_EQ(word, "stop");
  EXPECT_EQ(place, "home");
  EXPECT_THAT(many, ElementsAre("a", "b"));
  EXPECT_EQ(settings.at("data-dir"), "d");
}

TEST_F(a_program, SettingsNotGivenAreNotCollected) {
  run({"group", "go", "home"});
  EXPECT_TRUE(settings.empty());
}

TEST_F(a_program, UnknownOptionIsAUsageErrorThatNamesIt) {
  EXPECT_EQ(run({"group", "go", "home", "--nubmer", "3"}), exit_usage);
  EXPECT_FALSE(ran);
  EXPECT_THAT(err, HasSubstr("--nubmer"));
  EXPECT_THAT(err, HasSubstr("See 'prog group go --help'"));
}

TEST_F(a_program, ValueOutOfRangeIsAUsageError) {
  EXPECT_EQ(run({"group", "go", "home", "-n", "10"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("10"));
}

TEST_F(a_program, ValueThatIsNoNumberIsAUsageError) {
  EXPECT_EQ(run({"group", "go", "home", "-n", "many"}), exit_usage);
}

TEST_F(a_program, ValueOutsideTheChoicesIsAUsageError) {
  EXPECT_EQ(run({"group", "go", "home", "--word", "jump"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("jump"));
}

TEST_F(a_program, MissingPositionalIsAUsageError) {
  EXPECT_EQ(run({"group", "go"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("place"));
}

TEST_F(a_program, UnknownCommandIsAUsageError) {
  EXPECT_EQ(run({"group", "fly"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("there is no command 'fly'"));
}

TEST_F(a_program, GroupWithoutCommandListsItsCommandsOnStderr) {
  EXPECT_EQ(run({"group"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("go  Goes"));
}

TEST_F(a_program, HelpOfACommandTeaches) {
  EXPECT_EQ(run({"group", "go", "--help"}), exit_ok);
  EXPECT_THAT(out, HasSubstr("Goes somewhere."));
  EXPECT_THAT(out, HasSubstr("N [7]"));
  EXPECT_THAT(out, HasSubstr("prog go home"));
}

TEST_F(a_program, EnvironmentGivesADefaultAndTheCommandLineWins) {
  setenv("TROUPE_TEST_WORD", "stop", 1);
  run({"group", "go", "home"});
  EXPECT_EQ(word, "stop");
  run({"group", "go", "home", "--word", "start"});
  EXPECT_EQ(word, "start");
  unsetenv("TROUPE_TEST_WORD");
}

TEST_F(a_program, ConfigurationFileGivesOptions) {
  auto path = testing::TempDir() + "troupe-config.toml";
  std::ofstream(path) << "# comment\nnumber = 5\ndata-dir = \"from file\"\n";
  run({"group", "go", "home", "--config", path});
  EXPECT_EQ(number, 5);
  EXPECT_EQ(settings.at("data-dir"), "from file");
  run({"group", "go", "home", "--config", path, "--number", "6"});
  EXPECT_EQ(number, 6);
}

TEST_F(a_program, ConfigurationFileWinsOverTheEnvironment) {
  setenv("TROUPE_TEST_WORD", "start", 1);
  auto path = testing::TempDir() + "troupe-config-word.toml";
  std::ofstream(path) << "word = \"stop\"\n";
  run({"group", "go", "home", "--config", path});
  EXPECT_EQ(word, "stop");
  unsetenv("TROUPE_TEST_WORD");
}

TEST_F(a_program, UnknownKeyInTheConfigurationFileIsAnError) {
  auto path = testing::TempDir() + "troupe-config-unknown.toml";
  std::ofstream(path) << "nubmer = 5\n";
  EXPECT_EQ(run({"group", "go", "home", "--config", path}), exit_usage);
  EXPECT_THAT(err, HasSubstr("nubmer"));
  EXPECT_FALSE(ran);
}

TEST_F(a_program, MissingConfigurationFileIsAnError) {
  EXPECT_EQ(run({"group", "go", "home", "--config", "/nonexistent.toml"}), exit_usage);
  EXPECT_FALSE(ran);
}

TEST_F(a_program, CompletionKnowsCommandsOptionsAndChoices) {
  for (auto shell : {"bash", "zsh", "fish"}) {
    auto script = completion_script(root(), shell);
    for (auto offered : {"group", "go", "number", "start stop"})
      EXPECT_THAT(script, HasSubstr(offered)) << shell;
  }
  EXPECT_EQ(completion_script(root(), "tcsh"), "");
}

}  // namespace
}  // namespace troupe::app
