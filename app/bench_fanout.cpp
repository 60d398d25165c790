#include "app/bench_loop.hpp"
#include "app/record_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <thread>

namespace troupe::app {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ws = boost::beast::websocket;
using tcp = asio::ip::tcp;
using steady = std::chrono::steady_clock;

namespace {

/// A value begins with the time it was sent at; the rest is filling.
std::string stamped_value(std::size_t size) {
  auto value = std::to_string(steady::now().time_since_epoch().count()) + ' ';
  if (value.size() < size)
    value.append(size - value.size(), 'x');
  return value;
}

/// Counts the records of a frame and their latencies.
void take_frame(std::string_view frame, load_thread& thread) {
  constexpr std::string_view name = "\"value\":\"";
  auto now = steady::now();
  if (!thread.measures(now))
    return;
  for (auto at = frame.find(name); at != frame.npos; at = frame.find(name, at)) {
    at += name.size();
    std::int64_t sent = 0;
    std::from_chars(frame.data() + at, frame.data() + frame.size(), sent);
    thread.result.latency.add(now.time_since_epoch() - std::chrono::nanoseconds(sent));
    ++thread.result.records;
  }
  ++thread.result.requests;
  thread.result.wire_bytes += frame.size();
}

asio::awaitable<void> subscriber(const load_options& options, load_thread& thread,
                                 std::atomic<std::int64_t>& connected) {
  ws::stream<beast::tcp_stream> stream(thread.loop);
  auto& lowest = beast::get_lowest_layer(stream);
  beast::error_code ec;
  tcp::resolver resolver(thread.loop);
  auto found = resolver.resolve(options.server.host, options.server.port, ec);
  if (!ec)
    co_await lowest.async_connect(found, asio::redirect_error(asio::use_awaitable, ec));
  auto target =
      fmt::format("/ws/topics/{}?from=latest&format=text", encode_component(options.topic));
  auto host = options.server.authority();
  if (!ec)
    co_await stream.async_handshake(host, target, asio::redirect_error(asio::use_awaitable, ec));
  ++connected;
  // Closing the socket ends the read that is under way when the time is over.
  asio::steady_timer end(thread.loop, thread.end);
  end.async_wait([&lowest](beast::error_code cancelled) {
    beast::error_code ignored;
    if (!cancelled)
      lowest.socket().close(ignored);
  });
  beast::flat_buffer buffer;
  while (!ec) {
    buffer.clear();
    co_await stream.async_read(buffer, asio::redirect_error(asio::use_awaitable, ec));
    if (ec)
      break;
    auto data = buffer.cdata();
    take_frame({static_cast<const char*>(data.data()), data.size()}, thread);
  }
  if (!thread.over())
    thread.failed(fmt::format("a subscriber failed: {}", ec.message()));
}

/// Sends at the asked rate, in as many requests per second as the batch size leaves.
void produce_at_rate(const load_options& options, const std::atomic<std::int64_t>& connected,
                     const std::atomic<bool>& stop, std::string& error) {
  http_client http(options.server);
  while (connected < options.connections && !stop)
    std::this_thread::yield();
  auto batch = std::min<std::int64_t>(options.batch, std::max<std::int64_t>(1, options.rate / 10));
  auto interval = std::chrono::nanoseconds(1'000'000'000 * batch / options.rate);
  auto next = steady::now();
  while (!stop) {
    produce_body body(http::embedded_format::text);
    for (std::int64_t i = 0; i < batch; ++i)
      body.add({}, stamped_value(static_cast<std::size_t>(options.record_bytes)));
    auto sent =
        send_records(http, options.topic, http::embedded_format::text, options.acks, body.take());
    if (!sent) {
      error = sent.error().message;
      return;
    }
    next += interval;
    std::this_thread::sleep_until(next);
  }
}

}  // namespace

attempt<load_result> run_fanout_load(const load_options& options) {
  std::atomic<std::int64_t> connected{0};
  std::atomic<bool> stop{false};
  std::string error;
  std::thread producer([&] { produce_at_rate(options, connected, stop, error); });
  auto result = run_sessions(options, [&](load_thread& thread, std::int64_t) {
    return subscriber(options, thread, connected);
  });
  stop = true;
  producer.join();
  if (!error.empty())
    return failure{exit_failed, "producing failed: " + error};
  if (result)
    result->payload_bytes = result->records * static_cast<std::uint64_t>(options.record_bytes);
  return result;
}

}  // namespace troupe::app
