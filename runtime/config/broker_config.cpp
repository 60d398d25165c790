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

bool cluster_listen(const setting_row&, broker_config& into, std::string_view text) {
  auto value = parse_host_port(text);
  if (value)
    into.cluster_listen = std::move(value);
  return into.cluster_listen.has_value();
}

/// "1@10.0.0.1:9092,2@10.0.0.2:9092"
bool cluster_peers(const setting_row&, broker_config& into, std::string_view text) {
  std::map<node_id, host_port> peers;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto entry = text.substr(0, comma);
    const auto at = entry.find('@');
    if (at == std::string_view::npos)
      return false;
    const auto id = parse_number(entry.substr(0, at), setting_unit::number);
    auto where = parse_host_port(entry.substr(at + 1));
    if (!id || *id < 0 || *id > int_max || !where || where->port == 0)
      return false;
    if (!peers.emplace(node_id{static_cast<std::int32_t>(*id)}, std::move(*where)).second)
      return false;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  into.cluster_peers = std::move(peers);
  return true;
}

template <auto Field>
bool path(const setting_row&, broker_config& into, std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos)
    return false;
  into.*Field = text;
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
  {"cluster-listen", "", "address", 0, 0, "HOST:PORT", cluster_listen,
   "where other nodes find this one; beyond this machine only with TLS. A node links to its peers, topics are not replicated yet"},
  {"cluster-peers", "", "list", 0, 0, "ID@HOST:PORT,ID@HOST:PORT..., each id once", cluster_peers,
   "other nodes of the cluster; this node may be among them"},
  {"cluster-tls-certificate", "", "path", 0, 0, "a PEM file", path<&c::cluster_tls_certificate>,
   "certificate of this node for other nodes, followed by its chain"},
  {"cluster-tls-key", "", "path", 0, 0, "a PEM file", path<&c::cluster_tls_key>,
   "key of that certificate, not encrypted"},
  {"cluster-tls-ca", "", "path", 0, 0, "a PEM file", path<&c::cluster_tls_ca>,
   "authority whose certificates all nodes must show"},
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

error wrong_cluster(std::string why) { return error{errc::invalid_config, std::move(why)}; }

/// What must hold between the settings of the cluster.
result<void> check_cluster(const broker_config& x) {
  const auto tls = x.cluster_tls();
  const bool any =
      !x.cluster_tls_certificate.empty() || !x.cluster_tls_key.empty() || !x.cluster_tls_ca.empty();
  if (any && !tls)
    return wrong_cluster(
        "cluster-tls-certificate, cluster-tls-key and cluster-tls-ca belong together: give all "
        "three or none.");
  if (!x.cluster_listen) {
    if (any || !x.cluster_peers.empty())
      return wrong_cluster(
          "The cluster settings need cluster-listen, where other nodes find this one.");
    return {};
  }
  if (!tls && !is_loopback(x.cluster_listen->host))
    return wrong_cluster(
        fmt::format("cluster-listen {} can be reached from other machines, so it needs TLS: give "
                    "cluster-tls-certificate, cluster-tls-key and cluster-tls-ca.",
                    to_string(*x.cluster_listen)));
  for (const auto& [peer, where] : x.cluster_peers)
    if (!tls && !is_loopback(where.host))
      return wrong_cluster(
          fmt::format("cluster-peers: node {} is at {}, on another machine, so it needs TLS: give "
                      "cluster-tls-certificate, cluster-tls-key and cluster-tls-ca.",
                      value_of(peer), to_string(where)));
  return {};
}

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

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1")
    return true;
  // A name may begin with 127. and lead anywhere.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

std::optional<tls_files> broker_config::cluster_tls() const {
  if (cluster_tls_certificate.empty() || cluster_tls_key.empty() || cluster_tls_ca.empty())
    return std::nullopt;
  return tls_files{cluster_tls_certificate, cluster_tls_key, cluster_tls_ca};
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
  if (auto fine = check_cluster(config); !fine)
    return fine.error();
  // The same list may be given to all nodes.
  config.cluster_peers.erase(config.id);
  config.given = values;
  return config;
}

}  // namespace troupe
