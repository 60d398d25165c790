#include "runtime/config/topic_config.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/config/setting_value.hpp"

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

// What a checked value came to: the number, or the place of the word among the choices.
using checked_value = std::int64_t;

error invalid(std::string_view name, std::string_view value, std::string_view range) {
  return error{
      errc::invalid_config,
      fmt::format("Invalid value '{}' for configuration {}: allowed is {}.", value, name, range)};
}

}  // namespace

// A number when `choices` is empty, else one of them.
struct topic_config::setting {
  std::string_view name;
  std::string_view default_value;
  std::string_view type;
  std::int64_t min = 0;
  std::int64_t max = 0;
  setting_unit unit = setting_unit::number;
  std::span<const std::string_view> choices;
  void (*apply)(topic_config& to, checked_value value);
  std::string_view meaning;

  std::string range() const {
    return choices.empty() ? range_text(min, max, unit) : choices_text(choices);
  }

  std::optional<checked_value> check(std::string_view text) const {
    if (!choices.empty()) {
      const auto found = std::ranges::find(choices, text);
      if (found == choices.end())
        return std::nullopt;
      return found - choices.begin();
    }
    // Kafka's tools know plain numbers only, so no suffixes here.
    const auto number = parse_number(text, setting_unit::number);
    if (!number || *number < min || *number > max)
      return std::nullopt;
    return number;
  }
};

// clang-format off
std::span<const topic_config::setting> topic_config::settings() {
  using enum setting_unit;
  static constexpr std::span<const std::string_view> no_choices;
  static constexpr std::string_view cleanup_policies[] = {"delete"};
  static constexpr std::string_view compressions[] = {"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"};
  static constexpr std::string_view flushes[] = {"fsync", "os"};
  static constexpr std::string_view booleans[] = {"false", "true"};
  static constexpr std::string_view timestamp_types[] = {"CreateTime", "LogAppendTime"};
  static const setting rows[] = {
    {"cleanup.policy", "delete", "list", 0, 0, number, cleanup_policies,
     [](topic_config&, checked_value) {},
     "what happens to old records: delete removes whole segments as the retention settings say"},
    {"compression.type", "producer", "string", 0, 0, number, compressions,
     [](topic_config& to, checked_value v) { to.compression_ = static_cast<codec>(std::max<checked_value>(v - 1, 0)); },
     "codec of the batches the gateway builds; producer and uncompressed: none"},
    {"flush", "fsync", "string", 0, 0, number, flushes,
     [](topic_config& to, checked_value v) {
       to.flush_ = static_cast<flush_policy>(v);
       to.log_.syncs = to.flush_ == flush_policy::fsync;
     },
     "where acks=all puts a record before it is acknowledged: fsync on disk, os in the page cache"},
    {"index.interval.bytes", "4096", "int", 0, int_max, size, no_choices,
     [](topic_config& to, checked_value v) { to.log_.index_interval_bytes = static_cast<std::uint32_t>(v); },
     "bytes of a segment between two entries of its offset index"},
    {"max.message.bytes", "1048588", "int", 0, static_cast<std::int64_t>(limits::batch_bytes_max), size, no_choices,
     [](topic_config& to, checked_value v) { to.max_message_bytes_ = static_cast<std::size_t>(v); },
     "the largest record batch the topic takes"},
    {"message.timestamp.type", "CreateTime", "string", 0, 0, number, timestamp_types,
     [](topic_config& to, checked_value v) { to.log_.timestamps = static_cast<timestamp_type>(v); },
     "whose timestamps records keep: the producer's or the time of the append"},
    {"min.insync.replicas", "1", "int", 1, int_max, number, no_choices,
     [](topic_config& to, checked_value v) { to.min_insync_replicas_ = static_cast<std::int32_t>(v); },
     "in-sync replicas without which acks=all is refused"},
    {"retention.bytes", "-1", "long", -1, long_max, size, no_choices,
     [](topic_config& to, checked_value v) { to.log_.retention_bytes = v; },
     "size of a partition above which its oldest segments are deleted; -1: no limit"},
    {"retention.ms", "604800000", "long", -1, long_max, duration, no_choices,
     [](topic_config& to, checked_value v) { to.log_.retention_ms = v; },
     "age of its newest record at which a segment is deleted; -1: never"},
    {"segment.bytes", "1073741824", "int", 1 << 20, int_max, size, no_choices,
     [](topic_config& to, checked_value v) { to.log_.segment_bytes = static_cast<std::uint64_t>(v); },
     "size at which a new segment is begun"},
    {"segment.index.bytes", "10485760", "int", 4, int_max, size, no_choices,
     [](topic_config& to, checked_value v) { to.log_.segment_index_bytes = static_cast<std::uint32_t>(v); },
     "size of the offset index at which a new segment is begun"},
    {"segment.ms", "604800000", "long", 1, long_max, duration, no_choices,
     [](topic_config& to, checked_value v) { to.log_.segment_ms = v; },
     "age at which a new segment is begun even if it is not full"},
    {"unclean.leader.election.enable", "false", "boolean", 0, 0, number, booleans,
     [](topic_config& to, checked_value v) { to.unclean_election_ = v == 1; },
     "whether a replica that may lack acknowledged records may lead when no other is left"},
  };
  return rows;
}
// clang-format on

