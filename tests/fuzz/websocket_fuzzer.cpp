// What a WebSocket client may send: bytes behind the handshake, read by Beast with our limits, and
// the frames and queries that come out of them.
#include "http/parse_websocket.hpp"
#include "runtime/base/assert.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>
// Not part of Beast's separately compiled sources.
#include <boost/beast/_experimental/test/impl/stream.ipp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace beast = boost::beast;
using namespace troupe::http;

constexpr std::size_t message_max = 4096;

void check_frame(std::string_view text) {
  auto frame = parse_client_frame(text);
  if (!frame) {
    const auto& message = frame.error().message;
    troupe_assert(!message.empty() && message.size() < 400, "{}", message.size());
    troupe_assert(!is_valid_utf8(text) || is_valid_utf8(message), "a message that is no text");
    return;
  }
  if (const auto* produced = std::get_if<produce_frame>(&*frame)) {
    auto begin = produced->records.data() - text.data();
    troupe_assert(begin >= 0 && begin + produced->records.size() <= text.size(), "outside");
    troupe_assert(produced->records.front() == '[' && produced->records.back() == ']', "cut");
  }
}

/// A query as name=value pairs between ampersands, decoded already.
void check_query(std::string_view text) {
  query_parameters query;
  while (!text.empty()) {
    auto one = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    auto equals = std::min(one.find('='), one.size());
    query.emplace_back(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
  }
  if (auto parsed = parse_subscribe_query(query))
    for (std::size_t i = 1; i < parsed->partitions.size(); ++i)
      troupe_assert(parsed->partitions[i - 1] < parsed->partitions[i], "not ascending");
  (void)parse_produce_query(query);
}

void check_bytes(std::string_view bytes) {
  boost::asio::io_context loop;
  beast::test::stream server{loop};
  beast::test::stream client{loop};
  server.connect(client);
  beast::websocket::stream<beast::test::stream&, false> socket{server};
  socket.read_message_max(message_max);
  beast::http::request<beast::http::empty_body> upgrade{beast::http::verb::get, "/", 11};
  upgrade.set(beast::http::field::host, "fuzzer");
  upgrade.set(beast::http::field::connection, "upgrade");
  upgrade.set(beast::http::field::upgrade, "websocket");
  upgrade.set(beast::http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  upgrade.set(beast::http::field::sec_websocket_version, "13");
  beast::error_code failure;
  socket.accept(upgrade, failure);
  troupe_assert(!failure, "{}", failure.message());
  server.append(bytes);
  client.close();
  beast::flat_buffer message;
  while (true) {
    socket.read(message, failure);
    if (failure)
      return;
    troupe_assert(message.size() <= message_max, "a message of {} bytes", message.size());
    std::string_view text{static_cast<const char*>(message.cdata().data()), message.size()};
    if (socket.got_text()) {
      troupe_assert(is_valid_utf8(text), "text that is not UTF-8");
      check_frame(text);
    }
    message.clear();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
  switch (data[0] % 3) {
    case 0: check_bytes(rest); break;
    case 1: check_frame(rest); break;
    default: check_query(rest); break;
  }
  return 0;
}
