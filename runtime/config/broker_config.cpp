#include "runtime/config/broker_config.hpp"

#include "runtime/config/setting_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

struct setting_row;
using parse_function = bool (*)(const setting_row&, broker_config&, std::string_view);

struct setting_row {
  std::string_view name;
  std::string_view default_value;
  std::string_view type;
  std::int64_t min;
  std::int64_t max;
  std::string_view words;  // the range where it is not a number's
  parse_function parse;
  std::string_view meaning;

  setting_unit unit() const {
    return type == "size"       ? setting_unit::size
           : type == "duration" ? setting_unit::duration
                                : setting_unit::number;
  }
  std::string range() const {
    return words.empty() ? range_text(min, max, unit()) : std::string{words};
  }
};

constexpr std::int64_t KiB = limits::KiB;
constexpr std::int64_t MiB = limits::MiB;
constexpr std::int64_t GiB = limits::GiB;
constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();

// The parsers: false when the value is not allowed. `Field` is where the value goes.

template <auto Field>
bool number(const setting_row& row, broker_config& into, std::string_view text) {
  const auto value = parse_number(text, row.unit());
  if (!value || *value < row.min || *value > row.max)
    return false;
  using target = std::remove_reference_t<decltype(into.*Field)>;
  into.*Field = static_cast<target>(*value);
  return true;
}

template <auto Field>
bool boolean(const setting_row&, broker_config& into, std::string_view text) {
  const auto value = parse_boolean(text);
  if (value)
    into.*Field = *value;
  return value.has_value();
}

template <auto Field>
bool address(const setting_row&, broker_config& into, std::string_view text) {
  auto value = parse_host_port(text);
  if (value)
    into.*Field = std::move(*value);
  return value.has_value();
}

bool advertised(const setting_row&, broker_config& into, std::string_view text) {
  auto value = parse_host_port(text);
  // Clients are sent there, so it must be a place.
  if (!value || value->port == 0 || value->host == "0.0.0.0" || value->host == "::")
    return false;
  into.advertised = std::move(value);
  return true;
}

bool data_dir(const setting_row&, broker_config& into, std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos)
    return false;
  into.data_dir = text;
  return true;
}

/// What browsers send: scheme://host[:port], nothing behind it.
bool is_origin(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0)
    return false;
  const auto authority = text.substr(scheme + 3);
  return !authority.empty() && authority.find_first_of("/?#@* \t") == std::string_view::npos;
}

bool origins(const setting_row&, broker_config& into, std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    auto one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    one.remove_prefix(std::min(one.size(), one.find_first_not_of(' ')));
    one = one.substr(0, one.find_last_not_of(' ') + 1);
    if (one != "*" && !is_origin(one))
      return false;
    found.emplace_back(one);
  }
  into.allowed_origins = std::move(found);
  return true;
}

template <class Enum, std::size_t N>
bool choice(const std::string_view (&names)[N], Enum& into, std::string_view text) {
  const auto* found = std::find(std::begin(names), std::end(names), text);
  if (found == std::end(names))
    return false;
  into = static_cast<Enum>(found - names);
  return true;
}

bool flush(const setting_row&, broker_config& into, std::string_view text) {
  static constexpr std::string_view names[] = {"fsync", "os"};
  return choice(names, into.flush, text);
}

bool level(const setting_row&, broker_config& into, std::string_view text) {
  static constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "off"};
  return choice(names, into.level, text);
}

