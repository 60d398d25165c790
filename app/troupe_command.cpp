#include "app/commands.hpp"
#include "app/options.hpp"
#include "app/output.hpp"

#include <fmt/format.h>

#include <memory>

#ifndef TROUPE_VERSION
#error "the build defines TROUPE_VERSION"
#endif

namespace troupe::app {

namespace {

command completion_command() {
  auto shell = std::make_shared<std::string>();
  command it;
  it.name = "completion";
  it.summary = "Print a completion script for bash, zsh or fish";
  it.help = "Prints a script that lets the shell complete commands, options and their values.";
  it.examples =
      "Examples:\n"
      "  source <(troupe completion bash)\n"
      "  troupe completion zsh > ~/.zfunc/_troupe\n"
      "  troupe completion fish > ~/.config/fish/completions/troupe.fish";
  auto which =
      choice_option("shell", *shell, "The shell", "bash|zsh|fish", {"bash", "zsh", "fish"});
  which.required = true;
  it.options.push_back(which);
  it.run = [shell] {
    print_out("{}", completion_script(troupe_command(), *shell));
    return exit_ok;
  };
  return it;
}

}  // namespace

command version_command() {
  command it;
  it.name = "version";
  it.summary = "Print the version";
  it.help = "Prints the version of this program.";
  it.run = [] {
    print_out("troupe {}\n", TROUPE_VERSION);
    return exit_ok;
  };
  return it;
}

command troupe_command() {
  command root;
  root.name = "troupe";
  root.help =
      "Troupe is an event-streaming broker: durable, partitioned logs over HTTP and\n"
      "WebSocket. This program is the broker and its clients.";
  root.examples =
      "First steps:\n"
      "  troupe serve --data-dir ./data &\n"
      "  troupe topic create greetings --partitions 3\n"
      "  echo 'hello' | troupe produce greetings\n"
      "  troupe consume greetings\n"
      "\n"
      "Client commands take --server URL or the environment variable TROUPE_SERVER\n"
      "(default http://127.0.0.1:8082).\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no server answers.";
  root.children = {serve_command(),   topic_command(),      produce_command(),
                   consume_command(), log_command(),        bench_command(),
                   sample_command(),  completion_command(), version_command()};
  return root;
}

}  // namespace troupe::app
