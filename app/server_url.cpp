#include "app/server_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace troupe::app {

namespace {

bool is_port(std::string_view text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

}  // namespace

std::string server_url::authority() const {
  return (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + port;
}

attempt<server_url> parse_server_url(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return failure{exit_usage, fmt::format("'{}' is not a server: {}. Give http://HOST:PORT, for "
                                           "example http://127.0.0.1:8082.",
                                           text, why)};
  };
  auto rest = text;
  if (rest.starts_with("https://"))
    return wrong("TLS is not supported");
  if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  while (rest.ends_with('/'))
    rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != rest.npos)
    return wrong("it may hold a host and a port only");

  server_url url;
  if (rest.starts_with('[')) {
    auto close = rest.find(']');
    if (close == rest.npos)
      return wrong("']' is missing");
    url.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    auto colon = std::min(rest.find(':'), rest.size());
    url.host = rest.substr(0, colon);
    rest.remove_prefix(colon);
  }
  if (url.host.empty())
    return wrong("the host is missing");
  if (rest.empty())
    return url;
  if (!rest.starts_with(':') || !is_port(rest.substr(1)))
    return wrong("the port is not valid");
  url.port = rest.substr(1);
  return url;
}

std::string encode_component(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace troupe::app
