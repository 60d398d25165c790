#include "http/cross_origin.hpp"

#include <boost/beast/core/string.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace troupe::http {

using boost::beast::iequals;
using verb = boost::beast::http::verb;

namespace {

/// What a page may read of an answer beside what browsers always show.
constexpr std::string_view exposed =
    "X-Request-Id, X-Next-Offset, X-High-Watermark, X-Log-Start-Offset, Retry-After, Location";
/// Seconds a browser may remember a preflight.
constexpr int preflight_age_s = 600;

bool changes_something(const request_head& head) {
  switch (head.method) {
    case verb::get:
    case verb::head:
    case verb::options: return head.websocket;
    default: return true;
  }
}

}  // namespace

bool is_own_origin(std::string_view origin, std::string_view host) {
  auto scheme = origin.find("://");
  return scheme != std::string_view::npos && iequals(origin.substr(scheme + 3), host);
}

bool is_listed_origin(std::string_view origin, std::span<const std::string> allowed) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& x) { return x == "*" || iequals(x, origin); });
}

result<void> check_origin(const request_head& head, std::span<const std::string> allowed) {
  if (head.origin.empty() || !changes_something(head) || is_own_origin(head.origin, head.host) ||
      is_listed_origin(head.origin, allowed))
    return {};
  return error{errc::foreign_origin,
               fmt::format("Web pages on '{}' may not do this; the operator can allow it with the "
                           "setting allowed-origins.",
                           head.origin)};
}

std::string cross_origin_headers(const request_head& head, std::span<const std::string> allowed,
                                 std::string_view methods) {
  if (allowed.empty())
    return {};
  // The answer depends on it, whatever it is: caches must know.
  std::string out = "Vary: Origin\r\n";
  if (head.origin.empty() || !is_listed_origin(head.origin, allowed))
    return out;
  out += fmt::format("Access-Control-Allow-Origin: {}\r\n", head.origin);
  if (!head.preflight || head.method != verb::options)
    return out += fmt::format("Access-Control-Expose-Headers: {}\r\n", exposed);
  out += fmt::format("Access-Control-Allow-Methods: {}\r\nAccess-Control-Max-Age: {}\r\n", methods,
                     preflight_age_s);
  if (!head.wanted_headers.empty())
    out += fmt::format("Access-Control-Allow-Headers: {}\r\n", head.wanted_headers);
  return out;
}

}  // namespace troupe::http
