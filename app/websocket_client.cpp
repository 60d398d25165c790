#include "app/websocket_client.hpp"

#include "app/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

namespace troupe::app {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ws = boost::beast::websocket;
using tcp = asio::ip::tcp;

struct websocket_client::state {
  server_url where;
  asio::io_context loop{1};
  ws::stream<beast::tcp_stream> stream{loop};
  beast::flat_buffer buffer;
  bool reading = false;  ///< an async_read is under way; it survives a wait that ended without it
  bool done = false;
  beast::error_code outcome;

  /// Runs the loop until `finished`, at most `limit`; false when time is over.
  bool run_until(const bool& finished, std::chrono::milliseconds limit) {
    auto end = std::chrono::steady_clock::now() + limit;
    while (!finished) {
      loop.restart();
      loop.run_one_until(end);
      if (!finished && std::chrono::steady_clock::now() >= end)
        return false;
    }
    return true;
  }

  failure ended() const {
    auto reason = stream.reason();
    auto words = outcome == ws::error::closed
                     ? fmt::format("closed by the broker with code {}{}{}", int{reason.code},
                                   reason.reason.empty() ? "" : ": ", reason.reason.c_str())
                     : outcome.message();
    return {exit_unreachable,
            fmt::format("the WebSocket to http://{} ended: {}", where.authority(), words)};
  }
};

namespace {

constexpr auto handshake_timeout = std::chrono::seconds(10);
constexpr auto silence_max = std::chrono::seconds(60);

failure refused(const server_url& where, const beast::error_code& ec,
                const ws::response_type& response) {
  if (ec == ws::error::upgrade_declined)
    return failure_of({response.result_int(), response.body(), {}}, "subscribe");
  return {exit_unreachable, fmt::format("cannot reach the broker at http://{}: {}. Is it running?",
                                        where.authority(), ec.message())};
}

}  // namespace

websocket_client::websocket_client(std::unique_ptr<state> s) : state_(std::move(s)) {}
websocket_client::~websocket_client() = default;
websocket_client::websocket_client(websocket_client&&) noexcept = default;

attempt<websocket_client> websocket_client::open(const server_url& where,
                                                 const std::string& target) {
  auto s = std::make_unique<state>();
  s->where = where;
  beast::error_code ec;
  ws::response_type response;
  tcp::resolver resolver(s->loop);
  auto found = resolver.resolve(where.host, where.port, ec);
  if (ec)
    return refused(where, ec, response);
  auto& socket = beast::get_lowest_layer(s->stream);
  bool finished = false;
  auto then = [&](beast::error_code e, auto&&...) { ec = e, finished = true; };
  socket.expires_after(handshake_timeout);
  socket.async_connect(found, then);
  s->run_until(finished, handshake_timeout * 2);
  if (ec)
    return refused(where, ec, response);
  socket.expires_never();
  socket.socket().set_option(tcp::no_delay(true), ec);

  auto timeouts = ws::stream_base::timeout::suggested(beast::role_type::client);
  timeouts.handshake_timeout = handshake_timeout;
  // A peer that vanished without a word is noticed: a ping after half of it, the end after all.
  timeouts.idle_timeout = silence_max;
  timeouts.keep_alive_pings = true;
  s->stream.set_option(timeouts);
  s->stream.read_message_max(256u << 20);
  finished = false;
  s->stream.async_handshake(response, where.authority(), target, then);
  s->run_until(finished, handshake_timeout * 2);
  if (ec)
    return refused(where, ec, response);
  s->stream.text(true);
  return websocket_client(std::move(s));
}

attempt<std::optional<std::string_view>> websocket_client::read(std::chrono::milliseconds wait) {
  auto& s = *state_;
  if (!s.reading) {
    s.buffer.clear();
    s.reading = true;
    s.done = false;
    s.stream.async_read(s.buffer, [&s](beast::error_code ec, std::size_t) {
      s.outcome = ec;
      s.done = true;
    });
  }
  if (!s.run_until(s.done, wait))
    return std::optional<std::string_view>{};
  s.reading = false;
  if (s.outcome)
    return s.ended();
  auto data = s.buffer.cdata();
  return std::string_view(static_cast<const char*>(data.data()), data.size());
}

attempt<void> websocket_client::write(std::string_view frame) {
  auto& s = *state_;
  bool finished = false;
  beast::error_code ec;
  s.stream.async_write(asio::buffer(frame), [&](beast::error_code e, std::size_t) {
    ec = e;
    finished = true;
  });
  while (!finished)
    s.run_until(finished, std::chrono::seconds(1));
  if (ec) {
    s.outcome = ec;
    return s.ended();
  }
  return {};
}

void websocket_client::close() {
  auto& s = *state_;
  bool finished = false;
  s.stream.async_close(ws::close_code::normal, [&](beast::error_code) { finished = true; });
  s.run_until(finished, std::chrono::seconds(2));
  beast::error_code ignored;
  beast::get_lowest_layer(s.stream).socket().close(ignored);
  s.run_until(finished, std::chrono::seconds(1));
}

}  // namespace troupe::app
