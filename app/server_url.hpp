// Where the server of the client commands is.
#pragma once

#include "app/failure.hpp"

#include <string>
#include <string_view>

namespace troupe::app {

struct server_url {
  std::string host = "127.0.0.1";
  std::string port = "8082";

  std::string authority() const;
};

/// "http://HOST[:PORT]", "HOST:PORT" or "HOST"; IPv6 addresses in brackets. A failure of usage
/// says what is wrong.
attempt<server_url> parse_server_url(std::string_view text);

/// Percent-encodes what may not stand in one segment of a path or in one value of a query.
std::string encode_component(std::string_view text);

}  // namespace troupe::app
