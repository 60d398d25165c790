// Which web pages may use the gateway. A browser sends the origin of a page with whatever the page
// asks of another origin, and shows it the answer only when that allows it (the CORS protocol of
// the Fetch standard). What changes something is refused besides: the browser would send it
// unasked.
#pragma once

#include "http/parse_request.hpp"

#include <span>

namespace troupe::http {

/// A page on `origin` may use the gateway: it is on the list (or "*" is), or it comes from the
/// address that the request was sent to.
bool is_own_origin(std::string_view origin, std::string_view host);
bool is_listed_origin(std::string_view origin, std::span<const std::string> allowed);

/// Error: foreign_origin, for a request of another page that changes something or opens a
/// WebSocket.
result<void> check_origin(const request_head& head, std::span<const std::string> allowed);

/// The headers that let a page on a listed origin see the answer, complete lines; nothing for all
/// others. `methods` for a preflight: those of the path.
std::string cross_origin_headers(const request_head& head, std::span<const std::string> allowed,
                                 std::string_view methods);

}  // namespace troupe::http
