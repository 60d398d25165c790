#include "app/admin_client.hpp"
#include "app/commands.hpp"
#include "app/options.hpp"
#include "app/output.hpp"
#include "app/table.hpp"
#include "app/units.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace troupe::app {

namespace json = boost::json;

namespace {

struct topic_options {
  std::string server = default_server;
  std::string output = "text";
  std::string topic;
  std::int64_t partitions = -1;
  std::int64_t replication_factor = -1;
  std::vector<std::string> set;
  std::vector<std::string> unset;
  bool if_not_exists = false;
  bool if_exists = false;
};

using options_ptr = std::shared_ptr<topic_options>;

/// A child of `troupe topic`, with what all of them have.
command make(const options_ptr& options, std::string name, std::string summary,
             attempt<void> (*run)(const topic_options&, admin_client&)) {
  command it;
  it.name = std::move(name);
  it.summary = std::move(summary);
  it.help = it.summary + ".";
  it.options = {server_option(options->server), output_option(options->output)};
  it.run = [options, run]() -> int {
    auto server = parse_server_url(options->server);
    if (!server)
      return report(server.error());
    http_client http(*server);
    admin_client admin(http);
    auto done = run(*options, admin);
    return done ? exit_ok : report(done.error());
  };
  return it;
}

/// "retention.ms=3600000" -> name and value.
attempt<std::pair<std::string, std::string>> split_setting(const std::string& text) {
  auto equals = text.find('=');
  if (equals == 0 || equals == text.npos)
    return failure{exit_usage, fmt::format("'{}' is not a setting; give NAME=VALUE, for example "
                                           "retention.ms=3600000.",
                                           text)};
  return std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

attempt<void> create(const topic_options& options, admin_client& admin) {
  topic_settings what{options.topic,
                      static_cast<std::int32_t>(options.partitions),
                      static_cast<std::int32_t>(options.replication_factor),
                      {}};
  for (const auto& text : options.set) {
    auto setting = split_setting(text);
    if (!setting)
      return setting.error();
    what.configs.insert(*setting);
  }
  auto done = admin.create(what);
  bool existed = !done && options.if_not_exists && admin.partitions(options.topic).has_value();
  if (!done && !existed)
    return done.error();
  if (options.output == "json")
    print_json({{"topic", options.topic}, {"created", !existed}});
  else
    print_out("Topic '{}' {}.\n", options.topic, existed ? "exists already" : "created");
  return {};
}

attempt<void> list(const topic_options& options, admin_client& admin) {
  auto topics = admin.topics();
  if (!topics)
    return topics.error();
  if (options.output == "json") {
    print_json(json::value_from(*topics));
    return {};
  }
  for (const auto& topic : *topics)
    print_out("{}\n", topic);
  return {};
}

attempt<void> describe(const topic_options& options, admin_client& admin) {
  auto count = admin.partitions(options.topic);
  if (!count)
    return count.error();
  auto configs = admin.configs(options.topic);
  if (!configs)
    return configs.error();
  table rows({"partition", "begin offset", "end offset", "records"});
  json::array partitions;
  for (std::int32_t p = 0; p < *count; ++p) {
    auto range = admin.offsets(options.topic, p);
    if (!range)
      return range.error();
    rows.add({std::to_string(p), std::to_string(range->begin), std::to_string(range->end),
              with_commas(static_cast<std::uint64_t>(range->end - range->begin))});
    partitions.push_back(
        {{"partition", p}, {"beginning_offset", range->begin}, {"end_offset", range->end}});
  }
  if (options.output == "json") {
    json::object settings;
    for (const auto& config : *configs)
      settings[config.name] = config.value;
    print_json({{"topic", options.topic}, {"partitions", partitions}, {"configs", settings}});
    return {};
  }
  print_out("Topic '{}', {}\n\n{}\n", options.topic,
            counted(static_cast<std::uint64_t>(*count), "partition"), rows.text());
  table settings({"setting", "value", ""});
  for (const auto& config : *configs)
    settings.add({config.name, config.value, config.is_default ? "default" : "set"});
  print_out("{}", settings.text());
  return {};
}

attempt<void> alter(const topic_options& options, admin_client& admin) {
  std::map<std::string, std::optional<std::string>> changes;
  for (const auto& text : options.set) {
    auto setting = split_setting(text);
    if (!setting)
      return setting.error();
    changes.insert(*setting);
  }
  for (const auto& name : options.unset)
    changes[name] = std::nullopt;
  if (changes.empty() && options.partitions < 0)
    return failure{exit_usage, "nothing to change; give --set, --unset or --partitions."};
  if (!changes.empty())
    if (auto done = admin.alter(options.topic, changes); !done)
      return done.error();
  if (options.partitions >= 0) {
    auto total = static_cast<std::int32_t>(options.partitions);
    if (auto done = admin.set_partitions(options.topic, total); !done)
      return done.error();
  }
  if (options.output == "json")
    print_json({{"topic", options.topic}, {"altered", true}});
  else
    print_out("Topic '{}' altered.\n", options.topic);
  return {};
}

attempt<void> remove(const topic_options& options, admin_client& admin) {
  auto done = admin.remove(options.topic);
  bool absent = !done && done.error().status == 404 && options.if_exists;
  if (!done && !absent)
    return done.error();
  if (options.output == "json")
    print_json({{"topic", options.topic}, {"deleted", !absent}});
  else
    print_out("Topic '{}' {}.\n", options.topic, absent ? "does not exist" : "deleted");
  return {};
}

option_spec set_option(topic_options& options) {
  option_spec spec{"--set,-c", &options.set, "Set a configuration; may be repeated"};
  spec.value_name = "NAME=VALUE";
  return spec;
}

command create_command(const options_ptr& o) {
  auto it = make(o, "create", "Create a topic", create);
  it.options.push_back(topic_argument(o->topic));
  it.options.push_back(number_option("--partitions,-p", o->partitions,
                                     "Number of partitions (default: the broker's)", "N", 1,
                                     20'000));
  it.options.push_back(number_option("--replication-factor", o->replication_factor,
                                     "Copies of each partition (default: the broker's)", "N", 1,
                                     1'000));
  it.options.push_back(set_option(*o));
  it.options.push_back({"--if-not-exists", &o->if_not_exists, "Succeed when it exists already"});
  it.examples =
      "Examples:\n"
      "  troupe topic create orders --partitions 6\n"
      "  troupe topic create logs --set retention.ms=3600000 --set compression.type=zstd";
  return it;
}

command alter_command(const options_ptr& o) {
  auto it = make(o, "alter", "Change the settings or raise the partitions of a topic", alter);
  it.options.push_back(topic_argument(o->topic));
  it.options.push_back(set_option(*o));
  option_spec unset{"--unset", &o->unset, "Reset a configuration to its default; may be repeated"};
  unset.value_name = "NAME";
  it.options.push_back(unset);
  it.options.push_back(
      number_option("--partitions,-p", o->partitions,
                    "New number of partitions; it can only grow, and keys may then go "
                    "to other partitions",
                    "N", 1, 20'000));
  it.examples =
      "Examples:\n"
      "  troupe topic alter orders --set retention.ms=86400000\n"
      "  troupe topic alter orders --partitions 12";
  return it;
}

}  // namespace

command topic_command() {
  auto options = std::make_shared<topic_options>();
  auto described = make(options, "describe", "Show partitions, offsets and settings", describe);
  described.options.push_back(topic_argument(options->topic));
  auto deleted = make(options, "delete", "Delete a topic and all its records", remove);
  deleted.options.push_back(topic_argument(options->topic));
  deleted.options.push_back({"--if-exists", &options->if_exists, "Succeed when there is none"});
  command it;
  it.name = "topic";
  it.summary = "Create, list, describe, alter and delete topics";
  it.help =
      "Topics are named logs, split into partitions. Order is kept within a partition, and\n"
      "records with the same key go to the same partition.";
  it.children = {create_command(options), make(options, "list", "List the topics", list), described,
                 alter_command(options), deleted};
  return it;
}

}  // namespace troupe::app
