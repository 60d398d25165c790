#include "app/bench_loop.hpp"
#include "app/record_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <charconv>

namespace troupe::app {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using tcp = asio::ip::tcp;
using steady = std::chrono::steady_clock;

namespace {

/// A keep-alive connection that writes prepared requests and reads whole answers.
struct load_connection {
  explicit load_connection(asio::io_context& loop) : socket(loop) {}

  asio::awaitable<bool> open(const load_options& options) {
    tcp::resolver resolver(socket.get_executor());
    auto found = resolver.resolve(options.server.host, options.server.port, ec);
    if (ec)
      co_return false;
    co_await asio::async_connect(socket, found, asio::redirect_error(asio::use_awaitable, ec));
    if (ec)
      co_return false;
    socket.set_option(tcp::no_delay(true), ec);
    buffer.reserve(std::size_t{256} * 1024);
    co_return true;
  }

  asio::awaitable<bool> exchange(const std::string& request) {
    auto bytes = asio::buffer(request);
    co_await asio::async_write(socket, bytes, asio::redirect_error(asio::use_awaitable, ec));
    if (ec)
      co_return false;
    parser.emplace();
    parser->body_limit(512ull << 20);
    co_await bhttp::async_read(socket, buffer, *parser,
                               asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
  }

  unsigned status() const { return parser->get().result_int(); }
  const std::string& body() const { return parser->get().body(); }

  tcp::socket socket;
  beast::flat_buffer buffer;
  std::optional<bhttp::response_parser<bhttp::string_body>> parser;
  beast::error_code ec;
};

std::string request_text(const load_options& options, std::string_view method,
                         const std::string& target, std::string_view headers,
                         std::string_view body = {}) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}{}\r\n{}", method, target,
                     options.server.authority(), headers,
                     body.empty() ? "" : fmt::format("Content-Length: {}\r\n", body.size()), body);
}

std::string produce_request_text(const load_options& options) {
  produce_body body(http::embedded_format::binary);
  std::string value(static_cast<std::size_t>(options.record_bytes), 'x');
  for (std::int64_t i = 0; i < options.batch; ++i)
    body.add({}, value);
  auto target = fmt::format("/topics/{}?acks={}", encode_component(options.topic), options.acks);
  return request_text(options, "POST", target,
                      "Content-Type: application/vnd.kafka.binary.v2+json\r\n", body.take());
}

/// Records of an answer that failed: those whose error_code is a number.
std::uint64_t failed_records(std::string_view body) {
  constexpr std::string_view name = "\"error_code\":";
  std::uint64_t count = 0;
  for (auto at = body.find(name); at != body.npos; at = body.find(name, at + name.size())) {
    auto next = at + name.size();
    count += next < body.size() && body[next] >= '0' && body[next] <= '9';
  }
  return count;
}

std::string describe(const load_options& options, const load_connection& connection) {
  if (connection.ec)
    return fmt::format("the connection to http://{} failed: {}", options.server.authority(),
                       connection.ec.message());
  return fmt::format("HTTP {}: {}", connection.status(), connection.body().substr(0, 300));
}

asio::awaitable<void> produce_session(const load_options& options, load_thread& thread) {
  load_connection connection(thread.loop);
  auto request = produce_request_text(options);
  auto records = static_cast<std::uint64_t>(options.batch);
  bool open = co_await connection.open(options);
  while (open && !thread.over()) {
    auto begin = steady::now();
    open = co_await connection.exchange(request);
    if (!open || connection.status() != 200 || failed_records(connection.body()) > 0) {
      thread.failed(describe(options, connection));
      continue;
    }
    if (!thread.measures(begin))
      continue;
    thread.result.latency.add(steady::now() - begin);
    thread.result.requests += 1;
    thread.result.records += records;
    thread.result.payload_bytes += records * static_cast<std::uint64_t>(options.record_bytes);
    thread.result.wire_bytes += request.size();
  }
  if (connection.ec && thread.result.errors == 0)
    thread.failed(describe(options, connection));
}

/// The offset behind the last record of an answer in binary format, whose values hold no quotes.
offset_t next_offset(std::string_view body, offset_t now) {
  constexpr std::string_view name = "\"offset\":";
  auto at = body.rfind(name);
  if (at == body.npos)
    return now;
  offset_t last = now - 1;
  std::from_chars(body.data() + at + name.size(), body.data() + body.size(), last);
  return last + 1;
}

asio::awaitable<void> consume_session(const load_options& options, load_thread& thread,
                                      std::int64_t number) {
  load_connection connection(thread.loop);
  auto partition = number % options.partitions;
  offset_t next = 0;
  bool open = co_await connection.open(options);
  while (open && !thread.over()) {
    auto target =
        fmt::format("/topics/{}/partitions/{}/records?offset={}&timeout=0&max_bytes={}",
                    encode_component(options.topic), partition, next, options.fetch_bytes);
    auto request =
        request_text(options, "GET", target, "Accept: application/vnd.kafka.binary.v2+json\r\n");
    auto begin = steady::now();
    open = co_await connection.exchange(request);
    if (!open || connection.status() != 200) {
      thread.failed(describe(options, connection));
      continue;
    }
    auto records = count_of(connection.body(), "\"offset\":");
    next = records == 0 ? 0 : next_offset(connection.body(), next);
    if (!thread.measures(begin))
      continue;
    thread.result.latency.add(steady::now() - begin);
    thread.result.requests += 1;
    thread.result.records += records;
    thread.result.wire_bytes += connection.body().size();
  }
  if (connection.ec && thread.result.errors == 0)
    thread.failed(describe(options, connection));
}

}  // namespace

attempt<load_result> run_produce_load(const load_options& options) {
  return run_sessions(
      options, [&](load_thread& thread, std::int64_t) { return produce_session(options, thread); });
}

attempt<load_result> run_consume_load(const load_options& options) {
  return run_sessions(options, [&](load_thread& thread, std::int64_t number) {
    return consume_session(options, thread, number);
  });
}

}  // namespace troupe::app
