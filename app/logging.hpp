// The log of the program: lines on stderr, for people or for machines.
#pragma once

#include "runtime/config/broker_config.hpp"

#include <string>
#include <string_view>

namespace troupe::app {

enum class log_format : std::uint8_t { text, json };

/// Sets up spdlog's default logger, which every layer uses. Call once, before any thread starts.
void start_logging(log_level level, log_format format);

/// One line of the JSON form, without its end; a function of its own so that it can be tested.
std::string json_log_line(timestamp_ms at, std::string_view level, std::string_view message);

}  // namespace troupe::app
