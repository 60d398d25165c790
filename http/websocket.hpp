// Where a connection stops being HTTP and becomes a WebSocket.
#pragma once

#include "http/connection.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <string>

namespace troupe::http {

/// The paths that are upgraded.
inline constexpr std::string_view websocket_subscribe_path = "/ws/topics/{topic}";
inline constexpr std::string_view websocket_produce_path = "/ws/topics/{topic}/produce";

/// A GET with `Upgrade: websocket` on one of the paths above. Moving it keeps the views of `req`
/// valid: they point into `head`.
struct websocket_upgrade {
  boost::beast::http::request<boost::beast::http::empty_body> head;  ///< for async_accept
  request req;               ///< decoded: path_params, query, id; no body
  std::string_view pattern;  ///< one of the two above; also the metrics' `route`
  std::string leftover;      ///< bytes that came behind the head: the client's first frames
};

/// What is wrong with the request, said before the handshake with the status of the error
/// (unknown_topic, invalid_parameter and the like). Runs on the loop and must not block.
result<void> check_websocket(const request& what, std::string_view pattern,
                             connection_services& services);

/// Takes the socket over, answers the handshake and serves until the end. The session owns itself;
/// it gives `slot` to its own live_connection first and closes with 1001 on on_stop. REQUIRES that
/// check_websocket found nothing, and to be called on the loop of `services`.
void start_websocket(tcp_socket socket, websocket_upgrade upgrade, connection_slot slot,
                     connection_services& services);

}  // namespace troupe::http
