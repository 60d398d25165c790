// The machine's own limit for HTTP batches and reads, as a server: what is left of a request when
// everything that makes a broker is taken away. One thread, Beast for HTTP, no routing.
//
//   limit_server_bench --mode batch --port P --file F    a produce of a JSON batch: body received,
//       parsed once by simdjson, copied once, CRC-32C, appended to F in the page cache
//   limit_server_bench --mode read --port P --file F --bytes N    a fetch: pread of N bytes of F
//       and one gathered write; F is filled with pseudo-random bytes first
//
// These are the denominators of W2 and W3 in docs/performance.md.
#include "runtime/base/rng.hpp"
#include "runtime/record/crc32c.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <simdjson.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

struct settings {
  std::string mode = "batch";
  unsigned short port = 0;
  std::string file;
  std::size_t bytes = 1 << 20;
};

/// The work of one request; owned by the server's only thread.
class limit_work {
 public:
  explicit limit_work(const settings& options)
      : options_(options), fd_(::open(options.file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644)) {
    if (fd_ < 0) {
      std::perror(options.file.c_str());
      std::exit(1);
    }
    if (options_.mode == "read")
      fill();
  }

  /// Returns the body of the answer.
  std::string_view run(std::string& body) {
    return options_.mode == "read" ? read_file() : append_batch(body);
  }

 private:
  void fill() {
    troupe::rng random{1};
    answer_.resize(options_.bytes);
    for (auto& c : answer_)
      c = static_cast<char>('a' + random.below(26));
    if (::pwrite(fd_, answer_.data(), answer_.size(), 0) != static_cast<ssize_t>(answer_.size()))
      std::exit(1);
  }

  std::string_view read_file() {
    auto n = ::pread(fd_, answer_.data(), answer_.size(), 0);
    return {answer_.data(), static_cast<std::size_t>(n)};
  }

  std::string_view append_batch(std::string& body) {
    auto length = body.size();
    body.reserve(length + simdjson::SIMDJSON_PADDING);
    batch_.clear();
    auto document = parser_.iterate(body.data(), length, body.capacity());
    for (auto record : document["records"].get_array()) {
      std::string_view value = record["value"].raw_json_token().value();
      batch_.append(value);
    }
    auto crc = troupe::crc32c({batch_.data(), batch_.size()});
    std::memcpy(batch_.data(), &crc, std::min(sizeof crc, batch_.size()));
    // Recycled after 256 MiB, so that the bench does not fill the disk.
    if (position_ > (256 << 20))
      position_ = 0;
    position_ += ::pwrite(fd_, batch_.data(), batch_.size(), position_);
    return R"({"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null}]})";
  }

  settings options_;
  int fd_;
  off_t position_ = 0;
  std::string answer_;
  std::string batch_;
  simdjson::ondemand::parser parser_;
};

class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp socket, limit_work& work) : socket_(std::move(socket)), work_(work) {
    buffer_.reserve(256 * 1024);
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(64 << 20);
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code failure, std::size_t) {
                       if (!failure)
                         self->answer();
                     });
  }

 private:
  void answer() {
    auto body = work_.run(parser_->get().body());
    head_ = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n";
    std::array<asio::const_buffer, 2> parts{asio::buffer(head_),
                                            asio::buffer(body.data(), body.size())};
    asio::async_write(socket_, parts,
                      [self = shared_from_this()](beast::error_code failure, std::size_t) {
                        if (!failure)
                          self->read();
                      });
  }

  tcp socket_;
  limit_work& work_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::string head_;
};

settings parse(int argc, char** argv) {
  settings options;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i];
    if (name == "--mode")
      options.mode = argv[i + 1];
    else if (name == "--port")
      options.port = static_cast<unsigned short>(std::stoi(argv[i + 1]));
    else if (name == "--file")
      options.file = argv[i + 1];
    else if (name == "--bytes")
      options.bytes = std::stoul(argv[i + 1]);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = parse(argc, argv);
  limit_work work{options};
  asio::io_context loop{1};
  asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor{
      loop, {asio::ip::make_address("127.0.0.1"), options.port}};
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](beast::error_code failure, tcp socket) {
      if (!failure) {
        socket.set_option(asio::ip::tcp::no_delay{true});
        std::make_shared<session>(std::move(socket), work)->read();
      }
      accept();
    });
  };
  accept();
  loop.run();
}
