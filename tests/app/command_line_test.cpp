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
    leaf.variable_prefix = "TROUPE_TEST_";
    leaf.foreign_variables = {"TROUPE_TEST_FOREIGN", "TROUPE_TEST_OTHER_*"};
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

/// A configuration file with this content.
std::string file_of(const std::string& content) {
  auto path = testing::TempDir() + "troupe-config.toml";
  std::ofstream(path) << content;
  return path;
}

/// An environment variable for as long as a test runs.
struct variable {
  std::string name;

  variable(std::string what, const std::string& value) : name(std::move(what)) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  ~variable() { unsetenv(name.c_str()); }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
};

TEST_F(a_program, ConfigurationFileGivesOptions) {
  auto path = file_of("# comment\nnumber = 5\ndata-dir = \"from file\"\nflag = true\n");
  run({"group", "go", "home", "--config", path});
  EXPECT_EQ(number, 5);
  EXPECT_TRUE(flag);
  EXPECT_EQ(settings.at("data-dir"), "from file");
  run({"group", "go", "home", "--config", path, "--number", "6"});
  EXPECT_EQ(number, 6);
}

TEST_F(a_program, EnvironmentWinsOverTheConfigurationFile) {
  auto path = file_of("word = \"stop\"\n");
  run({"group", "go", "home", "--config", path});
  EXPECT_EQ(word, "stop");
  variable set("TROUPE_TEST_WORD", "start");
  run({"group", "go", "home", "--config", path});
  EXPECT_EQ(word, "start");
}

TEST_F(a_program, EmptyVariableCountsAsNone) {
  variable set("TROUPE_TEST_WORD", "");
  EXPECT_EQ(run({"group", "go", "home"}), exit_failed);
  EXPECT_EQ(word, "start");
}

TEST_F(a_program, ConfigurationFileMayBeNamedByTheEnvironment) {
  variable named("TROUPE_CONFIG", file_of("number = 5\n"));
  run({"group", "go", "home"});
  EXPECT_EQ(number, 5);
  variable nowhere("TROUPE_CONFIG", "/nonexistent.toml");
  ran = false;
  EXPECT_EQ(run({"group", "go", "home"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("/nonexistent.toml"));
  EXPECT_THAT(err, HasSubstr("TROUPE_CONFIG"));
  EXPECT_FALSE(ran);
}

TEST_F(a_program, MistakesInTheConfigurationFileAreNamedWithTheirLine) {
  for (auto [content, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {"number = 5\nnubmer = 5\n", ":2: there is no setting 'nubmer'. Did you mean 'number'?"},
           {"number = 5\nnumber = 6\n",
            ":2: 'number' is set a second time; line 1 sets it already"},
           {"[go]\n", ":1: there are no sections"},
           {"number\n", ":1: this is not name = value: number"},
           {"number = 12\n", ":1: number: "},
           {"number = \"many\"\n", ":1: number: 'many'"},
           {"word = \"jump\"\n", ":1: word: 'jump' is not allowed; give start, stop"},
           {"group.number = 1\n", ":1: there is no setting 'group.number'"}}) {
    auto path = file_of(content);
    EXPECT_EQ(run({"group", "go", "home", "--config", path}), exit_usage) << content;
    EXPECT_THAT(err, HasSubstr(path + words));
  }
  EXPECT_FALSE(ran);
}

TEST_F(a_program, ConfigurationFileThatCannotBeReadIsAnError) {
  EXPECT_EQ(run({"group", "go", "home", "--config", "/nonexistent.toml"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("/nonexistent.toml"));
  EXPECT_EQ(run({"group", "go", "home", "--config", "/"}), exit_usage);
  EXPECT_FALSE(ran);
}

TEST_F(a_program, UnknownVariableOfItsPrefixIsRefused) {
  variable misspelt("TROUPE_TEST_WROD", "stop");
  EXPECT_EQ(run({"group", "go", "home"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("TROUPE_TEST_WROD is no setting. Did you mean 'TROUPE_TEST_WORD'?"));
  EXPECT_FALSE(ran);
}

TEST_F(a_program, VariablesOfOthersAreLeftToThem) {
  variable known("TROUPE_TEST_FOREIGN", "x");
  variable of_a_kind("TROUPE_TEST_OTHER_THING", "x");
  variable without_prefix("TROUPE_ELSEWHERE", "x");
  EXPECT_EQ(run({"group", "go", "home"}), exit_failed);
  EXPECT_TRUE(ran);
}

TEST_F(a_program, WrongValueOfAVariableIsNamed) {
  variable set("TROUPE_TEST_WORD", "jump");
  EXPECT_EQ(run({"group", "go", "home"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("TROUPE_TEST_WORD: 'jump' is not allowed; give start, stop"));
}

TEST_F(a_program, HelpNamesVariablesAndShowsNoDefaultThatCannotBeRead) {
  word = "\t";
  run({"group", "go", "--help"});
  EXPECT_THAT(out, HasSubstr("[env: TROUPE_TEST_WORD]"));
  EXPECT_THAT(out, HasSubstr("[env: TROUPE_CONFIG]"));
  EXPECT_THAT(out, testing::Not(HasSubstr("[[]]")));
  EXPECT_THAT(out, testing::Not(HasSubstr("\t")));
}

TEST_F(a_program, MistypedCommandIsGuessed) {
  EXPECT_EQ(run({"gruop"}), exit_usage);
  EXPECT_THAT(err, HasSubstr("Did you mean 'group'?"));
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
