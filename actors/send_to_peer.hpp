// Asks a remote node through the window of its link.
#pragma once

#include "actors/outcomes.hpp"
#include "actors/peer_table.hpp"
#include "actors/request_port.hpp"

#include <fmt/format.h>

namespace troupe {

/// Bytes of a request that count against the window.
template <class Request>
std::size_t weight_of(const Request&) {
  return 256;
}
inline std::size_t weight_of(const produce_request& x) { return 256 + x.batch.size(); }
/// What it may make the other side send.
inline std::size_t weight_of(const fetch_request& x) {
  return 256 + static_cast<std::size_t>(std::max(0, x.max_bytes));
}

/// Sends `what` from the loop of `port` straight to `peer`. Answers, besides those of the remote
/// actor and of request_port: leader_not_available when the link is down and overloaded when the
/// window is full; both say that the request has not been sent.
template <class Request, class Response>
void send_to_peer(request_port& port, const peer_ref& peer, Request what,
                  std::chrono::milliseconds timeout, callback<void(Response)> then) {
  auto refuse = [&](errc code, const char* why) {
    Response answer;
    answer.result = {code, fmt::format("Node {} {}.", value_of(peer.id), why)};
    port.complete_later(std::move(then), std::move(answer));
  };
  if (!peer.entry)
    return refuse(errc::leader_not_available, "cannot be reached");
  auto place = peer.window->enter(weight_of(what));
  if (!place)
    return refuse(errc::overloaded, "has too many requests in flight");
  port.request(peer.entry, std::move(what), timeout,
               callback<void(Response)>{
                   [place = std::move(place), then = std::move(then)](Response answer) mutable {
                     place.leave();
                     then(std::move(answer));
                   }});
}

}  // namespace troupe
