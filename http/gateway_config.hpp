// Settings of the HTTP gateway; see runtime/config/broker_config.hpp for their names and ranges.
#pragma once

#include "runtime/base/limits.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe::http {

struct gateway_config {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8082;
  /// "*", or origins of web pages that may use the gateway beside those of its own address.
  std::vector<std::string> allowed_origins;
  std::size_t body_bytes_max = limits::http_body_bytes_default;
  std::size_t connections_max = limits::http_connections_default;
  std::size_t inflight_bytes_max = limits::gateway_inflight_bytes_default;
  std::chrono::milliseconds header_timeout{limits::http_header_timeout_ms};
  std::chrono::milliseconds body_timeout{limits::http_body_timeout_ms};
  std::chrono::milliseconds idle_timeout{limits::http_idle_timeout_ms};
  std::size_t body_rate_min = limits::http_body_rate_min;
  std::chrono::milliseconds request_timeout{30'000};   ///< default deadline of produce and admin
  bool access_log = false;                             ///< one line per request at level info
  std::map<std::string, std::string> broker_settings;  ///< of this broker, as given; only shown
};

}  // namespace troupe::http