const topic_config::setting* topic_config::find_setting(std::string_view name) {
  const auto rows = settings();
  const auto row = std::ranges::find(rows, name, &setting::name);
  return row == rows.end() ? nullptr : &*row;
}

std::span<const topic_config_info> topic_config_table() {
  static const auto table = [] {
    // The ranges are kept for ever: the rows of the public table only view them.
    static std::vector<std::string> ranges;
    const auto rows = topic_config::settings();
    ranges.reserve(rows.size());
    std::vector<topic_config_info> infos;
    for (const auto& row : rows) {
      ranges.push_back(row.range());
      infos.push_back({row.name, row.default_value, row.type, ranges.back(), row.meaning});
    }
    return infos;
  }();
  return table;
}

topic_config::topic_config() = default;

result<void> topic_config::set(const std::string& name, const std::string& value) {
  const auto* row = find_setting(name);
  if (row == nullptr)
    return error{errc::invalid_config, fmt::format("Unknown topic configuration '{}'.", name)};
  if (name == "cleanup.policy" && value.find("compact") != std::string::npos)
    return error{errc::invalid_config,
                 "cleanup.policy=compact is not supported by this version: records are only "
                 "deleted by age and size (cleanup.policy=delete)."};
  const auto checked = row->check(value);
  if (!checked)
    return invalid(name, value, row->range());
  row->apply(*this, *checked);
  set_[name] = row->choices.empty() ? std::to_string(*checked) : value;
  return {};
}

result<topic_config> topic_config::from(const std::map<std::string, std::string>& set) {
  topic_config config;
  for (const auto& [name, value] : set)
    if (auto done = config.set(name, value); !done)
      return done.error();
  return config;
}

result<topic_config> topic_config::with(
    const std::map<std::string, std::optional<std::string>>& changes) const {
  auto wanted = set_;
  for (const auto& [name, value] : changes) {
    if (find_setting(name) == nullptr)
      return error{errc::invalid_config, fmt::format("Unknown topic configuration '{}'.", name)};
    if (value)
      wanted[name] = *value;
    else
      wanted.erase(name);
  }
  return from(wanted);
}

std::string topic_config::value_of(std::string_view name) const {
  const auto* row = find_setting(name);
  troupe_assert(row != nullptr, "no topic configuration '{}'", name);
  const auto i = set_.find(std::string{name});
  return i == set_.end() ? std::string{row->default_value} : i->second;
}

}  // namespace troupe
