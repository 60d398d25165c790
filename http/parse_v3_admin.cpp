#include "http/parse_v3_admin.hpp"

#include "http/json_reader.hpp"

#include <fmt/format.h>

#include <limits>

namespace troupe::http {

namespace {

constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t int16_max = std::numeric_limits<std::int16_t>::max();

using setting_map = std::map<std::string, std::optional<std::string>>;

bool is_blank(std::string_view body) {
  return skip_json_space(body.data(), body.data() + body.size()) == body.data() + body.size();
}

/// Reads a field into `into` if it is not null.
template <class Integer>
bool read_integer(json_reader& in, std::optional<Integer>& into, std::int64_t low,
                  std::int64_t high) {
  std::int64_t value = 0;
  if (in.skip_null())
    return true;
  if (!in.read_integer(value, low, high))
    return false;
  into = static_cast<Integer>(value);
  return true;
}

/// A setting's value: text, or a number or boolean as it stands.
bool read_value(json_reader& in, std::optional<std::string>& into) {
  if (in.skip_null())
    return true;
  const auto kind = in.peek();
  if (kind == json_kind::number || kind == json_kind::boolean) {
    std::string_view raw;
    if (!in.read_raw(raw))
      return false;
    into = std::string{raw};
    return true;
  }
  return in.read_string(into.emplace());
}

/// {"name":"n","value":"v"}, and with `operations` also "operation":"SET" or "DELETE".
bool read_setting(json_reader& in, setting_map& into, bool operations) {
  constexpr auto fields = std::to_array<std::string_view>({"name", "value", "operation"});
  if (!in.enter_object())
    return false;
  std::string name;
  std::optional<std::string> value;
  std::string operation = "SET";
  const std::span known{fields.data(), operations ? 3u : 2u};
  for (int field; (field = in.next_field(known)) >= 0;) {
    if (field == 1)
      read_value(in, value);
    else if (field == 0)
      in.read_string(name);
    else if (!in.skip_null())
      in.read_string(operation);
  }
  if (in.failed())
    return false;
  if (name.empty())
    return in.fail("needs a name.");
  if (operation != "SET" && operation != "DELETE")
    return in.fail(fmt::format("has the operation '{}'; known are SET and DELETE.", operation));
  if (operation == "SET" && !value)
    return in.fail("needs a value.");
  if (operation == "DELETE" && value)
    return in.fail("must have no value, since it is deleted.");
  if (!into.emplace(name, std::move(value)).second)
    return in.fail(fmt::format("names '{}' a second time.", name));
  return true;
}

bool read_settings(json_reader& in, setting_map& into, bool operations) {
  if (in.skip_null())
    return true;
  if (!in.enter_array())
    return false;
  while (in.next_element())
    if (!read_setting(in, into, operations))
      return false;
  return !in.failed();
}

bool read_brokers(json_reader& in, std::vector<std::int32_t>& into) {
  if (!in.enter_array())
    return false;
  while (in.next_element()) {
    std::int64_t id = 0;
    if (!in.read_integer(id, 0, int32_max))
      return false;
    into.push_back(static_cast<std::int32_t>(id));
  }
  return !in.failed();
}

/// {"partition_id":0,"broker_ids":[1]}
bool read_assignment(json_reader& in, replica_assignment& into) {
  constexpr auto fields = std::to_array<std::string_view>({"partition_id", "broker_ids"});
  std::optional<std::int32_t> partition;
  if (!in.enter_object())
    return false;
  for (int field; (field = in.next_field(fields)) >= 0;)
    if (!(field == 0 ? read_integer(in, partition, 0, int32_max) : read_brokers(in, into.brokers)))
      return false;
  if (in.failed())
    return false;
  if (!partition)
    return in.fail("needs a partition_id.");
  into.partition = *partition;
  return true;
}

bool read_assignments(json_reader& in, std::vector<replica_assignment>& into) {
  if (in.skip_null())
    return true;
  if (!in.enter_array())
    return false;
  while (in.next_element())
    if (!read_assignment(in, into.emplace_back()))
      return false;
  return !in.failed();
}

error empty_body() { return error{errc::empty_body, "The request needs a JSON body."}; }

}  // namespace

result<create_topic_body> parse_v3_create_topic(std::string_view body) {
  constexpr auto fields =
      std::to_array<std::string_view>({"topic_name", "partitions_count", "replication_factor",
                                       "replicas_assignments", "configs", "validate_only"});
  if (is_blank(body))
    return empty_body();
  create_topic_body out;
  std::optional<std::int32_t> partitions;
  std::optional<std::int16_t> replicas;
  setting_map configs;
  json_reader in{body};
  if (!in.enter_object())
    return in.failure();
  for (int field; (field = in.next_field(fields)) >= 0;) {
    switch (field) {
      case 0: in.read_string(out.request.name); break;
      case 1: read_integer(in, partitions, 1, int32_max); break;
      case 2: read_integer(in, replicas, 1, int16_max); break;
      case 3: read_assignments(in, out.assignments); break;
      case 4: read_settings(in, configs, false); break;
      default: in.read_boolean(out.request.validate_only);
    }
  }
  if (!in.failed() && out.request.name.empty())
    in.fail("needs a topic_name.");
  if (!in.failed() && !out.assignments.empty() && (partitions || replicas))
    in.fail(
        "has replicas_assignments, which say how many partitions and replicas there are; leave "
        "partitions_count and replication_factor out.");
  if (!in.finish())
    return in.failure();
  out.request.partitions = partitions.value_or(-1);
  out.request.replication_factor = replicas.value_or(std::int16_t{-1});
  for (auto& [name, value] : configs)
    out.request.configs.emplace(name, std::move(*value));
  return out;
}

result<create_partitions_request> parse_v3_partitions_count(std::string_view body) {
  constexpr auto fields = std::to_array<std::string_view>({"partitions_count", "validate_only"});
  if (is_blank(body))
    return empty_body();
  create_partitions_request out;
  std::optional<std::int32_t> total;
  json_reader in{body};
  if (!in.enter_object())
    return in.failure();
  for (int field; (field = in.next_field(fields)) >= 0;)
    field == 0 ? read_integer(in, total, 1, int32_max) : in.read_boolean(out.validate_only);
  if (!in.failed() && !total)
    in.fail("needs a partitions_count.");
  if (!in.finish())
    return in.failure();
  out.total = *total;
  return out;
}

result<config_changes> parse_v3_alter_configs(std::string_view body) {
  constexpr auto fields = std::to_array<std::string_view>({"data", "validate_only"});
  if (is_blank(body))
    return empty_body();
  config_changes out;
  json_reader in{body};
  if (!in.enter_object())
    return in.failure();
  for (int field; (field = in.next_field(fields)) >= 0;)
    field == 0 ? read_settings(in, out.configs, true) : in.read_boolean(out.validate_only);
  if (!in.failed() && out.configs.empty())
    in.fail("needs settings in data.");
  if (!in.finish())
    return in.failure();
  return out;
}

result<std::string> parse_v3_config_value(std::string_view body) {
  constexpr auto fields = std::to_array<std::string_view>({"value"});
  if (is_blank(body))
    return empty_body();
  std::optional<std::string> value;
  json_reader in{body};
  if (!in.enter_object())
    return in.failure();
  while (in.next_field(fields) >= 0)
    read_value(in, value);
  if (!in.failed() && !value)
    in.fail("needs a value.");
  if (!in.finish())
    return in.failure();
  return *value;
}

}  // namespace troupe::http
