// What HTTP itself costs: Boost.Beast reads a request, a fixed answer goes back. No routing, no
// JSON, no storage; one thread. The denominator of W1 in docs/performance.md, so it does nothing
// that could be left out: the answer is rendered once and sent in one piece, the executor is
// concrete, nothing is locked, and there is no coroutine.
//
//   beast_responder_bench --port P
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using executor = asio::io_context::executor_type;
using tcp = asio::basic_stream_socket<asio::ip::tcp, executor>;

/// As long as the answer to a produce of one record.
std::string render_answer() {
  std::string body =
      R"({"offsets":[{"partition":0,"offset":1234567,"error_code":null,"error":null}],)"
      R"("key_schema_id":null,"value_schema_id":null})";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.kafka.v2+json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// One connection; kept alive by the operation under way.
class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp socket, std::string_view answer) : socket_(std::move(socket)), answer_(answer) {
    buffer_.reserve(4096);
  }

  void read() {
    parser_.emplace();
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code failure, std::size_t) {
                       if (!failure)
                         self->answer();
                     });
  }

 private:
  void answer() {
    asio::async_write(socket_, asio::buffer(answer_),
                      [self = shared_from_this()](beast::error_code failure, std::size_t) {
                        if (!failure)
                          self->read();
                      });
  }

  tcp socket_;
  std::string_view answer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view{argv[1]} != "--port")
    return 2;
  auto port = static_cast<unsigned short>(std::stoi(argv[2]));
  const std::string answer = render_answer();
  asio::io_context loop{1};
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor{
      loop, {asio::ip::make_address("127.0.0.1"), port}};
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](beast::error_code failure, tcp socket) {
      if (!failure) {
        socket.set_option(asio::ip::tcp::no_delay{true});
        std::make_shared<session>(std::move(socket), answer)->read();
      }
      accept();
    });
  };
  accept();
  loop.run();
}
