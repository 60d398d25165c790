// TLS on a socket of a loop, step by step as the socket becomes ready.
#pragma once

#include "actors/tls.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace troupe {

/// Goes on with the handshake until it has ended or the socket is closed; then calls
/// `done(how)` with done or failed. `owner` keeps socket and session alive.
template <class Owner, class Done>
void continue_handshake(boost::asio::ip::tcp::socket& socket, tls_session& session, Owner owner,
                        Done done) {
  auto how = session.handshake();
  if (how == tls_step::done || how == tls_step::failed)
    return done(how);
  auto wait = how == tls_step::want_read ? boost::asio::ip::tcp::socket::wait_read
                                         : boost::asio::ip::tcp::socket::wait_write;
  socket.async_wait(wait, [&socket, &session, owner, done](const boost::system::error_code& e) {
    if (e)
      done(tls_step::failed);
    else
      continue_handshake(socket, session, owner, done);
  });
}

}  // namespace troupe
