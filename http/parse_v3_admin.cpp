#include "http/parse_v3_admin.hpp"

#include "http/parse_v3_fields.hpp"
#include "http/parse_v3_reader.hpp"
#include "runtime/base/limits.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace troupe::http {

namespace {

constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t int16_max = std::numeric_limits<std::int16_t>::max();

std::string at(std::string_view array, std::size_t index) {
  return fmt::format("{}[{}]", array, index);
}

/// The entry of a list of settings. Errors: invalid_payload.
struct config_entry {
  std::string name;
  std::optional<std::string> value;
};

result<config_entry> parse_config_entry(std::string_view object, std::string path,
                                        bool with_operation) {
  json_fields fields{object, std::move(path)};
  config_entry out;
  fields.require("name");
  out.name = fields.text("name").value_or("");
  out.value = fields.text_or_scalar("value");
  const auto operation = with_operation ? fields.text("operation").value_or("SET") : "SET";
  if (operation == "DELETE" && out.value) {
    fields.fail({errc::invalid_payload,
                 fields.path_of("value") + " must not be given with the operation DELETE."});
  } else if (operation == "SET") {
    fields.require("value");
  } else if (operation != "DELETE") {
    fields.fail({errc::invalid_payload, fields.path_of("operation") + " must be SET or DELETE."});
  }
  if (auto done = fields.finish(); !done) return done.error();
  return out;
}

result<std::map<std::string, std::optional<std::string>>> parse_config_list(
    const std::vector<std::string_view>& items, std::string_view path, bool with_operation) {
  std::map<std::string, std::optional<std::string>> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto entry = parse_config_entry(items[i], at(path, i), with_operation);
    if (!entry) return entry.error();
    if (!out.emplace(entry->name, std::move(entry->value)).second) {
      return error{errc::invalid_payload,
                   fmt::format("{}.name: '{}' is there twice.", at(path, i), entry->name)};
    }
  }
  return out;
}

result<std::vector<std::int32_t>> parse_broker_ids(std::string_view array, std::string_view path) {
  std::vector<std::int32_t> out;
  const error bad{errc::invalid_payload, fmt::format("{} must be an array of broker ids.", path)};
  if (!is_json_array(array)) return bad;
  json_array_reader items{array};
  while (items.next()) {
    const auto id = json_integer(items.value());
    if (!id || *id < 0 || *id > int32_max) return bad;
    out.push_back(static_cast<std::int32_t>(*id));
  }
  return out;
}

result<replica_assignment> parse_assignment(std::string_view object, std::string path) {
  json_fields fields{object, path};
  fields.require("partition_id");
  fields.require("broker_ids");
  replica_assignment out;
  out.partition = static_cast<std::int32_t>(fields.integer("partition_id", 0, int32_max).value_or(0));
  for (auto item : fields.array("broker_ids").value_or(std::vector<std::string_view>{})) {
    const auto id = json_integer(item);
    if (!id || *id < 0 || *id > int32_max)
      fields.fail({errc::invalid_payload, fields.path_of("broker_ids") + " must hold broker ids."});
    else
      out.brokers.push_back(static_cast<std::int32_t>(*id));
  }
  if (auto done = fields.finish(); !done) return done.error();
  return out;
}

result<replica_assignment> parse_named_assignment(const std::string& name, std::string_view ids) {
  replica_assignment out;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, out.partition);
  if (read.ec != std::errc{} || read.ptr != end || out.partition < 0) {
    return error{errc::invalid_payload,
                 fmt::format("replicas_assignments: '{}' is not a partition.", name)};
  }
  auto brokers = parse_broker_ids(ids, fmt::format("replicas_assignments.{}", name));
  if (!brokers) return brokers.error();
  out.brokers = std::move(*brokers);
  return out;
}

/// Both shapes that clients of the REST proxy send.
result<std::vector<replica_assignment>> parse_assignments(json_fields& fields) {
  constexpr std::string_view name = "replicas_assignments";
  std::vector<replica_assignment> out;
  if (fields.kind(name) == '{') {
    for (auto& [partition, ids] : *fields.object(name)) {
      auto one = parse_named_assignment(partition, ids);
      if (!one) return one.error();
      out.push_back(std::move(*one));
    }
    return out;
  }
  const auto items = fields.array(name).value_or(std::vector<std::string_view>{});
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto one = parse_assignment(items[i], at(name, i));
    if (!one) return one.error();
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace

result<create_topic_body> parse_create_topic(std::string_view body) {
  json_fields fields{body, ""};
  create_topic_body out;
  fields.require("topic_name");
  out.request.name = fields.text("topic_name").value_or("");
  const auto partitions = fields.integer("partitions_count", 1, int32_max);
  const auto replicas = fields.integer("replication_factor", 1, int16_max);
  const auto configs = fields.array("configs").value_or(std::vector<std::string_view>{});
  out.request.validate_only = fields.boolean("validate_only", false);
  auto assignments = parse_assignments(fields);
  if (auto done = fields.finish(); !done) return done.error();
  if (!assignments) return assignments.error();
  if (!assignments->empty() && (partitions || replicas)) {
    return error{errc::invalid_payload, "replicas_assignments says how many partitions and replicas "
                                        "there are; leave partitions_count and replication_factor "
                                        "out."};
  }
  out.assignments = std::move(*assignments);
  out.request.partitions = static_cast<std::int32_t>(partitions.value_or(-1));
  out.request.replication_factor = static_cast<std::int16_t>(replicas.value_or(-1));
  auto set = parse_config_list(configs, "configs", false);
  if (!set) return set.error();
  for (auto& [name, value] : *set) out.request.configs.emplace(name, *value);
  return out;
}

result<create_partitions_request> parse_partitions_count(std::string_view body) {
  json_fields fields{body, ""};
  create_partitions_request out;
  fields.require("partitions_count");
  out.total = static_cast<std::int32_t>(fields.integer("partitions_count", 1, int32_max).value_or(0));
  out.validate_only = fields.boolean("validate_only", false);
  if (auto done = fields.finish(); !done) return done.error();
  return out;
}

result<config_changes> parse_alter_configs(std::string_view body) {
  json_fields fields{body, ""};
  config_changes out;
  fields.require("data");
  const auto items = fields.array("data").value_or(std::vector<std::string_view>{});
  out.validate_only = fields.boolean("validate_only", false);
  if (auto done = fields.finish(); !done) return done.error();
  if (items.empty()) return error{errc::invalid_payload, "data has no entries."};
  auto changes = parse_config_list(items, "data", true);
  if (!changes) return changes.error();
  out.configs = std::move(*changes);
  return out;
}

result<std::string> parse_config_value(std::string_view body) {
  json_fields fields{body, ""};
  fields.require("value");
  auto value = fields.text_or_scalar("value").value_or("");
  if (auto done = fields.finish(); !done) return done.error();
  return value;
}

}  // namespace troupe::http