// clang-format off
using c = broker_config;
constexpr setting_row rows[] = {
  {"node-id", "1", "int", 0, int_max, "", number<&c::id>,
   "number of this node, the same for the life of its data directory"},
  {"data-dir", "troupe-data", "path", 0, 0, "a directory", data_dir,
   "where logs and metadata are kept"},
  {"http", "127.0.0.1:8082", "address", 0, 0, "HOST:PORT, port 0 for any free one", address<&c::http>,
   "where HTTP and WebSocket listen"},
  {"advertise", "", "address", 0, 0, "HOST:PORT that clients can reach", advertised,
   "address told to clients; without it the one of --http"},
  {"allowed-origins", "", "list", 0, 0, "*, or origins like https://example.org separated by commas", origins,
   "web pages that may use this broker, beside those served from its own address"},
  {"io-threads", "0", "int", 0, 256, "", number<&c::io_threads>,
   "threads for sockets and actors; 0 for one per core"},
  {"partitions", "1", "int", 1, limits::partitions_per_topic_max, "", number<&c::partitions>,
   "partitions of a topic that is created without a number"},
  {"flush", "fsync", "choice", 0, 0, "fsync or os", flush,
   "flush setting of a topic that is created without one: fsync acknowledges from disk, os from the page cache"},
  {"max-body", "16777216", "size", 1 * KiB, 1 * GiB, "", number<&c::body_bytes_max>,
   "largest request body; larger ones are answered 413"},
  {"max-connections", "20000", "int", 1, 1'000'000, "", number<&c::connections_max>,
   "connections at once; more are answered 503 and closed"},
  {"max-inflight", "268435456", "size", 1 * MiB, 1024 * GiB, "", number<&c::inflight_bytes_max>,
   "bytes of bodies held at once; above it requests are answered 503"},
  {"min-body-rate", "1024", "size", 0, 1 * GiB, "", number<&c::body_rate_min>,
   "bytes per second a body must arrive with after its first 5 s; slower ones are answered 408"},
  {"header-timeout", "10000", "duration", 100, 600'000, "", number<&c::header_timeout>,
   "longest time for the headers of a request; then 408"},
  {"body-timeout", "30000", "duration", 100, 3'600'000, "", number<&c::body_timeout>,
   "longest pause inside a body; then 408"},
  {"idle-timeout", "75000", "duration", 100, 86'400'000, "", number<&c::idle_timeout>,
   "longest pause between two requests of a connection; then it is closed"},
  {"request-timeout", "30000", "duration", 100, 3'600'000, "", number<&c::request_timeout>,
   "deadline of a request that names none; then 504"},
  {"disk-reserve", "1073741824", "size", 0, 1024 * (1024 * GiB), "", number<&c::disk_reserve_bytes>,
   "free space below which produce is refused (507) until there is more again"},
  {"retention-interval", "300000", "duration", 100, 86'400'000, "", number<&c::retention_interval>,
   "time between two looks for segments that retention lets go"},
  {"shutdown-grace", "3000", "duration", 0, 600'000, "", number<&c::shutdown_grace>,
   "longest time an orderly stop waits for requests in flight"},
  {"log-level", "info", "choice", 0, 0, "trace, debug, info, warn, error or off", level,
   "least severe messages that are logged"},
  {"access-log", "false", "boolean", 0, 0, "true or false", boolean<&c::access_log>,
   "log one line per HTTP request"},
};
// clang-format on

const setting_row* find_row(std::string_view name) {
  const auto* row = std::ranges::find(rows, name, &setting_row::name);
  return row == std::end(rows) ? nullptr : row;
}

}  // namespace

std::optional<host_port> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = parse_number(text.substr(colon + 1), setting_unit::number);
  if (!port || *port < 0 || *port > 65'535)
    return std::nullopt;
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host.empty() || host.find_first_of(" \t/[]") != std::string_view::npos)
    return std::nullopt;
  return host_port{std::string{host}, static_cast<std::uint16_t>(*port)};
}

std::string to_string(const host_port& x) {
  const auto* format = x.host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}";
  return fmt::format(fmt::runtime(format), x.host, x.port);
}

std::span<const broker_setting> broker_setting_table() {
  static const auto table = [] {
    static std::vector<std::string> ranges;
    ranges.reserve(std::size(rows));
    std::vector<broker_setting> settings;
    for (const auto& row : rows) {
      ranges.push_back(row.range());
      settings.push_back({row.name, row.default_value, row.type, ranges.back(), row.meaning});
    }
    return settings;
  }();
  return table;
}

std::string environment_name(std::string_view setting) {
  std::string name = "TROUPE_";
  for (char x : setting)
    name += x == '-' ? '_' : x >= 'a' && x <= 'z' ? static_cast<char>(x - 'a' + 'A') : x;
  return name;
}

result<void> set(broker_config& into, std::string_view setting, std::string_view value) {
  const auto* row = find_row(setting);
  if (row == nullptr)
    return error{errc::invalid_config, fmt::format("There is no setting '{}'.", setting)};
  if (!row->parse(*row, into, value))
    return error{errc::invalid_config, fmt::format("Invalid value '{}' for {}: allowed is {}.",
                                                   value, setting, row->range())};
  return {};
}

result<broker_config> make_broker_config(const std::map<std::string, std::string>& values) {
  broker_config config;
  for (const auto& [name, value] : values)
    if (auto done = set(config, name, value); !done)
      return done.error();
  if (config.inflight_bytes_max < config.body_bytes_max)
    return error{errc::invalid_config,
                 fmt::format("max-inflight ({}) must not be smaller than max-body ({}).",
                             config.inflight_bytes_max, config.body_bytes_max)};
  config.given = values;
  return config;
}

}  // namespace troupe
