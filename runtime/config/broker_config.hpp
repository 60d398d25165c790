// The settings of a broker, in one table: each is a command line flag, an environment variable and
// a key of the configuration file, and all three are checked here.
#pragma once

#include "runtime/base/errors.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/config/topic_config.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct host_port {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const host_port&) const = default;
};

/// "127.0.0.1:8082", "[::1]:8082". Nothing when it is not HOST:PORT. Port 0 asks for any free one.
std::optional<host_port> parse_host_port(std::string_view text);
std::string to_string(const host_port& x);

/// Does the name mean this machine only: localhost, 127.x.x.x, ::1?
bool is_loopback(std::string_view host);

/// PEM files of mutual TLS.
struct tls_files {
  std::string certificate;  ///< of this node, with the chain below the authority
  std::string key;          ///< not encrypted
  std::string authority;    ///< whose certificates are trusted
};

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

/// The values in force. The defaults are those of the table.
struct broker_config {
  using milliseconds = std::chrono::milliseconds;

  node_id id{1};
  std::string data_dir = "troupe-data";
  host_port http{"127.0.0.1", 8082};
  /// As clients reach it; absent: as `http`.
  std::optional<host_port> advertised;
  std::uint32_t io_threads = 0;  ///< 0: one per core

  /// Where other nodes find this one; absent: it is alone.
  std::optional<host_port> cluster_listen;
  std::map<node_id, host_port> cluster_peers;  ///< the others, by id
  std::string cluster_tls_certificate;         ///< all three, or none
  std::string cluster_tls_key;
  std::string cluster_tls_ca;

  std::int32_t partitions = 1;               ///< of a topic created without a number
  flush_policy flush = flush_policy::fsync;  ///< of a topic created without the setting

  /// Web pages that may change things here beside those of the broker's own address: "*" or
  /// origins as browsers send them.
  std::vector<std::string> allowed_origins;

  std::size_t body_bytes_max = limits::http_body_bytes_default;
  std::size_t connections_max = limits::http_connections_default;
  std::size_t inflight_bytes_max = limits::gateway_inflight_bytes_default;
  std::size_t body_rate_min = limits::http_body_rate_min;  ///< bytes per second
  milliseconds header_timeout{limits::http_header_timeout_ms};
  milliseconds body_timeout{limits::http_body_timeout_ms};
  milliseconds idle_timeout{limits::http_idle_timeout_ms};
  milliseconds request_timeout{30'000};

  std::uint64_t disk_reserve_bytes = limits::disk_reserve_bytes_default;
  milliseconds retention_interval{300'000};
  milliseconds shutdown_grace{3'000};

  log_level level = log_level::info;
  bool access_log = false;

  /// What was set, by name, as it was written; only for showing.
  std::map<std::string, std::string> given;

  /// The files of TLS between nodes, when they are configured.
  std::optional<tls_files> cluster_tls() const;
};

/// One row of the table.
struct broker_setting {
  std::string_view name;           ///< of the flag (`--node-id`) and of the key in the file
  std::string_view default_value;  ///< empty: none
  std::string_view type;           ///< int, size, duration, address, path, boolean, choice, list
  std::string_view range;          ///< for people: "1..20000", "100..600000 ms", "fsync or os"
  std::string_view meaning;
};

std::span<const broker_setting> broker_setting_table();
/// TROUPE_NODE_ID for node-id.
std::string environment_name(std::string_view setting);

/// Checks one value and puts it into `into`, which stays as it is on error. Errors: invalid_config,
/// naming setting, value and what is allowed.
result<void> set(broker_config& into, std::string_view setting, std::string_view value);
/// The defaults with `values` (by setting name) on top, and what must hold between settings.
result<broker_config> make_broker_config(const std::map<std::string, std::string>& values);

}  // namespace troupe
