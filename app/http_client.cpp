#include "app/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>

namespace troupe::app {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

/// Answers of a fetch can be as large as the largest batch in base64 and more.
constexpr std::uint64_t answer_bytes_max = 512ull << 20;
constexpr auto connect_timeout = std::chrono::seconds(5);

}  // namespace

struct http_client::state {
  server_url where;
  std::chrono::milliseconds timeout;
  asio::io_context loop{1};
  beast::tcp_stream stream{loop};
  beast::flat_buffer buffer;

  /// Runs one asynchronous operation to its end; the stream's own timer bounds it.
  template <class Start>
  beast::error_code wait(std::chrono::milliseconds limit, Start start) {
    beast::error_code outcome;
    stream.expires_after(limit);
    start([&outcome](beast::error_code ec, auto&&...) { outcome = ec; });
    loop.restart();
    loop.run();
    return outcome;
  }

  failure unreachable(const beast::error_code& ec) const {
    return {exit_unreachable,
            fmt::format("cannot reach the broker at http://{}: {}. Is it running? Start one with "
                        "'troupe serve', or name another with --server.",
                        where.authority(), ec.message()),
            0, 0, true};
  }

  attempt<void> connect() {
    beast::error_code ec;
    tcp::resolver resolver(loop);
    auto found = resolver.resolve(where.host, where.port, ec);
    if (ec)
      return unreachable(ec);
    ec = wait(connect_timeout, [&](auto then) { stream.async_connect(found, then); });
    if (ec)
      return unreachable(ec);
    stream.socket().set_option(tcp::no_delay(true), ec);
    buffer.clear();
    return {};
  }

  /// A server closes idle connections: seen before a request is sent, this is no error.
  bool is_alive() {
    if (!stream.socket().is_open())
      return false;
    char byte = 0;
    beast::error_code ec;
    stream.socket().non_blocking(true, ec);
    stream.socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, ec);
    return ec == asio::error::would_block;
  }

  void close() {
    beast::error_code ignored;
    stream.socket().close(ignored);
  }
};

http_client::http_client(server_url where, std::chrono::milliseconds timeout)
    : state_(std::make_unique<state>()) {
  state_->where = std::move(where);
  state_->timeout = timeout;
}
http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;

const server_url& http_client::server() const { return state_->where; }

attempt<http_answer> http_client::send(const http_request& what) {
  auto& s = *state_;
  if (!s.is_alive()) {
    s.close();
    if (auto connected = s.connect(); !connected)
      return connected.error();
  }
  bhttp::request<bhttp::span_body<const char>> request;
  request.version(11);
  request.method_string(what.method);
  request.target(what.target);
  request.set(bhttp::field::host, s.where.authority());
  request.set(bhttp::field::user_agent, "troupe");
  if (!what.accept.empty())
    request.set(bhttp::field::accept, what.accept);
  if (!what.content_type.empty())
    request.set(bhttp::field::content_type, what.content_type);
  request.body() = {what.body.data(), what.body.size()};
  request.prepare_payload();

  auto broken = [&](const beast::error_code& ec) {
    s.close();
    return failure{exit_unreachable,
                   fmt::format("the connection to http://{} broke during {} {}: {}. Whether the "
                               "request had an effect is unknown.",
                               s.where.authority(), what.method, what.target, ec.message())};
  };
  auto ec = s.wait(s.timeout, [&](auto then) { bhttp::async_write(s.stream, request, then); });
  // A server may answer and close before it has read a body it refuses.
  if (ec && ec != asio::error::broken_pipe && ec != asio::error::connection_reset)
    return broken(ec);
  bhttp::response_parser<bhttp::string_body> parser;
  parser.body_limit(answer_bytes_max);
  ec = s.wait(s.timeout, [&](auto then) { bhttp::async_read(s.stream, s.buffer, parser, then); });
  if (ec)
    return broken(ec);

  auto response = parser.release();
  if (!response.keep_alive())
    s.close();
  http_answer answer{response.result_int(), std::move(response.body()), {}};
  if (auto field = response.find(bhttp::field::retry_after); field != response.end()) {
    int seconds = 0;
    auto text = field->value();
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc{})
      answer.retry_after_s = seconds;
  }
  return answer;
}

failure failure_of(const http_answer& answer, std::string_view doing) {
  std::string message(answer.body.substr(0, 300));
  int code = 0;
  boost::system::error_code ec;
  auto body = boost::json::parse(answer.body, ec);
  if (!ec && body.is_object()) {
    auto& object = body.as_object();
    if (auto* m = object.if_contains("message"); m && m->is_string())
      message = m->as_string();
    if (auto* c = object.if_contains("error_code"); c && c->is_int64())
      code = static_cast<int>(c->as_int64());
  }
  failure out{exit_failed, fmt::format("{}: {} (HTTP {}{})", doing, message, answer.status,
                                       code > 599 ? fmt::format(", error {}", code) : "")};
  out.status = answer.status;
  out.error_code = code;
  out.retriable = answer.status == 429 || answer.status == 503 || answer.status == 507;
  return out;
}

}  // namespace troupe::app
