#include "app/logging.hpp"

#include "http/record_format.hpp"

#include <fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace troupe::app {

namespace {

class json_formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& into) override {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    auto at = duration_cast<milliseconds>(message.time.time_since_epoch()).count();
    auto level = spdlog::level::to_string_view(message.level);
    auto line = json_log_line(at, {level.data(), level.size()},
                              {message.payload.data(), message.payload.size()});
    line += '\n';
    into.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>();
  }
};

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
    case log_level::trace: return spdlog::level::trace;
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warn: return spdlog::level::warn;
    case log_level::error: return spdlog::level::err;
    case log_level::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

std::string json_log_line(timestamp_ms at, std::string_view level, std::string_view message) {
  auto seconds = std::chrono::sys_time<std::chrono::seconds>(std::chrono::seconds(at / 1000));
  std::string line =
      fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","message":)",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), at % 1000, level);
  // What a client sent may be in a message, so it may be anything.
  if (http::is_valid_utf8(message))
    http::append_json_string(line, message);
  else
    http::append_json_base64(line, message);
  line += '}';
  return line;
}

void start_logging(log_level level, log_format format) {
  auto logger =
      std::make_shared<spdlog::logger>("troupe", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (format == log_format::json)
    logger->set_formatter(std::make_unique<json_formatter>());
  else
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-5l%$ %v");
  logger->set_level(spdlog_level(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace troupe::app
