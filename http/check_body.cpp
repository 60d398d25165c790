#include "http/check_body.hpp"

#include "http/parse_media.hpp"

#include <fmt/format.h>

namespace troupe::http {

namespace {

/// What Kafka's REST proxies call JSON that is not records.
constexpr std::string_view control_type = "application/vnd.kafka.v2+json";

}  // namespace

result<void> check_json_body(const request& from) {
  auto type = from.content_type;
  if (type.empty() || type == control_type)
    return {};
  const auto format = parse_content_type(type);
  if (format && *format == embedded_format::json)
    return {};
  return error{
      errc::unsupported_media_type,
      fmt::format("Content-Type '{}' is not supported here; send application/json in UTF-8.",
                  type)};
}

}  // namespace troupe::http
