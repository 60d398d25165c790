// The machine's own limit for WebSocket fan-out, as a server: frames that were encoded beforehand
// are written to N sockets in turn, and nothing else is done. One thread, blocking sockets.
//
//   ws_limit_bench --port P --subscribers N [--frames 1|16] [--payload 128]
//
// Accepts N subscribers and one producer, whose every byte asks for one write to each subscriber;
// so it is driven as a broker is, and the kernel cannot gather writes that nobody waits for. When a
// socket breaks it begins anew. Only the number and the time within the payload are written afresh,
// once for all sockets. The denominator of W4 in docs/performance.md; its other end is
// ws_fanout_bench --as tick.
#include "bench/fanout_frames.hpp"

#include <boost/asio.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace troupe::bench;

struct settings {
  unsigned short port = 0;
  std::size_t subscribers = 1;
  std::size_t frames = 1;  ///< per write
  std::size_t payload = 128;
};

settings parse(int argc, char** argv) {
  settings options;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i];
    auto value = std::stoul(argv[i + 1]);
    if (name == "--port")
      options.port = static_cast<unsigned short>(value);
    if (name == "--subscribers")
      options.subscribers = value;
    if (name == "--frames")
      options.frames = value;
    if (name == "--payload")
      options.payload = value;
  }
  return options;
}

struct connections {
  std::vector<tcp::socket> subscribers;
  std::optional<tcp::socket> producer;
};

/// Whoever leaves without a word, as a probe for an open port does, is let go. The client does not
/// verify the accept key.
void accept_one(tcp::acceptor& acceptor, connections& into) {
  auto socket = acceptor.accept();
  socket.set_option(tcp::no_delay{true});
  std::string hello;
  boost::system::error_code failure;
  asio::read_until(socket, asio::dynamic_buffer(hello), "\r\n\r\n", failure);
  if (failure)
    return;
  if (hello.starts_with("TICK")) {
    into.producer = std::move(socket);
    return;
  }
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  asio::write(socket, asio::buffer(answer), failure);
  if (!failure)
    into.subscribers.push_back(std::move(socket));
}

/// One write: so many frames, and where the payload of each begins.
struct run_of_frames {
  explicit run_of_frames(const settings& options) {
    auto payload = make_payload(options.payload, {});
    for (std::size_t i = 0; i < options.frames; ++i) {
      data += {'\x82', 126, static_cast<char>(payload.size() >> 8),
               static_cast<char>(payload.size() & 0xFF)};
      payloads.push_back(data.size());
      data += payload;
    }
  }

  void number(std::uint64_t& last) {
    auto now = now_ns();
    for (auto at : payloads)
      write_mark(data.data() + at, {++last, now});
  }

  std::string data;
  std::vector<std::size_t> payloads;
};

void serve(connections& all, const settings& options) {
  run_of_frames run{options};
  std::uint64_t last = 0;
  std::array<char, 4096> ticks;
  for (;;) {
    boost::system::error_code failure;
    auto n = all.producer->read_some(asio::buffer(ticks), failure);
    if (failure)
      return;
    for (std::size_t i = 0; i < n; ++i) {
      run.number(last);
      for (auto& socket : all.subscribers) {
        asio::write(socket, asio::buffer(run.data), failure);
        if (failure)
          return;
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto options = parse(argc, argv);
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop, {asio::ip::make_address("127.0.0.1"), options.port}};
  acceptor.listen(4096);
  for (;;) {
    connections all;
    while (all.subscribers.size() < options.subscribers || !all.producer)
      accept_one(acceptor, all);
    serve(all, options);
  }
}
